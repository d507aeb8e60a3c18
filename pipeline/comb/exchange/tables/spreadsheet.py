"""Tables for people: a row per coded quote, segments × codes, cases × codes; as Excel workbooks and CSV."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from comb.codings.machine import MODEL
from comb.exchange.project import Project
from comb.exchange.tables.spreadsheet_cells import Table, write_csv, write_workbook
from comb.records import Coding, Suggestion, Transcript

QUOTES = (
    *("transcript", "speaker", "start", "end", "quote", "code", "code name", "valence", "coded by", "memo"),
    *("score", "created_at"),
)
"""Columns that differ from those of the codings CSV on purpose: this table has escaped cells, and suggestions among its
rows."""
SHEET_NAME = 31
_KINDS = ("barrier", "facilitator", "both")


def write_xlsx(project: Project, path: Path) -> list[str]:
    """Write a workbook: quotes, cases and codes, a sheet each. Return what was left out."""
    cut = write_workbook(path, {"quotes": quotes(project), "cases": cases(project), "codes": _codes(project)})
    return _read_only(project) + ([f"texts too long for a cell of Excel, cut: {cut}"] if cut else [])


def write_quotes(project: Project, path: Path) -> list[str]:
    """Write a CSV file with a row per coded quote. Return what was left out."""
    write_csv(path, quotes(project))
    return _read_only(project)


def write_cases(project: Project, path: Path) -> list[str]:
    """Write a CSV file: how often each coder used each code in each transcript."""
    write_csv(path, cases(project))
    return []


def write_matrix(project: Project, path: Path) -> list[str]:
    """Write a workbook with a sheet per coder: segments × codes, 1 used, 0 read and not used, blank not read.

    Raises NotReadyError before ``comb segment`` has run.
    """
    sheets = matrices(project)
    names = _sheet_names(list(sheets))
    write_workbook(path, {names[coder]: table for coder, table in sheets.items()})
    return [f"the sheet of coder {coder!r} is called {name!r}" for coder, name in names.items() if name != coder]


def quotes(project: Project) -> Table:
    """List coded quotes, by people and suggested by models, with the attributes of each transcript."""
    names = {code.id: code.name for code in project.codebook or ()}
    columns = list(dict.fromkeys(name for values in project.attributes.values() for name in values))
    header = [*QUOTES, *(name if name not in QUOTES else f"attribute: {name}" for name in columns)]
    starts = {name: [turn.start for turn in t.turns] for name, t in project.transcripts.items()}
    rows: list[list[object]] = []
    both: list[Coding | Suggestion] = [*project.codings, *project.suggestions]
    for item in sorted(both, key=lambda item: (item.transcript, item.start)):
        if item.code and item.transcript in project.transcripts:
            own = project.attributes.get(item.transcript, {})
            speaker = _speaker(project.transcripts[item.transcript], starts[item.transcript], item.start)
            rows.append([*_quote(item, speaker, names), *(own.get(name, "") for name in columns)])
    return header, rows


def _quote(item: Coding | Suggestion, speaker: str, names: dict[str, str]) -> list[object]:
    place: list[object] = [item.transcript, speaker, item.start, item.end]
    code = [item.code, names.get(item.code, item.code), item.valence]
    if isinstance(item, Suggestion):
        return [*place, item.text, *code, MODEL + item.model, "", item.score, ""]
    return [*place, item.quote, *code, item.coder, item.memo, item.score, item.created_at]


def _speaker(transcript: Transcript, starts: Sequence[int], at: int) -> str:
    turn = bisect_right(starts, at) - 1
    return transcript.turns[turn].speaker if turn >= 0 else ""


def cases(project: Project) -> Table:
    """Count codings, with a row for each transcript and coder who read it, and columns for each code by its name.

    A code counts the codings of the codes below it too. If any of them has a valence, columns for each valence
    follow.
    """
    counts = _counts(project)
    names = _column_names(project)
    used = {(code, kind) for _, _, code, kind in counts}
    read = {(coding.transcript, coding.coder) for coding in project.codings} | (project.coverage or set())
    columns = list(dict.fromkeys(name for values in project.attributes.values() for name in values))
    cells = [(code, kind) for code in names for kind in ("", *_KINDS) if not kind or (code, kind) in used]
    rows: list[list[object]] = []
    for transcript, coder in sorted(read):
        own = project.attributes.get(transcript, {})
        attributes = [own.get(name, "") for name in columns]
        rows.append([transcript, coder, *attributes, *(counts[transcript, coder, *cell] for cell in cells)])
    return ["transcript", "coder", *columns, *(f"{names[code]}{kind and f': {kind}'}" for code, kind in cells)], rows


def _counts(project: Project) -> Counter[tuple[str, str, str, str]]:
    """Count by transcript, coder, code and valence (or nothing: whatever the valence), codes below included."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    book = project.codebook
    for coding in project.codings:
        path = book.codes[coding.code].path if book and coding.code in book else (coding.code,)
        for code in path if coding.code else ():
            for kind in {"", coding.valence}:
                counts[coding.transcript, coding.coder, code, kind] += 1
    return counts


def _column_names(project: Project) -> dict[str, str]:
    """Name each code: by its name, with its id where several have that name, and said where it counts others too."""
    codes = list(project.codebook or ())
    often = Counter(code.name for code in codes)
    names = {
        code.id: code.name + (f" ({code.id})" if often[code.name] > 1 else "") + ("" if code.leaf else ", all")
        for code in codes
    }
    others = sorted({coding.code for coding in project.codings if coding.code} - set(names))
    return names | {code: code for code in others}


def matrices(project: Project) -> dict[str, Table]:
    """Return, for each coder, segments × codes: 1, 0, or None if the coder did not read the segment."""
    from comb.codings.alignment import UNREAD, align
    from comb.codings.codings_csv import CodingsRead

    grid = project.grid()
    read = CodingsRead(project.codings, (), project.coverage)
    assert project.codebook is not None  # noqa: S101  (a study has a codebook; only what is read may lack it)
    views = align(grid.segments, read, project.codebook, grid.level, grid.overlap, human=False)
    header = ["unit", "transcript", "speaker", "text", *views.codes]
    units: list[list[object]] = [[s.id, s.transcript, s.speaker, s.text] for s in grid.segments]
    return {
        coder: (
            header,
            [
                [*unit, *(None if cell == UNREAD else int(cell) for cell in cells)]
                for unit, cells in zip(units, view.codes, strict=True)
            ],
        )
        for coder, view in views.coders.items()
    }


def _codes(project: Project) -> Table:
    used = Counter(coding.code for coding in project.codings)
    rows = [
        [code.id, " > ".join(code.path), code.name, code.color, code.definition, used[code.id]]
        for code in project.codebook or ()
    ]
    return ["code", "path", "name", "color", "definition", "codings"], rows


def _read_only(project: Project) -> list[str]:
    empty = sum(not coding.code for coding in project.codings)
    return [f"rows that say “read, no code”, left out: {empty}"] if empty else []


def _sheet_names(coders: Sequence[str]) -> dict[str, str]:
    """Return a sheet name for each coder that Excel accepts: short, without some characters, no two alike."""
    names: dict[str, str] = {}
    for coder in coders:
        plain = "".join("_" if char in "[]:*?/\\" or ord(char) < 32 else char for char in coder)
        plain = plain.strip("'")[:SHEET_NAME] or "coder"
        taken = {name.casefold() for name in names.values()} | {"history"}
        number = 1
        name = plain
        while name.casefold() in taken:
            number += 1
            name = f"{plain[: SHEET_NAME - len(str(number)) - 1]} {number}"
        names[coder] = name
    return names
