"""Who read which transcript to its end, after an import.

Without ``coverage.csv``, whoever coded in a transcript read all of it. Once the file is there, it alone says so.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from comb.codings.codings_csv import coverage_rows
from comb.exchange.incoming import own_codings
from comb.study.files import write_rows
from comb.study.layout import Study

Pair = tuple[str, str]
"""Transcript and coder."""
COLUMNS = ("transcript", "coder")


def merged_coverage(
    study: Study, path: Path, said: Mapping[Pair, str] | None, coded: Iterable[Pair]
) -> dict[Pair, str] | None:
    """Return the whole coverage after an import; None if neither the study nor the import states any.

    ``path`` is the ``coverage.csv`` before the import. ``said`` is what the import states, None if it states nothing;
    then whoever codes a transcript for the first time has read all of it. ``coded`` contains the pairs with codings in
    the import.
    """
    if said is None and not path.exists():
        return None
    own = {(coding.transcript, coding.coder) for coding in own_codings(study)}
    listed = coverage_rows(path) if path.exists() else dict.fromkeys(sorted(own), "")
    new = dict.fromkeys(sorted(set(coded) - own), "") if said is None else said
    return {**listed, **{pair: word or listed.get(pair, "") for pair, word in new.items()}}


def write_coverage(path: Path, rows: Mapping[Pair, str]) -> None:
    """Write a ``coverage.csv``, with the column ``blind`` if anything is known of that."""
    blind = any(rows.values())
    header = (*COLUMNS, "blind") if blind else COLUMNS
    write_rows(path, header, ((*pair, word) if blind else pair for pair, word in rows.items()))
