"""Results of training as the page shows them: quality by code, what to code next, the learning curve.

These are figures over all transcripts, not codings: they reveal nothing about anybody's codings of a single transcript.
"""

from collections.abc import Iterator
from typing import Any

from comb.active_learning.stopping import Signals, advise
from comb.evaluation.code_gate import none_open, withheld
from comb.evaluation.learning_curve import LearningCurve
from comb.evaluation.results import Estimate, Interval, Metrics
from comb.stages.measured import read_audit, read_curve, read_metrics, read_model_facts
from comb.study.files import read_rows
from comb.study.layout import Study

FIRST = 12
"""Most transcripts listed as worth coding next."""
Numbers = tuple[float | None, float | None, float | None]
"""Value and limits of its 95% interval."""


def learned(study: Study) -> dict[str, Any]:
    """Return the results of training so far; None for each one that was not measured."""
    facts, metrics = read_model_facts(study), read_metrics(study)
    model = facts.id if facts else ""
    return {
        "trained": facts is not None,
        "card": card(study, metrics, model) if metrics else None,
        "next": next_transcripts(study),
        "advice": advice(study),
        "curve": curve_view(read_curve(study), model),
    }


def card(study: Study, metrics: Metrics, model: str) -> dict[str, Any]:
    """Return figures on the quality of suggestions, over all codes and for each code."""
    protocol, people = metrics.protocol, metrics.human
    examples = {code: figures.n for code, figures in metrics.codes.items()}
    names = {code: _name(study, code) for code in examples}
    return {
        "current": metrics.model == model,
        "level": study.codebook.level_title(study.params.train.level),
        "kappa": _over_all(metrics.overall.cohen_kappa, metrics.intervals),
        "ungated": _over_all(metrics.ungated.cohen_kappa, metrics.ungated.intervals),
        "people": _over_all(people.cohen_kappa, people.intervals) if people else None,
        "shared": people.segments if people else 0,
        "coverage": metrics.overall.coverage,
        "needed": metrics.gate.needed,
        "because": metrics.gate.because,
        "none_open": none_open(metrics.gate, examples, protocol.transcripts, names),
        "advice": metrics.advice,
        "transcripts": protocol.transcripts,
        "segments": protocol.segments,
        "held_out": protocol.split,
        "codes": sorted(_codes(study, metrics), key=lambda one: (not one["shown"], -one["n"])),
        "baselines": [
            {"name": name, "kappa": [found.get(f"cohen_kappa{side}") for side in ("", "_low", "_high")]}
            for name, found in metrics.baselines.items()
        ],
    }


def _over_all(value: float | None, intervals: Any) -> Numbers:
    limits: Interval | None = intervals.get("cohen_kappa")
    return (value, limits.low if limits else None, limits.high if limits else None)


def _codes(study: Study, metrics: Metrics) -> Iterator[dict[str, Any]]:
    closed, people = withheld(metrics.gate), metrics.human
    for code, figures in metrics.codes.items():
        beside = people.codes.get(code) if people else None
        yield {
            "id": code,
            "name": _name(study, code),
            "n": figures.n,
            "kappa": _estimate(figures.cohen_kappa),
            "precision": figures.precision.value,
            "recall": figures.recall.value,
            "people": beside.cohen_kappa if beside else None,
            "shown": code not in closed,
            "why": closed.get(code, ""),
        }
    least = study.params.train.min_examples
    for code, n in metrics.withheld.items():
        figures_of_none = {"kappa": (None, None, None), "precision": None, "recall": None, "people": None}
        why = f"{n} coded segment{'s' * (n != 1)}; comb needs {least} to learn it" if n else "not used by any coder yet"
        yield {"id": code, "name": _name(study, code), "n": n, "shown": False, "why": why, **figures_of_none}


def _estimate(found: Estimate) -> Numbers:
    return (found.value, found.low, found.high)


def _name(study: Study, code: str) -> str:
    return (study.codebook.codes[code].name or code) if code in study.codebook else code


def next_transcripts(study: Study) -> list[dict[str, Any]]:
    """List the transcripts that are worth coding next, without the codes that the model expects in them."""
    path = study.next_transcripts
    if not path.exists():
        return []
    columns = ("transcript", "segments", "proposed", "value")
    found = [row for _, row in read_rows(path, columns)][:FIRST]
    return [{name: _number(row[name]) if name != "transcript" else row[name] for name in columns} for row in found]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def advice(study: Study) -> list[dict[str, str]]:
    """Return the advice of the applicable rules to stop or to go on coding."""
    from comb.stages.measured import read_optional
    from comb.stages.next import Memory

    memory = read_optional(study.memory, Memory, f"Delete {study.memory.name} and have comb choose again.")
    said = advise(Signals(read_curve(study), read_audit(study), memory.agreement if memory else []))
    return [{"verdict": one.verdict, "reason": one.reason} for one in said if one.verdict != "cannot say"]


def curve_view(curve: LearningCurve | None, model: str) -> dict[str, Any] | None:
    """Return the learning curve with its answer; None if it is not measured."""
    if curve is None:
        return None
    return {
        "answer": curve.answer,
        "now": curve.now,
        "current": curve.model == model,
        "points": [
            {"transcripts": point.transcripts, "kind": kind, "kappa": _estimate(point.kappa)}
            for kind, points in (("measured", curve.points), ("forecast", curve.forecast))
            for point in points
        ],
    }
