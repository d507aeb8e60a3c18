"""An evaluation in a dozen flat figures, for ``dvc metrics`` and the history of a study."""

from collections.abc import Mapping

from comb.evaluation.results import CodeFigures, Figure, Interval, Metrics, Overall, TransferMetrics

Summary = dict[str, int | Figure]
CODE_COLUMNS = ("code", "n", "suggested", "f1", "f1_low", "f1_high", "cohen_kappa", "kappa_low", "kappa_high")
"""Columns of plots/codes.csv."""
_DIGITS = 4


def summary(found: Metrics) -> Summary:
    """Return the figures of an evaluation for comparison with other runs; None where undefined."""
    loose, people = found.ungated, found.human
    return {
        "transcripts": found.protocol.transcripts,
        "segments": found.protocol.segments,
        "codes": len(found.codes) + sum(n > 0 for n in found.withheld.values()),
        "codes_suggested": sum(decision.open for decision in found.gate.codes.values()),
        **_figures(found.overall, found.intervals),
        "coverage": _rounded(found.overall.coverage),
        "ece": _rounded(found.overall.ece),
        **{f"ungated_{name}": value for name, value in _figures(loose, loose.intervals, ("cohen_kappa",)).items()},
        **(
            {f"human_{k}": v for k, v in _figures(people, people.intervals, ("cohen_kappa",)).items()} if people else {}
        ),
    }


def transfer_summary(found: TransferMetrics) -> Summary:
    """Return the same figures for transcripts that training never read."""
    return {
        "transcripts": found.protocol.transcripts,
        "segments": found.protocol.segments,
        **_figures(found.overall, found.intervals),
        "coverage": _rounded(found.overall.coverage),
        "ece": _rounded(found.overall.ece),
    }


def code_rows(found: Metrics) -> list[list[object]]:
    """Return a row of ``CODE_COLUMNS`` for each code that is learned."""
    return [
        [code, figures.n, "yes" if found.gate.codes[code].open else "no", *_spread(figures)]
        for code, figures in found.codes.items()
    ]


def _spread(figures: CodeFigures) -> list[Figure]:
    both = (figures.f1, figures.cohen_kappa)
    return [_rounded(value) for one in both for value in (one.value, one.low, one.high)]


def _figures(
    overall: Overall,
    intervals: Mapping[str, Interval],
    names: tuple[str, ...] = ("cohen_kappa", "macro_f1", "micro_f1", "krippendorff_alpha"),
) -> Summary:
    """Return figures with the limits of their intervals, a line each."""
    limits = {name: (intervals[name].low, intervals[name].high) for name in names}
    found = {name: (getattr(overall, name), *limits[name]) for name in names}
    sides = ("", "_low", "_high")
    return {f"{n}{side}": _rounded(v) for n, row in found.items() for side, v in zip(sides, row, strict=True)}


def _rounded(value: Figure) -> Figure:
    return None if value is None else round(value, _DIGITS)
