"""The model card: what a model was trained on, how well it does, and what it keeps silent about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import comb
from comb.evaluation.code_gate import withheld
from comb.evaluation.learning_curve import more_examples

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

| code | coded segments | precision | recall | F1 | 95% interval | kappa | 95% interval |
|---|---|---|---|---|---|---|---|
{codes}

## Codes that it never suggests

A code needs a kappa whose lower bound is at least {needed:.2f}: {because}.

{withheld}

## Sets that contain the coder's code

For each promise: the share of codes, given by people on transcripts held out, that were in their sentence's set, and
how many codes a set had. Codes withheld are left out. `suggest.coverage` in the params asks for such sets.

| promised | held out | standard error | codes in a set |
|---|---|---|---|
{sets}

## Would coding more help?

{curve}

## What it misses

{audit}
"""


@dataclass(frozen=True)
class Facts:
    """What a card is written from."""

    head: Mapping[str, Any]
    """head.json."""
    metrics: Mapping[str, Any]
    """evaluate.json."""
    codebook: tuple[str, str]
    """Name, and target behaviour."""
    curve: Mapping[str, Any] | None
    """curve.json, where comb curve has run."""
    audit: Mapping[str, Any] | None
    """audit.json, where an audit was drawn."""


def card(facts: Facts) -> str:
    """Write the card of a model."""
    head, metrics = facts.head, facts.metrics
    protocol, overall = metrics["protocol"], metrics["overall"]
    named = {name: protocol[name] for name in ("segments", "transcripts", "groups", "split", "folds", "seed")}
    return TEMPLATE.format(
        id=head["id"],
        encoder=head["encoder"],
        level=head["level"] or "(deepest)",
        version=comb.__version__,
        codebook=facts.codebook[0] or "without a name",
        behaviour=facts.codebook[1] or "not stated",
        overall="\n".join(_row(name, overall[name], metrics["intervals"][name]) for name in metrics["intervals"]),
        coverage=overall["coverage"],
        ece=_figure(overall["ece"]),
        human=_human(metrics["human"]),
        codes="\n".join(_code(name, figures) for name, figures in metrics["codes"].items()),
        needed=metrics["gate"]["needed"],
        because=metrics["gate"]["because"],
        withheld="\n".join(_withheld(facts)) or "None.",
        sets="\n".join(_set(share, found) for share, found in metrics["conformal"].items()),
        curve=_learned(facts, facts.curve, "answer", "Not measured yet: `comb curve`."),
        audit=_learned(facts, facts.audit, "sentence", "Not audited yet: `comb audit`."),
        **named,
    )


def _row(name: str, value: float | None, interval: Mapping[str, float | None]) -> str:
    return f"| {name} | {_figure(value)} | {_interval(interval)} |"


def _code(name: str, figures: Mapping[str, Any]) -> str:
    values = " | ".join(_figure(figures[kind]["value"]) for kind in ("precision", "recall", "f1"))
    kappa = figures["cohen_kappa"]
    spread = f"{_interval(figures['f1'])} | {_figure(kappa['value'])} | {_interval(kappa)}"
    return f"| {name} | {figures['n']} | {values} | {spread} |"


def _withheld(facts: Facts) -> list[str]:
    few = [f"- {code}: only {n} coded segments" for code, n in facts.head["withheld"].items()]
    closed = withheld(facts.metrics).items()
    return few + [f"- {code}: {why}; {more_examples(facts.metrics, facts.curve, code)}" for code, why in closed]


def _set(share: str, found: Mapping[str, Any] | None) -> str:
    if found is None:
        return f"| {float(share):.0%} | too few coded transcripts | | |"
    return f"| {float(share):.0%} | {found['coverage']:.1%} | {found['error']:.1%} | {found['size']:.2f} |"


def _learned(facts: Facts, found: Mapping[str, Any] | None, name: str, otherwise: str) -> str:
    if not found or name not in found:
        return otherwise
    note = "" if found["model"] == facts.head["id"] else " This was found for an earlier model."
    return f"{found[name]}{note}"


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
