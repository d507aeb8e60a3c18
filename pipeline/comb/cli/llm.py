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
app.add_typer(llm, name="llm", help="A language model on this machine as one more coder, beside people.")
Approved = Annotated[
    bool,
    typer.Option(
        "--i-have-approval",
        help="A server elsewhere (llm.allow_remote: true) may be sent what participants said.",
    ),
]


@llm.command("check")
def check_command(approved: Approved = False) -> None:
    """Find language models that run on this machine, try the study's own on two segments, estimate the time.

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
        console.say("No server of language models runs on this machine. Known: Ollama, llama.cpp, LM Studio, vLLM.")
    if not study.params.llm.model:
        console.say(
            "No language model is used in this study yet: name one in llm.model, configs/params.yaml, with its server."
        )
        return
    with console.status(f"Trying {study.params.llm.model}"):
        trial = try_model(study, console, approved=approved)
    _say_trial(trial)


@llm.command("code")
def code_command(approved: Approved = False) -> None:
    """Let the language model of llm.model code the transcripts, as a coder of its own; resumes where it was stopped.

    Example: comb llm code
    """
    from comb.stages.llm import code

    code(find_study(), console, approved=approved)


@llm.command("suggest")
def suggest_command(
    ungated: Annotated[bool, typer.Option("--ungated", help="Also codes on which it has not proved reliable.")] = False,
) -> None:
    """Make suggestions of what the language model coded, for the review page; a start where nobody has coded yet.

    Example: comb llm suggest
    """
    from comb.stages.llm_suggest import suggest

    suggest(find_study(), console, ungated=ungated)


@llm.command("readings")
def readings_command(
    out: Annotated[Path | None, typer.Option(help="File to write; by default data/processed/readings.csv.")] = None,
    approved: Approved = False,
) -> None:
    """Write the case for either reading of each segment that two people coded differently; it decides nothing.

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
        f"{facts.name}: digest {facts.digest[:16] or 'not told'}, context {facts.context or 'not told'}, licence "
        f"{facts.licence or 'not told'}; scores from {trial.scores}."
    )
    failed = [outcome.missing for outcome in trial.outcomes if outcome.missing]
    if failed:
        console.say(f"No usable answer: {', '.join(failed)}.")
    console.say(
        f"First segment {trial.first:.1f} s, next {trial.next:.1f} s: {trial.duration} for all "
        f"{trial.segments} segments, less where the server answers several at a time."
    )
