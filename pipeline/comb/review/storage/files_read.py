"""Read the codings in the study's files, so that the review page opens although a transcript has changed.

If the words of a row do not occur in the transcript (any more), or not clearly, and the database has the same words for
the same coder, the database's row is used. Any other such row is an error, as everywhere.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from comb.codings.codings_csv import CodingsRead, read_coverage, read_tables
from comb.codings.known import Known
from comb.codings.names import TranscriptNames
from comb.codings.reader import CodingsTable
from comb.codings.table_columns import find_columns
from comb.review.storage.database import codings, progress
from comb.review.storage.history import Ledger
from comb.review.storage.library import Library
from comb.review.storage.refusals import Pair

HELD = "the codings made in the workspace count"
"""Part of each note on rows for which the database is used."""


def read_files(library: Library, ledger: Ledger) -> tuple[CodingsRead, set[Pair]]:
    """Read all tables of codings; also return the pairs with rows without a place, for which the database counts.

    Raises BadInputError for rows that cannot be read and that the database does not have.
    """
    with ledger.database.read() as db:
        found = db.execute(select(codings.c.transcript, codings.c.coder, codings.c.quote))
        known = {(Pair(row.transcript, row.coder), _plain(row.quote)) for row in found}
        every = set(db.scalars(select(progress.c.transcript)))
    refers = Known(library.transcripts, library.codebook)
    held: Counter[tuple[str, Pair]] = Counter()

    def left_to_the_database(table: CodingsTable) -> CodingsTable:
        unread = list(_unread(table, refers))
        if not all(row in known for row in unread):
            return table
        held.update((table.name, pair) for pair, _ in unread)
        return replace(table, problems=())

    tables, notes = read_tables(library.study.codings, refers, left_to_the_database)
    rows = tuple(dict.fromkeys(coding for table in tables for coding in table.codings))
    names = TranscriptNames({*library.ids, *every})
    coverage = read_coverage(_coverage(library), names, [coding.coder for coding in rows])
    notes += [
        f"{name}: rows of {pair.transcript}, coder {pair.coder}, without a clear place: {count}; {HELD}."
        for (name, pair), count in sorted(held.items())
    ]
    return CodingsRead(rows, tuple(notes), coverage), {pair for _, pair in held}


def _coverage(library: Library) -> Path:
    return library.study.codings / "coverage.csv"


def _unread(table: CodingsTable, refers: Known) -> Iterator[tuple[Pair, str]]:
    """Yield the pair and words of each row with problems; without words if the columns do not give them."""
    columns = find_columns(table.header)
    for cells in table.unread.values():
        row = dict(zip(table.header, cells, strict=False))
        name = row.get(columns.transcript, "").strip()
        pair = Pair(refers.names.find(name) or name, row.get(columns.coder, "").strip())
        yield pair, _plain(row.get(columns.quote, ""))


def _plain(quote: str) -> str:
    return " ".join(quote.split())
