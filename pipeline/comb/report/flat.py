"""The agreement of coders as one plain table, a row per figure."""

from collections.abc import Iterator

from comb.agreement.results import Agreement, Coefficients, Figure, PassageAgreement

COLUMNS = ("scope", "name", "coefficient", "value", "low", "high", "se", "undefined")


def flat(found: Agreement) -> Iterator[list[object]]:
    """Yield the rows: overall, each code and pair, each level, valence, passages, the machine, and the reference."""
    yield from _rows("overall", "", found.overall)
    for scope, parts in (("code", found.codes), ("pair", found.pairs)):
        for name, figures in parts.items():
            yield from _rows(scope, name, figures)
    for level, part in found.levels.items():
        yield from _rows("level", level, part.overall)
    if found.valence:
        yield from _rows("valence", "", found.valence.overall)
    if found.passages:
        yield from _passages(found.passages)
    yield from _others(found)


def _passages(part: PassageAgreement) -> Iterator[list[object]]:
    overall = {"unitizing_alpha": part.overall, "overlap": part.overlap, **part.boundaries}
    yield from _rows("passages", "", overall)
    for code, figures in part.codes.items():
        yield from _rows("passages", code, {"unitizing_alpha": figures.unitizing_alpha, "overlap": figures.overlap})


def _others(found: Agreement) -> Iterator[list[object]]:
    for part in found.machine:
        for name, three in part.overall.items():
            for side in ("human", "machine", "difference"):
                yield from _rows("machine", side, {name: getattr(three, side)})
        for left in part.leave_one_out:
            yield from _rows("left out", left.coder, {"cohen_kappa": left.person})
            yield from _rows("machine in place of", left.coder, {"cohen_kappa": left.machine})
    for coder, scores in (found.against.coders if found.against else {}).items():
        yield from _rows("against", coder, scores.overall)


def _rows(scope: str, name: str, figures: Coefficients) -> Iterator[list[object]]:
    for coefficient, figure in figures.items():
        yield [scope, name, coefficient, *_cells(figure)]


def _cells(figure: Figure) -> list[object]:
    return ["" if getattr(figure, key) is None else getattr(figure, key) for key in COLUMNS[3:]]
