"""Tables of rows that could not be read, for a person to correct in a spreadsheet and import again."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from comb.codings.codings_csv import COLUMNS
from comb.codings.problems import Passage, Problem
from comb.codings.reader import PASSAGES, CodingsTable, Row
from comb.codings.table_columns import CHOOSE, PROBLEM
from comb.records import Transcript
from comb.study.files import write_rows

ROW, NAMES = "comb: row of the file", "comb: did you mean"


def write_corrections(path: Path, table: CodingsTable, transcripts: Mapping[str, Transcript]) -> None:
    """Write the rows of a table that cannot be read, unchanged, with what is wrong and what may have been meant.

    Passages that may have been meant are shown with their words: the number of one, written into ``comb: take
    passage``, chooses it.
    """
    problems: dict[int, list[Problem]] = defaultdict(list)
    for problem in table.problems:
        problems[problem.row].append(problem)
    own = [at for at, name in enumerate(table.header) if name and not name.startswith("comb: ")]
    shown = [name for k in range(1, PASSAGES + 1) for name in (f"comb: passage {k}", f"comb: passage {k} is at")]
    header = [*(table.header[at] for at in own), ROW, PROBLEM, NAMES, CHOOSE, *shown]

    def rows() -> Iterator[Sequence[object]]:
        for number, cells in table.unread.items():
            kept = [cells[at] if at < len(cells) else "" for at in own]
            found = problems[number]
            names = "; ".join(name for problem in found for name in problem.names)
            passages = [passage for problem in found for passage in problem.passages][:PASSAGES]
            told = [cell for passage in passages for cell in (_words(passage, transcripts), str(passage))]
            what = "; ".join(problem.what for problem in found)
            yield [*kept, number, what, names, "", *told, *[""] * (len(shown) - len(told))]

    write_rows(path, header, rows(), for_excel=True)


def _words(passage: Passage, transcripts: Mapping[str, Transcript]) -> str:
    text = transcripts[passage.transcript].text
    return " […] ".join(text[start:end] for start, end in passage.spans)


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write codings, each once, with all columns, including those that comb does not know."""
    write_rows(path, *cells_of(rows), exact=True)


def cells_of(rows: Sequence[Row]) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return header and cells of a table of codings in comb's format."""
    names = [name for name in COLUMNS if name != "unsure" or any(row.coding.unsure for row in rows)]
    others = list(dict.fromkeys(name for row in rows for name in row.others if name not in COLUMNS))

    def cells(row: Row) -> tuple[object, ...]:
        own = ("" if value is None else value for value in (getattr(row.coding, name) for name in names))
        return (*own, *(row.others.get(name, "") for name in others))

    return [*names, *others], list(dict.fromkeys(map(cells, rows)))
