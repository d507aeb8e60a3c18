"""The files of suggestions: one for each transcript and format, and how they are read back."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from comb.records import Evidence, Suggestion
from comb.study.atomic import atomic
from comb.study.damage import sound
from comb.study.files import visible, write_rows, write_table, write_text

SUGGESTION_COLUMNS = tuple(field.name for field in fields(Suggestion))
_EVIDENCE = tuple(field.name for field in fields(Evidence))
CONTRACT_COLUMNS = SUGGESTION_COLUMNS[: SUGGESTION_COLUMNS.index("evidence") + 1]
"""Columns of the CSV file, on which other programs rely; the other formats have all columns."""


def write_suggestions(folder: Path, transcript: str, suggestions: Sequence[Suggestion], formats: Sequence[str]) -> None:
    """Write the suggestions for one transcript, one file per format of SUGGESTION_TABLES."""
    for name in formats:
        SUGGESTION_TABLES[name](folder / f"{transcript}.{name}", suggestions)


def read_suggestions(folder: Path) -> list[Suggestion]:
    """Read the suggestions of all transcripts from their .jsonl files; nothing if there is none.

    Raises BadInputError naming file and line where one was changed by hand.
    """
    from pydantic import TypeAdapter

    adapter, found = TypeAdapter(Suggestion), []
    for path in visible(folder, "*.jsonl"):
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            with sound(path, "Make it again with: comb suggest --format jsonl.", f"line {number}", "not a suggestion"):
                found += [adapter.validate_json(line)] if line else []
    return found


def _suggestion_row(item: Suggestion) -> list[object]:
    near = " | ".join(f"{e.segment} [{e.code}] {e.text}" for e in item.evidence)
    rival = f"{item.rival.code} {item.rival.score}" if item.rival else ""
    return [*(getattr(item, name) for name in SUGGESTION_COLUMNS[:-3]), near, rival, "; ".join(item.words)]


def _write_csv(path: Path, suggestions: Sequence[Suggestion]) -> None:
    write_rows(path, CONTRACT_COLUMNS, (_suggestion_row(item)[: len(CONTRACT_COLUMNS)] for item in suggestions))


def _write_jsonl(path: Path, suggestions: Sequence[Suggestion]) -> None:
    write_text(path, "".join(json.dumps(_as_dict(item), ensure_ascii=False) + "\n" for item in suggestions))


def _as_dict(item: Suggestion) -> dict[str, Any]:
    """Return what ``asdict`` does, in a fraction of its time."""
    data = {name: getattr(item, name) for name in SUGGESTION_COLUMNS}
    data["evidence"] = [{name: getattr(one, name) for name in _EVIDENCE} for one in item.evidence]
    data["rival"] = {"code": item.rival.code, "score": item.rival.score} if item.rival else None
    return data


def suggestion_schema() -> Any:
    """Return the schema of a Parquet table of suggestions."""
    import pyarrow as pa

    text, whole, number = pa.string(), pa.int64(), pa.float64()
    near = pa.struct([("segment", text), ("text", text), ("code", text), ("similarity", number)])
    kinds = dict.fromkeys(("start", "end", "rank"), whole) | dict.fromkeys(("score", "threshold"), number)
    kinds |= {"evidence": pa.list_(near), "rival": pa.struct([("code", text), ("score", number)])}
    kinds |= {"words": pa.list_(text)}
    return pa.schema([(name, kinds.get(name, text)) for name in SUGGESTION_COLUMNS])


def suggestion_table(suggestions: Sequence[Suggestion]) -> Any:
    """Return suggestions as a table of pyarrow."""
    import pyarrow as pa

    return pa.Table.from_pylist([_as_dict(item) for item in suggestions], suggestion_schema())


def _write_parquet(path: Path, suggestions: Sequence[Suggestion]) -> None:
    write_table(path, suggestion_table(suggestions))


def _write_xlsx(path: Path, suggestions: Sequence[Suggestion]) -> None:
    import xlsxwriter

    # Spoken text that begins with "=" must stay text; the fixed date keeps the bytes the same from run to run.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with atomic(path) as file, xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        sheet = book.add_worksheet("suggestions")
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet.write_row(0, 0, SUGGESTION_COLUMNS, bold)
        for number, item in enumerate(suggestions, 1):
            sheet.write_row(number, 0, _suggestion_row(item), wrap)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(suggestions), 1), len(SUGGESTION_COLUMNS) - 1)
        sheet.set_column("E:E", 70)
        sheet.set_column("L:L", 90)


SUGGESTION_TABLES = {"csv": _write_csv, "jsonl": _write_jsonl, "xlsx": _write_xlsx, "parquet": _write_parquet}
"""Formats of suggestions that are written here."""
