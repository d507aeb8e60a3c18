"""``comb llm``: a local language model as one more coder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console

if TYPE_CHECKING:
    from comb.llm.questions import ModelFacts
    from comb.stages.llm_check import Trial

llm = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(llm, name="llm", help="Let a language model on this machine code, as one more coder.")
Approved = Annotated[
    bool,
    typer.Option(
        "--i-have-approval",
        help="Allow participants' words to be sent to a server elsewhere; needs llm.allow_remote: true.",
    ),
]


@llm.command("check")
def check_command(approved: Approved = False) -> None:
    """Find language models that run on this machine. Tries the study's own on two segments, and estimates the time.

    Example: comb llm check
    """
    from comb.stages.llm_check import running, try_model

    study = find_study()
    servers = running(study)
    rows = [(url, *_cells(facts)) for url, models in servers.items() for facts in models]
    if rows:
        console.table(
            "Language models on this machine", ("server", "model", "size", "context", "licence"), rows, texts=2
        )
    else:
        console.say(
            "No language model server is running on this machine. comb knows Ollama, llama.cpp, LM Studio and vLLM."
        )
    if not study.params.llm.model:
        console.say(
            "This study does not use a language model yet: name one, and its server, under llm in configs/params.yaml."
        )
        return
    with console.status(f"Trying {study.params.llm.model}"):
        trial = try_model(study, console, approved=approved)
    _say_trial(trial)


@llm.command("code")
def code_command(approved: Approved = False) -> None:
    """Code the transcripts with the language model in llm.model. It is a separate coder; an interrupted run resumes.

    Example: comb llm code
    """
    from comb.stages.llm import code

    code(find_study(), console, approved=approved)


@llm.command("suggest")
def suggest_command(
    ungated: Annotated[
        bool, typer.Option("--ungated", help="Also suggest codes on which it has not proved reliable.")
    ] = False,
) -> None:
    """Turn the language model's codings into suggestions. A start for the review page if nobody has coded yet.

    Example: comb llm suggest
    """
    from comb.stages.llm_suggest import suggest

    suggest(find_study(), console, ungated=ungated)


@llm.command("readings")
def readings_command(
    out: Annotated[Path | None, typer.Option(help="File to write; by default, data/processed/readings.csv.")] = None,
    approved: Approved = False,
) -> None:
    """Write the case for either reading of disputed segments. Two people coded these differently; comb decides nothing.

    Example: comb llm readings
    """
    from comb.stages.llm_readings import write_readings

    write_readings(find_study(), console, out, approved=approved)


def _cells(facts: "ModelFacts") -> tuple[object, ...]:
    size = f"{facts.size / 1e9:.1f} GB" if facts.size else None
    name = f"{facts.name} (runs elsewhere: {facts.elsewhere})" if facts.elsewhere else facts.name
    return name, size, facts.context, facts.licence or None


def _say_trial(trial: "Trial") -> None:
    facts = trial.facts
    console.say(
        f"{facts.name}: digest {facts.digest[:16] or 'unknown'}, context {facts.context or 'unknown'}, licence "
        f"{facts.licence or 'unknown'}; scores from {trial.scores}."
    )
    failed = [outcome.missing for outcome in trial.outcomes if outcome.missing]
    if failed:
        console.say(f"No usable answer: {', '.join(failed)}.")
    console.say(
        f"First segment {trial.first:.1f} s, next {trial.next:.1f} s: {trial.duration} for all "
        f"{trial.segments} segments, less if the server answers several at a time."
    )
