"""The model card: what a model was trained on, how well it does, and which codes it withholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import comb
from comb.active_learning.audit import Audit
from comb.codings.language_model import LlmRun
from comb.codings.problems import capital, counted
from comb.evaluation.code_gate import withheld
from comb.evaluation.learning_curve import LearningCurve, more_examples
from comb.evaluation.results import CodeFigures, Estimate, Familiar, Interval, Metrics, People, SetCheck
from comb.learning.artifact import ModelFacts
from comb.learning.worth import FEWEST_GROUPS, Worth
from comb.report.llm_text import card_section

TEMPLATE = """# Model card: {id}

Suggests codes of the level {level} for interviews. A suggestion becomes a coding only when a person accepts it.

- trained on {segments} segments of {transcripts} read by coders
- encoder {encoder}, comb {version}
- study's codebook: {codebook}; target behaviour: {behaviour}

## How well it does

{folds}-fold cross-validation over {groups} groups ({split} held out), seed {seed}. Intervals are 95% percentile
bootstrap intervals over these groups; the models are not trained again. comb's suggestions are compared with every code
of the reference: codes that it withholds, or that have too few examples to be learned, count as missed. If a segment
may have several codes, kappa and alpha are pooled over the codes (De Vries et al. 2008).

| figure | suggested | 95% interval | no code withheld | 95% interval |
|---|---|---|---|---|
{overall}

Coverage, the share of segments that get a suggestion: {coverage:.0%}. Expected calibration error (ten bins, all
segments and codes): {ece}.
{human}{advice}
## On other text

{familiar}

## By code

| code | coded segments | precision | recall | F1 | 95% interval | kappa | 95% interval |
|---|---|---|---|---|---|---|---|
{codes}

## Codes that are never suggested

A code is suggested if one of two figures reaches {needed:.2f} ({because}): its kappa, shrunk towards the lower 95%
limit of the kappa of all codes together (the fewer examples, the more), or the lower 95% limit of its own kappa. With
fewer than six transcripts, or if all codes together do not clearly agree beyond chance, both must reach it.

{withheld}

## Sets that contain the coder's code

Conformal prediction by transcript. For each promised share: the share of people's codes that were in their sentence's
set (mean over held-out transcripts, with its standard error), and the mean number of codes in a set. Withheld codes are
left out. `suggest.coverage` in the params asks for such sets.

| promised | held out | standard error | codes in a set |
|---|---|---|---|
{sets}

## What each opinion adds

Several opinions are combined into one score. For each: the mean logarithmic loss per segment, over all codes, with and
without it on held-out transcripts, and the gain with its normal-theory 95% interval over transcripts. An optional
opinion is used if it gains more than half a standard error.

{opinions}

## Would more coding help?

{curve}

## What the model misses

{audit}

## Language model as a coder

{language_model}
"""
FIGURES = {
    "macro_f1": "macro-F1",
    "micro_f1": "micro-F1",
    "cohen_kappa": "Cohen's kappa",
    "krippendorff_alpha": "Krippendorff's alpha",
}
"""The overall figures of a card, by field."""


@dataclass(frozen=True)
class CardFacts:
    """The facts for a card."""

    head: ModelFacts
    metrics: Metrics
    codebook: tuple[str, str]
    """Its name and target behaviour."""
    curve: LearningCurve | None
    """None if comb curve has not run."""
    audit: Audit | None
    """None if no audit was drawn."""
    language_model: LlmRun | None = None
    """The run of the study's language model; None if there is none."""


