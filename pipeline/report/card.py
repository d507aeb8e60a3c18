"""The model card: what a model was trained on, how well it does, and what it keeps silent about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pipeline
from pipeline.store import write_text

TEMPLATE = """# Model card: {id}

Suggests codes of the level {level} for interviews. A suggestion is no coding: a person decides.

- trained on {segments} segments of {transcripts} transcripts that people coded
- encoder {encoder}, comb {version}
- study's codebook: {codebook}; target behaviour: {behaviour}

## How well it does

Cross-validation over {groups} groups ({split} held out), {folds} folds, seed {seed}; 95% intervals by bootstrap.

| | value | 95% interval |
|---|---|---|
{overall}

Coverage, the share of segments that get a suggestion: {coverage:.0%}. Expected calibration error: {ece}.
{human}
## By code

| code | coded segments | precision | recall | F1 | 95% interval |
|---|---|---|---|---|---|
{codes}

## Codes that it never suggests

{withheld}
"""


def write_card(path: Path, head: Mapping[str, Any], metrics: Mapping[str, Any], codebook: tuple[str, str]) -> None:
    """Write the card of a trained model. ``head`` is head.json, ``metrics`` evaluate.json, ``codebook`` name and aim."""
    protocol, overall = metrics["protocol"], metrics["overall"]
    facts = {name: protocol[name] for name in ("segments", "transcripts", "groups", "split", "folds", "seed")}
    text = TEMPLATE.format(
        id=head["id"],
        encoder=head["encoder"],
        level=head["level"] or "(deepest)",
        version=pipeline.__version__,
        codebook=codebook[0] or "without a name",
        behaviour=codebook[1] or "not stated",
        overall="\n".join(_row(name, overall[name], metrics["intervals"][name]) for name in metrics["intervals"]),
        coverage=overall["coverage"],
        ece=_figure(overall["ece"]),
        human=_human(metrics["human"]),
        codes="\n".join(_code(name, figures) for name, figures in metrics["codes"].items()),
        withheld="\n".join(f"- {n}: {count} coded segments are too few" for n, count in head["withheld"].items())
        or "None.",
        **facts,
    )
    write_text(path, text)


def _row(name: str, value: float | None, interval: Mapping[str, float | None]) -> str:
    return f"| {name} | {_figure(value)} | {_interval(interval)} |"


def _code(name: str, figures: Mapping[str, Any]) -> str:
    values = " | ".join(_figure(figures[kind]["value"]) for kind in ("precision", "recall", "f1"))
    return f"| {name} | {figures['n']} | {values} | {_interval(figures['f1'])} |"


def _human(human: Mapping[str, Any] | None) -> str:
    if human is None:
        return "No two people coded the same segments, so that there is nothing to compare the machine with.\n"
    people, machine = _figure(human["cohen_kappa"]), _figure(human["machine"]["cohen_kappa"])
    where = f"on the same {human['segments']} segments"
    return f"Cohen's kappa between people {people}, between the machine and the same people {machine}, {where}.\n"


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _interval(interval: Mapping[str, Any]) -> str:
    return f"{_figure(interval['low'])} to {_figure(interval['high'])}"
