"""Reads and writes the files of a study. Every write is atomic: beside, fsync, rename."""

import csv
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from comb.errors import BadInputError, NotReadyError
from comb.records import Evidence, Rival, Suggestion, Transcript, Turn
from comb.study.csv_files import decode_table, numbered_rows

Row = TypeVar("Row")


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside ``path`` that takes its place once it is whole and on the disk.

    Nothing is left of it where the block raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    with atomic(path) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, line ends as they are."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, data: object) -> None:
    """Write JSON, keys as given, floats as they print."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file that a stage wrote."""
    return json.loads(need(path).read_text(encoding="utf-8"))


def write_record(path: Path, record: object) -> None:
    """Write a record, which may hold other records, as JSON."""
    from pydantic import TypeAdapter

    write_json(path, TypeAdapter(type(record)).dump_python(record, mode="json"))


def read_record(path: Path, record: type[Row], remedy: str = "Run: dvc repro.") -> Row:
    """Read the record that ``write_record`` wrote.

    Raises NotReadyError where there is no such file, BadInputError with the remedy where it is not such a record.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(record).validate_json(need(path, remedy).read_bytes())
    except ValidationError:
        what = "damaged, or written by another version of comb"
        raise BadInputError(what, where=path.name, remedy=remedy) from None


def need(path: Path, remedy: str = "Run: dvc repro.") -> Path:
    """Return ``path`` if it exists; otherwise raise NotReadyError with what to run."""
    if not path.exists():
        raise NotReadyError("not made yet", where=str(path), remedy=remedy)
    return path


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], *, for_excel: bool = False) -> None:
    """Write a CSV file: UTF-8, header first, cells exactly as they are; ``for_excel`` puts a byte order mark before."""
    buffer = io.StringIO(newline="")
    plain = csv.writer(buffer, lineterminator="\n")
    # A lone carriage return inside a cell must be quoted, which the csv module forgets.
    quoted = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in (header, *rows):
        returns = any(isinstance(cell, str) and "\r" in cell for cell in row)
        (quoted if returns else plain).writerow(row)
    write_text(path, ("\ufeff" if for_excel else "") + buffer.getvalue())


def read_rows(
    path: Path, required: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a CSV file with a header, row by row with its row number in the file (the header is row 1).

    Encoding and delimiter are found as ``csv_files`` says. Raises BadInputError naming file and row.
    """
    rows = numbered_rows(decode_table(path.read_bytes(), path.name), path.name)
    _, names = next(rows, (1, []))
    spelling = {name.casefold(): name for name in (*required, *optional)}
    header = [spelling.get(name.strip().casefold(), name.strip()) for name in names]
    missing = [name for name in required if name not in header]
    if missing:
        known = [name for name in header if name in (*required, *optional)]
        others = f"{len(header) - len(known)} other{'s' * (len(header) - len(known) != 1)}" if header != known else ""
        found = (
            ", ".join([*known, *([others] if others else [])]) or "nothing"
        )  # other names may be participants' words
        wanted = ", ".join([*required, *(f"[{name}]" for name in optional)])
        raise BadInputError(
            f"column {missing[0]!r} is missing (found: {found})", where=path.name, remedy=f"The columns are: {wanted}."
        )
    for number, row in rows:
        if len(row) > len(header):
            remedy = "Put quotation marks around cells that hold commas."
            raise BadInputError("more cells than columns", where=f"{path.name}, row {number}", remedy=remedy)
        yield number, dict(zip(header, row + [""] * (len(header) - len(row)), strict=True))


def write_transcripts(folder: Path, transcripts: Iterable[Transcript]) -> None:
    """Write one JSON file per transcript, and remove those of transcripts that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = set()
    for transcript in transcripts:
        path = folder / f"{transcript.id}.json"
        write_json(path, _transcript_as_dict(transcript))
        kept.add(path)
    for path in set(folder.glob("*.json")) - kept:
        path.unlink()


def _transcript_as_dict(transcript: Transcript) -> dict[str, Any]:
    """Return what is stored of a transcript; a turn without cuts has no key for them, as before there were any."""
    data = asdict(transcript)
    for turn in data["turns"]:
        if not turn["cuts"]:
            del turn["cuts"]
    return data


def _turn(stored: dict[str, Any]) -> Turn:
    return Turn(**{**stored, "cuts": tuple((start, end) for start, end in stored.get("cuts", ()))})


def read_transcripts(folder: Path) -> dict[str, Transcript]:
    """Read the canonical transcripts by id."""
    found = {}
    for path in sorted(need(folder).glob("*.json")):
        data = read_json(path)
        turns = tuple(map(_turn, data.pop("turns")))
        found[data["id"]] = Transcript(**data, turns=turns)
    return found


def write_records(path: Path, record: type[Any], rows: Sequence[Any]) -> None:
    """Write records of one kind, of texts and whole numbers, as a Parquet table with a column per field."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(f.name, pa.int64() if f.type is int else pa.string()) for f in fields(record)])
    columns = {name: [getattr(row, name) for row in rows] for name in schema.names}
    with atomic(path) as file:
        pq.write_table(pa.table(columns, schema=schema), file)


