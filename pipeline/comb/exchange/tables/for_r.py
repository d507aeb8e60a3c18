"""A table of codings for R: the columns of RQDA's ``getCodingTable()`` first, then comb's others.

RQDA counts from 1, and its ``index2`` is the last character; ``.id`` identifies the coded words, as required by
quallmer and other packages that compare coders by unit.
"""

from pathlib import Path

from comb.codings.machine import MODEL
from comb.exchange.project import Project
from comb.records import Coding, Suggestion
from comb.study.files import write_rows

COLUMNS = (
    *("rowid", "cid", "fid", "codename", "filename", "index1", "index2", "CodingLength"),
    *(".id", "code", "valence", "coder", "memo", "score", "text"),
)


def write_for_r(project: Project, path: Path) -> list[str]:
    """Write the table as plain UTF-8 CSV, with words exactly as they are; return warnings on losses."""
    files = {name: number for number, name in enumerate(sorted(project.transcripts), 1)}
    items: list[Coding | Suggestion] = [*project.codings, *project.suggestions]
    coded = sorted((item for item in items if item.code), key=lambda item: (item.transcript, item.start, item.end))
    names = {code.id: code.name for code in project.codebook or ()}
    codes = {code: number for number, code in enumerate(dict.fromkeys([*names, *(item.code for item in coded)]), 1)}
    rows = []
    for number, item in enumerate(coded, 1):
        place = (files[item.transcript], names.get(item.code, item.code), item.transcript, item.start + 1, item.end)
        rows.append([number, codes[item.code], *place, item.end - item.start, *_more(item)])
    write_rows(path, COLUMNS, rows, exact=True)
    empty = sum(not coding.code for coding in project.codings)
    return [f"spans read without a code, left out: {empty}"] if empty else []


def _more(item: Coding | Suggestion) -> list[object]:
    unit = f"{item.transcript}:{item.start}-{item.end}"
    score = "" if item.score is None else item.score
    if isinstance(item, Suggestion):
        return [unit, item.code, item.valence, MODEL + item.model, "", score, item.text]
    return [unit, item.code, item.valence, item.coder, item.memo, score, item.quote]
