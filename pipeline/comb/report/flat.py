"""The agreement dictionary as one plain table, a row per figure."""

from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = ("scope", "name", "coefficient", "value", "low", "high", "se", "undefined")


def flat(found: Mapping[str, Any]) -> Iterator[list[object]]:
    """Give the rows: overall, each code and pair, each level, valence, passages, the machine, and the reference."""
    yield from _rows("overall", "", found["overall"])
    for scope, key in (("code", "codes"), ("pair", "pairs")):
        for name, figures in found[key].items():
            yield from _rows(scope, name, figures)
    for level, part in (found.get("levels") or {}).items():
        yield from _rows("level", level, part["overall"])
    if found.get("valence"):
        yield from _rows("valence", "", found["valence"]["overall"])
    yield from _passages(found.get("passages"))
    yield from _others(found)


def _passages(part: Mapping[str, Any] | None) -> Iterator[list[object]]:
    if part:
        yield from _rows("passages", "", {"unitizing_alpha": part["overall"], "overlap": part["overlap"]})
        for code, figures in part["codes"].items():
            yield from _rows("passages", code, figures)


def _others(found: Mapping[str, Any]) -> Iterator[list[object]]:
    for part in found.get("machine") or ():
        for name, three in part.get("overall", {}).items():
            for side, figure in three.items():
                yield from _rows("machine", side, {name: figure})
    for coder, part in ((found.get("against") or {}).get("coders") or {}).items():
        yield from _rows("against", coder, part["overall"])


def _rows(scope: str, name: str, figures: Mapping[str, Mapping[str, Any]]) -> Iterator[list[object]]:
    for coefficient, figure in figures.items():
        cells = ["" if figure.get(key) is None else figure[key] for key in COLUMNS[3:]]
        yield [scope, name, coefficient, *cells]
