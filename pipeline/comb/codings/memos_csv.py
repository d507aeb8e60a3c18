"""Memos on transcripts, codes and the study: the file ``data/memos.csv``."""

from collections.abc import Iterable
from pathlib import Path

from comb.records import Memo
from comb.study.files import read_rows, write_rows

COLUMNS = ("about", "transcript", "code", "coder", "memo", "at")


def read_memos(path: Path) -> list[Memo]:
    """Read memos; none if there is no such file."""
    if not path.exists():
        return []
    rows = (row for _, row in read_rows(path, COLUMNS[1:5], ("about", "at")))
    return [Memo(row["transcript"], row["code"], row["coder"], row["memo"], row.get("at", "")) for row in rows]


def write_memos(path: Path, memos: Iterable[Memo]) -> None:
    """Write memos, grouped by what they are about."""
    found = sorted(memos, key=lambda memo: (memo.about, memo.transcript, memo.code, memo.coder))
    write_rows(path, COLUMNS, ([one.about, one.transcript, one.code, one.coder, one.text, one.at] for one in found))
