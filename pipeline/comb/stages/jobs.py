"""Work that the workspace runs in a separate process: each job by its name, with its options."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from comb.stages.learn import COMPARE, REPORT, learn, run_steps
from comb.stages.listener import StepListener
from comb.study.layout import Study

Sentences = tuple[str, ...]
Kind = Literal["learn", "next", "curve", "report", "agreement", "export"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class JobOptions:
    """Options of jobs, each of which reads its own; empty ones are as in the params."""

    more: int = 3
    """Curve: for how many more transcripts to forecast."""
    unit: Literal["", "segment", "turn", "transcript", "character"] = ""
    """Agreement: the unit."""
    level: str = ""
    """Agreement: level of the codebook."""
    blind_only: bool = False
    """Agreement: whether to use only codings made blind."""
    format: str = ""
    """Export: a name in ``formats.writable``."""
    suggestions: bool = False
    """Export: whether to include models' suggestions."""


def run_job(study: Study, kind: Kind, options: JobOptions, listener: StepListener) -> Sentences:
    """Run a job; return its results, a sentence each. The caller has the study's lock."""
    return _JOBS[kind](study, options, listener)


def _learn(study: Study, options: JobOptions, listener: StepListener) -> Sentences:
    return learn(study, listener).sentences


def _next(study: Study, options: JobOptions, listener: StepListener) -> Sentences:
    from comb.stages.next import propose_next

    # Before a first training nothing is cut into sentences yet, and there may be no encoder.
    run_steps(study, COMPARE if study.encoder.is_dir() else (*COMPARE, "encoder"), listener)
    found = propose_next(study, 200, listener)
    first = next((worth.transcript for worth in found.transcripts), "")
    return (f"The transcript that comb would learn most from is {first}.",) if first else ()


def _curve(study: Study, options: JobOptions, listener: StepListener) -> Sentences:
    from comb.stages.curve import curve

    return (curve(study, options.more, listener).answer,)


def _report(study: Study, options: JobOptions, listener: StepListener) -> Sentences:
    run_steps(study, REPORT, listener)
    return ("The report is ready, as a Word document and as a web page.",)


def _agreement(study: Study, options: JobOptions, listener: StepListener) -> Sentences:
    """Compare the coders as asked, into files of the workspace's own: those of ``dvc repro`` stay as they are."""
    from comb.agreement.interpretation import sentence, title
    from comb.report.blocks import headline
    from comb.stages.agree import AgreeOptions, agree_on_study
    from comb.stages.agree_files import AgreementFiles, code_names, write_agreement

    run_steps(study, COMPARE, listener)
    asked = AgreeOptions(unit=options.unit, level=options.level, blind_only=options.blind_only)
    found, listed = agree_on_study(study, (), asked, listener)
    place = study.downloads / "agreement"
    out = AgreementFiles(*(place / f"agreement.{suffix}" for suffix in ("json", "csv", "html", "docx")))
    write_agreement(found, listed, out, listener, quotes=True, names=code_names(study))
    key = headline(found)
    return tuple(filter(None, (found.reading, sentence(title(key), found.overall[key]))))


def _export(study: Study, options: JobOptions, listener: StepListener) -> Sentences:
    from comb.stages.export import export

    run_steps(study, COMPARE, listener)
    place = study.downloads / f"{options.format}{'-with-suggestions' * options.suggestions}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    export(study, options.format, place, listener, suggestions=options.suggestions)
    return ("The files are ready.",)


_JOBS: dict[Kind, Callable[[Study, JobOptions, StepListener], Sentences]] = {
    "learn": _learn,
    "next": _next,
    "curve": _curve,
    "report": _report,
    "agreement": _agreement,
    "export": _export,
}
