"""Train, evaluate and suggest in one go: those stages of ``dvc repro suggest`` that are not up to date."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from glob import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from comb.codings.problems import capital
from comb.stages.dvc_record import DvcRecord
from comb.stages.listener import Listener, Step, StepListener
from comb.stages.measured import read_metrics
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.evaluation.results import Metrics


STEPS = {
    step.stage: step
    for step in (
        Step("versions", "Checking what has changed", 0.1, "learn:write_versions"),
        Step("segment", "Splitting the transcripts into sentences", 1, "segment:segment"),
        Step("tune", "Adapting the language model to your codes", 1, "tune:tune"),
        Step("encoder", "Preparing the language model that reads sentences", 4, "encoder:export"),
        Step("embed", "Reading the sentences", 3, "embed:embed"),
        Step("llm", "Asking the local language model for its codings", 1, "llm:code"),
        Step("train", "Learning from your codings", 3, "train:train"),
        Step("evaluate", "Measuring on held-out transcripts", 8, "evaluate:evaluate"),
        Step("suggest", "Suggesting codes for transcripts that nobody has coded", 2, "learn:suggest_all"),
        Step("agreement", "Comparing the coders", 3, "agree_files:agree_as_dvc"),
        Step("synthesis", "Counting, drawing and writing the report", 4, "synthesis:synthesise"),
    )
}
"""All steps, in the order in which they run."""
LEARN = ("versions", "segment", "tune", "encoder", "embed", "llm", "train", "evaluate", "suggest")
"""Stages of a training: all that ``dvc repro suggest`` runs."""
COMPARE = ("versions", "segment")
"""Stages before a comparison of coders."""
REPORT = ("versions", "segment", "agreement", "synthesis")
"""Stages before the report."""


def run_steps(study: Study, stages: Sequence[str], listener: StepListener) -> None:
    """Run the stages that are not up to date, one after the other, and record them in DVC.

    Without DVC all of them run, except for an encoder that exists already.
    """
    steps = [STEPS[name] for name in stages]
    listener.plan([step for step in steps if not _is_off(study, step.stage)])
    record = DvcRecord(study)
    for step in steps:
        skipped = _skipped(study, step.stage, record)
        with listener.step(step, skipped=skipped):
            if not skipped:
                function(step.function)(study, listener)
                record.note_done(step.stage)


def _is_off(study: Study, stage: str) -> bool:
    """Return whether a stage only notes that the params do not ask for it; DVC requires that it runs all the same."""
    params = study.params
    return (
        stage == "versions" or (stage == "tune" and not params.tune.epochs) or (stage == "llm" and not params.llm.model)
    )


def function(name: str) -> Callable[[Study, Listener], object]:
    """Import a stage's function, given as ``module:function``."""
    module, _, attribute = name.partition(":")
    found: Callable[[Study, Listener], object] = getattr(import_module(f"comb.stages.{module}"), attribute)
    return found


def _skipped(study: Study, stage: str, record: DvcRecord) -> bool:
    if stage == "suggest" and any(not _has_suggestions(study, path) for path in unread_files(study)):
        return False
    if record.usable:
        return stage != "versions" and record.up_to_date(stage)
    return stage == "encoder" and study.encoder.is_dir() and not study.params.tune.epochs


def write_versions(study: Study, listener: Listener) -> None:
    """Write down the version of each stage, which DVC compares."""
    from comb.stages.versions import versions

    versions(study)


def suggest_all(study: Study, listener: Listener) -> None:
    """Suggest codes for the transcripts in data/new, and for those in data/raw that nobody has begun to read."""
    from comb.stages.suggest import suggest
    from comb.transcripts.reader import transcript_files

    new = [path for _, path in transcript_files(study.new)] if study.new.is_dir() else []
    files = [*new, *unread_files(study)]
    if files:
        suggest(study, files, study.suggestions, study.params.suggest.formats, listener)
    else:
        study.suggestions.mkdir(parents=True, exist_ok=True)


def _has_suggestions(study: Study, path: Path) -> bool:
    from comb.transcripts.reader import transcript_id

    return any(study.suggestions.glob(f"{escape(transcript_id(path))}.*"))


def unread_files(study: Study) -> list[Path]:
    """List the transcripts in data/raw of which nobody has coded or read any part."""
    from comb.stages.next import read_of_raw
    from comb.transcripts.reader import transcript_files

    segments, read = read_of_raw(study)
    known = {segment.transcript for segment, done in zip(segments, read, strict=True) if done}
    there = {segment.transcript for segment in segments}
    return [path for name, path in transcript_files(study.raw) if name in there - known]


@dataclass(frozen=True)
class Learned:
    """The changes by a training."""

    sentences: tuple[str, ...]


def learn(study: Study, listener: StepListener) -> Learned:
    """Train, evaluate and suggest; return the changes, in words."""
    before = read_metrics(study)
    run_steps(study, LEARN, listener)
    return Learned(tuple(_changes(study, before, read_metrics(study))))


def _changes(study: Study, before: "Metrics | None", now: "Metrics | None") -> Iterator[str]:
    if now is None:
        from comb.stages.reliability import starter_sentence

        yield capital(starter_sentence())
    else:
        yield _how_well(before, now)
        yield from _codes(study, before, now)
    n = len([path for path in study.suggestions.glob("*.jsonl") if path.stat().st_size])
    yield f"{_counted(n, 'transcript has', 'transcripts have')} suggestions now; what you decided before is kept."


def _how_well(before: "Metrics | None", now: "Metrics | None") -> str:
    """Return a sentence on the agreement of suggestions with people on held-out transcripts, now and before."""
    kappa, gated = _kappa(now)
    if now is None or kappa is None:
        return (
            "How well comb codes could not be measured: whole transcripts are held out for that, so at least two coded "
            "transcripts of two participants are needed."
        )
    limits = (now.intervals if gated else now.ungated.intervals)["cohen_kappa"]
    spread = f" (95% interval {limits.low:.2f} to {limits.high:.2f})" if None not in (limits.low, limits.high) else ""
    what = "agree with people" if gated else "would agree with people if no code were withheld,"
    last = _kappa(before)[0]
    compared = f"; before, with the codings of that time, it was {last:.2f}" if last is not None else ""
    return f"On held-out transcripts, suggestions {what} at a kappa of {kappa:.2f}{spread}{compared}."


def _kappa(metrics: "Metrics | None") -> tuple[float | None, bool]:
    """Return the kappa of the suggested codes, and True; if no code is suggested, that without the gate, and False."""
    if metrics is None:
        return None, True
    if any(code.open for code in metrics.gate.codes.values()):
        return metrics.overall.cohen_kappa, True
    return metrics.ungated.cohen_kappa, False


def _codes(study: Study, before: "Metrics | None", now: "Metrics") -> Iterator[str]:
    shown, last = _open(now), _open(before)
    every = len(now.gate.codes) + len(now.withheld)
    rest = "; the others are used too rarely so far, or comb does not get them right often enough"
    yield f"{len(shown)} of {every} codes are suggested{rest if len(shown) < every else ''}."
    if before is not None and (fresh := [name for name in shown if name not in last]):
        yield f"New among them: {_named(study, fresh)}."
    if gone := [name for name in last if name not in shown]:
        yield f"Withheld now: {_named(study, gone)}."


def _open(metrics: "Metrics | None") -> list[str]:
    return [name for name, code in metrics.gate.codes.items() if code.open] if metrics else []


def _named(study: Study, codes: Sequence[str]) -> str:
    book = study.codebook
    return ", ".join((book.codes[code].name or code) if code in book else code for code in codes)


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