def read_records(path: Path, record: type[Row]) -> list[Row]:
    """Read the records that ``write_records`` wrote, in their order."""
    import pyarrow.parquet as pq

    # ParquetFile, not pyarrow's read_table: that imports pandas, which takes half a second.
    table = pq.ParquetFile(need(path)).read()
    return [record(*row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as .npy."""
    with atomic(path) as file:
        np.save(file, array, allow_pickle=False)


@contextmanager
def new_array(path: Path, shape: tuple[int, ...]) -> Iterator[Callable[[NDArray[np.floating[Any]]], object]]:
    """Write a .npy array of half precision part by part; the block calls what it is given with each next part."""
    header = {"descr": "<f2", "fortran_order": False, "shape": shape}
    with atomic(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        yield lambda part: file.write(np.ascontiguousarray(part, "<f2").data)


def read_array(path: Path) -> NDArray[np.floating[Any]]:
    """Read a .npy array without loading it whole: pages come as they are used."""
    array: NDArray[np.floating[Any]] = np.load(need(path), mmap_mode="r", allow_pickle=False)
    return array


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as .npz, uncompressed and without pickle; the same bytes for the same content."""
    with atomic(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_arrays(path: Path, remedy: str) -> dict[str, NDArray[Any]]:
    """Read the named arrays of a .npz file.

    Raises BadInputError with the remedy where it is damaged, holds anything but plain arrays, or would unpack to more
    than the file itself: comb writes it uncompressed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if any(item.compress_type != zipfile.ZIP_STORED for item in archive.infolist()):
                raise ValueError("compressed")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (zipfile.BadZipFile, LookupError, ValueError, TypeError, RuntimeError, EOFError, OSError, MemoryError):
        raise BadInputError("not a readable file of arrays", where=path.name, remedy=remedy) from None


SUGGESTION_COLUMNS = tuple(field.name for field in fields(Suggestion))
CONTRACT_COLUMNS = SUGGESTION_COLUMNS[: SUGGESTION_COLUMNS.index("evidence") + 1]
"""Those of the CSV file, on which other programs rely; the other formats have all."""


def write_suggestions(folder: Path, transcript: str, suggestions: Sequence[Suggestion], formats: Sequence[str]) -> None:
    """Write the suggestions for one transcript, one file per format of SUGGESTION_TABLES."""
    for name in formats:
        SUGGESTION_TABLES[name](folder / f"{transcript}.{name}", suggestions)


def read_suggestions(folder: Path) -> list[Suggestion]:
    """Read the suggestions of all transcripts from their .jsonl files; nothing where there is none.

    Raises BadInputError naming file and line where one was changed by hand.
    """
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            try:
                found += [_suggestion(json.loads(line))] if line else []
            except (ValueError, TypeError, KeyError):
                remedy = "Make it again with: comb suggest --format jsonl."
                raise BadInputError("not a suggestion", where=f"{path.name}, line {number}", remedy=remedy) from None
    return found


def _suggestion(data: dict[str, Any]) -> Suggestion:
    evidence = tuple(Evidence(**item) for item in data.pop("evidence"))
    rival, words = data.pop("rival", None), tuple(data.pop("words", ()))
    return Suggestion(**data, evidence=evidence, rival=Rival(**rival) if rival else None, words=words)


def _suggestion_row(item: Suggestion) -> list[object]:
    near = " | ".join(f"{e.segment} [{e.code}] {e.text}" for e in item.evidence)
    rival = f"{item.rival.code} {item.rival.score}" if item.rival else ""
    return [*(getattr(item, name) for name in SUGGESTION_COLUMNS[:-3]), near, rival, "; ".join(item.words)]


def _write_csv(path: Path, suggestions: Sequence[Suggestion]) -> None:
    write_rows(path, CONTRACT_COLUMNS, (_suggestion_row(item)[: len(CONTRACT_COLUMNS)] for item in suggestions))


def _write_jsonl(path: Path, suggestions: Sequence[Suggestion]) -> None:
    write_text(path, "".join(json.dumps(asdict(item), ensure_ascii=False) + "\n" for item in suggestions))


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


SUGGESTION_TABLES = {"csv": _write_csv, "jsonl": _write_jsonl, "xlsx": _write_xlsx}
"""The formats of suggestions that are written here."""
