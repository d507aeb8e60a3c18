"""Coefficients in print: values, intervals, and why there are none."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from comb.agreement.results import Coefficients, Figure
from comb.agreement.sample_size import ALL_ALIKE


def short(value: float) -> str:
    """Write a value with two decimals, never -0.00."""
    return f"{round(value, 2) + 0.0:.2f}"


def spread(figure: Figure) -> str:
    """Write an interval, or that there is none."""
    if figure.value is None:
        return ""
    if figure.low is None or figure.high is None:
        return "none"
    return f"{short(figure.low)} to {short(figure.high)}"


def number(figure: Figure) -> str:
    """Write a value, or that it is undefined."""
    return "undefined" if figure.value is None else short(figure.value)


def with_interval(figure: Figure, *, level: bool = False) -> str:
    """Write a value with its interval, or why it is undefined; ``level``: say that the interval is one of 95%."""
    if figure.value is None:
        return figure.undefined
    named = "95% interval " if level else ""
    return short(figure.value) if figure.low is None else f"{short(figure.value)} ({named}{spread(figure)})"


def optional(value: float | None) -> str:
    """Write a value that may be undefined."""
    return "undefined" if value is None else short(value)


def reasons(figures: Mapping[str, Figure]) -> list[str]:
    """Return why figures or their intervals are undefined or say little, grouped by reason."""
    why: dict[str, list[str]] = defaultdict(list)
    for name, figure in figures.items():
        if figure.value is None:
            why[figure.undefined].append(name)
        elif figure.interval:
            why[f"interval {figure.interval}"].append(name)
        elif figure.low is not None and figure.low == figure.high:
            why[f"{ALL_ALIKE}, so the interval does not show how uncertain this value is"].append(name)
    return [f"  {', '.join(names)}: {text}." for text, names in why.items()]


def coefficients_of(figures: Coefficients, names: Sequence[str]) -> list[tuple[str, str]]:
    """Write the named coefficients: value and interval, or why there is no value."""
    return [(_cell(figures[name]), spread(figures[name]).replace(" to ", "–")) for name in names]


def _cell(figure: Figure) -> str:
    return figure.undefined if figure.value is None else short(figure.value)


def names_of(names: Sequence[str]) -> str:
    """Join names in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