def card(facts: CardFacts) -> str:
    """Write the card of a model."""
    head, metrics = facts.head, facts.metrics
    protocol = metrics.protocol
    named = {name: getattr(protocol, name) for name in ("segments", "groups", "split", "folds", "seed")}
    return TEMPLATE.format(
        id=head.id,
        transcripts=counted(protocol.transcripts, "transcript"),
        encoder=head.encoder,
        level=head.level or "(deepest)",
        version=comb.__version__,
        codebook=facts.codebook[0] or "without a name",
        behaviour=facts.codebook[1] or "not stated",
        overall="\n".join(_row(name, title_, metrics) for name, title_ in FIGURES.items()),
        coverage=metrics.overall.coverage,
        ece=_figure(metrics.overall.ece),
        human=_human(metrics.human),
        advice=f"\n{capital(metrics.advice)}\n" if metrics.advice else "",
        familiar=_familiar(metrics.familiar),
        codes="\n".join(_code(name, figures) for name, figures in metrics.codes.items()),
        needed=metrics.gate.needed,
        because=metrics.gate.because,
        withheld="\n".join(_withheld(facts)) or "None.",
        sets="\n".join(_set(share, found) for share, found in metrics.conformal.items()),
        opinions=_opinions(head.opinions),
        curve=_learned(facts, facts.curve, "Not measured yet: `comb curve`."),
        audit=_learned(facts, facts.audit, "Not audited yet: `comb audit`."),
        language_model=_language_model(facts),
        **named,
    )


def _row(name: str, title: str, metrics: Metrics) -> str:
    pairs = ((metrics.overall, metrics.intervals), (metrics.ungated, metrics.ungated.intervals))
    cells = [f"{_figure(getattr(found, name))} | {_interval(limits[name])}" for found, limits in pairs]
    return f"| {title} | {' | '.join(cells)} |"


def _familiar(found: Familiar) -> str:
    if not found.usual:
        return "Too few transcripts are coded to recognise text that is unlike them."
    return (
        "comb reports when a transcript is unlike those it learned from. Scores there are shrunk towards the share of "
        f"segments that have each code (logits by a factor of {found.slope:.2f}) and are less reliable, since "
        "calibration was measured within this study."
    )


def _language_model(facts: CardFacts) -> str:
    if facts.language_model is None:
        return "None."
    return card_section(facts.language_model, facts.metrics.beside, facts.head.opinions)


def _code(name: str, figures: CodeFigures) -> str:
    values = " | ".join(_figure(estimate.value) for estimate in (figures.precision, figures.recall, figures.f1))
    kappa = figures.cohen_kappa
    return (
        f"| {name} | {figures.n} | {values} | {_interval(figures.f1)} | {_figure(kappa.value)} | {_interval(kappa)} |"
    )


def _withheld(facts: CardFacts) -> list[str]:
    few = [f"- {code}: only {counted(n, 'coded segment')}" for code, n in facts.head.withheld.items()]
    closed = withheld(facts.metrics.gate).items()
    return few + [f"- {code}: {why}; {more_examples(facts.metrics, facts.curve, code)}" for code, why in closed]


def _set(share: str, found: SetCheck | None) -> str:
    if found is None:
        return f"| {float(share):.0%} | too few coded transcripts | | |"
    return f"| {float(share):.0%} | {found.coverage:.1%} | {found.error:.1%} | {found.size:.2f} |"


def _opinions(found: Sequence[Worth]) -> str:
    """Lay out what each opinion is worth as a table."""
    if not found:
        return f"Too few coded transcripts: at least {FEWEST_GROUPS} are needed."
    rows = [
        f"| {one.opinion} | {'yes' if one.used else 'no'} | {one.with_it:.3f} | {one.without_it:.3f} "
        f"| {one.gain:+.3f} | {one.low:+.3f} to {one.high:+.3f} |"
        for one in found
    ]
    head = ("| opinion | used | loss with it | without it | gain | 95% interval |", "|---|---|---|---|---|---|")
    return "\n".join((*head, *rows))


def _learned(facts: CardFacts, found: LearningCurve | Audit | None, otherwise: str) -> str:
    sentence = found.answer if isinstance(found, LearningCurve) else found.sentence if found else ""
    if not sentence or not found:
        return otherwise
    note = "" if found.model == facts.head.id else " This was measured for an earlier model."
    return f"{sentence}{note}"


def _human(people: People | None) -> str:
    if people is None:
        return "No two people coded the same segments, so the model cannot be compared with agreement between people.\n"
    own, machine = _figure(people.cohen_kappa), _figure(people.machine.cohen_kappa)
    own += f" (95% interval {_interval(people.intervals['cohen_kappa'])})"
    where = f"on the same {people.segments} segments"
    return f"Cohen's kappa between people {own}, between the model and the same people {machine} (mean), {where}.\n"


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _interval(interval: Interval | Estimate) -> str:
    return f"{_figure(interval.low)} to {_figure(interval.high)}"
