"""Recode codings after an edit of the codebook: none is lost, and none is duplicated.

If two codings of one coder on one passage get the same code, they become one. Its memo contains the memos of both,
and if one said barrier and the other facilitator, its valence is ``both``.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
_SPAN = ("transcript", "coder", "start", "end")
_VALENCES = {"barrier", "facilitator"}


def recode(rows: Sequence[Row], mapped: Mapping[str, str]) -> list[dict[str, Any] | None]:
    """Return each coding after the edit; None for one that was joined with another.

    Rows have at least ``transcript``, ``coder``, ``start``, ``end``, ``code``, ``valence``, ``memo`` and ``at``. One
    whose code is deleted stays as a passage that was read and has no code, unless the coder has put another code on it
    and there is no memo that would be lost. Rows whose code is not in ``mapped`` change only if another row is joined
    with them.

    >>> one = {"transcript": "P1", "coder": "Ann", "start": 0, "end": 4, "at": "", "memo": ""}
    >>> both = [one | {"code": "a", "valence": "barrier"}, one | {"code": "b", "valence": "facilitator"}]
    >>> [row and (row["code"], row["valence"]) for row in recode(both, {"a": "b"})]
    [None, ('b', 'both')]
    """
    after: list[dict[str, Any] | None] = [_renamed(row, mapped) for row in rows]
    same: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    spans: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for at, row in enumerate(filter(None, after)):
        span = tuple(row[name] for name in _SPAN)
        same[*span, row["code"]].append(at)
        spans[span].add(row["code"])
    for key, found in same.items():
        code = key[-1]
        if all(rows[at]["code"] not in mapped for at in found):
            continue
        if code:
            _join(rows, after, found, mapped)
        elif spans[key[:-1]] != {""}:
            for at in found:
                after[at] = after[at] if rows[at]["memo"] or rows[at]["code"] not in mapped else None
    return after


def _renamed(row: Row, mapped: Mapping[str, str]) -> dict[str, Any]:
    code = mapped.get(row["code"], row["code"])
    return {**row, "code": code} if code or row["code"] == code else {**row, "code": "", "valence": ""}


def _join(rows: Sequence[Row], after: list[dict[str, Any] | None], found: list[int], mapped: Mapping[str, str]) -> None:
    """Let one of several codings take the others in: one that had the code before, or else the oldest."""
    order = sorted(found, key=lambda at: (rows[at]["code"] in mapped, rows[at]["at"], rows[at]["code"], at))
    kept = after[order[0]] or {}
    kept["memo"] = "\n".join(dict.fromkeys(rows[at]["memo"] for at in order if rows[at]["memo"]))
    kept["valence"] = joined_valence([rows[at]["valence"] for at in order])
    if "blind" in kept and len({rows[at]["blind"] for at in order}) > 1:
        kept["blind"] = "no" if any(rows[at]["blind"] == "no" for at in order) else ""
    for at in order[1:]:
        after[at] = None


def joined_valence(found: Sequence[str]) -> str:
    """Return the valence of one coding made of several.

    >>> joined_valence(["", "barrier"]), joined_valence(["facilitator", "barrier"]), joined_valence(["", ""])
    ('barrier', 'both', '')
    """
    said = set(found) - {""}
    if "both" in said or said >= _VALENCES:
        return "both"
    return said.pop() if said else ""
