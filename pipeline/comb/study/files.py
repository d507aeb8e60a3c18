"""Reads and writes the files of a study. Every write is atomic, and damaged files are refused in one line."""

import csv
import io
import json
import math
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from comb.errors import BadInputError, NotReadyError
from comb.records import Transcript, Turn, are_cuts
from comb.study.atomic import atomic, remove
from comb.study.csv_files import decode_table, escape, numbered_rows, unescape
from comb.study.damage import AGAIN, check, sound
from comb.study.names import is_left_behind

Row = TypeVar("Row")
_TURN = tuple(field.name for field in fields(Turn) if field.name != "cuts")
MAX_RECORDS = 10_000_000
"""Most rows of a Parquet table; a small file can claim any number of them."""
ROW_GROUP = 65_536
"""Rows of a Parquet table that are written together; bounds memory."""
ROWS_CHECKED = 4096
"""Rows of an array that are checked together; keeps memory flat."""


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    with atomic(path) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, line ends as they are."""
    write_bytes(path, text.encode("utf-8"))


def copy_file(source: Path, path: Path) -> None:
    """Copy a file atomically, however large it is."""
    with atomic(path) as file, source.open("rb") as content:
        shutil.copyfileobj(content, file)


def write_json(path: Path, data: object) -> None:
    """Write JSON, keys as given, floats as they print."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_json(path: Path, remedy: str = AGAIN) -> Any:
    """Read a JSON file. Raises BadInputError if it is none."""
    with sound(path, remedy):
        return json.loads(need(path, remedy).read_bytes())


def write_record(path: Path, record: object) -> None:
    """Write a record, which may contain other records, as JSON."""
    from pydantic import TypeAdapter

    write_json(path, TypeAdapter(type(record)).dump_python(record, mode="json"))


def read_record(path: Path, record: type[Row], remedy: str = AGAIN) -> Row:
    """Read the record that ``write_record`` wrote.

    Raises NotReadyError if there is no such file, BadInputError with the remedy if it is not such a record.
    """
    from pydantic import TypeAdapter

    with sound(path, remedy):
        return TypeAdapter(record).validate_json(need(path, remedy).read_bytes())


def need(path: Path, remedy: str = AGAIN) -> Path:
    """Return ``path`` if it exists; otherwise raise NotReadyError with what to run."""
    if not path.exists():
        raise NotReadyError("not made yet", where=str(path), remedy=remedy)
    return path


def write_rows(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    for_excel: bool = False,
    exact: bool = False,
) -> None:
    """Write a CSV file: UTF-8, header first, an apostrophe before cells that a spreadsheet could take for formulas.

    ``read_rows`` takes it off. ``exact`` writes cells exactly as they are, for files whose words other programs compare
    with transcripts; ``for_excel`` puts a byte order mark before.
    """
    buffer = io.StringIO(newline="")
    plain = csv.writer(buffer, lineterminator="\n")
    # A lone carriage return inside a cell must be quoted, which the csv module forgets.
    quoted = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in (header, *rows):
        cells = row if exact else [escape(cell) if isinstance(cell, str) else cell for cell in row]
        returns = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (quoted if returns else plain).writerow(cells)
    write_text(path, ("\ufeff" if for_excel else "") + buffer.getvalue())


def read_rows(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), *, exact: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a CSV file with a header, row by row with its row number in the file (the header is row 1).

    Encoding and delimiter are found as ``csv_files`` says. ``exact`` reads rows that ``write_rows`` wrote with
    ``exact``. Raises BadInputError naming file and row.
    """
    rows = numbered_rows(decode_table(path.read_bytes(), path.name), path.name)
    _, names = next(rows, (1, []))
    spelling = {name.casefold(): name for name in (*required, *optional)}
    names = names if exact else list(map(unescape, names))
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
            remedy = "Put quotation marks around cells that contain commas."
            raise BadInputError("more cells than columns", where=f"{path.name}, row {number}", remedy=remedy)
        cells = row if exact else map(unescape, row)
        yield number, dict(zip(header, [*cells, *[""] * (len(header) - len(row))], strict=True))


def write_transcripts(folder: Path, transcripts: Iterable[Transcript]) -> None:
    """Write one JSON file per transcript, and remove the files of transcripts that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = set()
    for transcript in transcripts:
        path = folder / f"{transcript.id}.json"
        write_json(path, transcript_as_dict(transcript))
        kept.add(path)
    for path in set(folder.glob("*.json")) - kept:
        remove(path)


def transcript_as_dict(transcript: Transcript) -> dict[str, Any]:
    """Return a transcript as it is stored; a turn without cuts has no key for them, as in files of earlier versions."""
    turns = [{name: getattr(turn, name) for name in _TURN} for turn in transcript.turns]
    for data, turn in zip(turns, transcript.turns, strict=True):
        if turn.cuts:
            data["cuts"] = turn.cuts
    return {"id": transcript.id, "text": transcript.text, "turns": turns, "source": transcript.source}


def read_transcripts(folder: Path, remedy: str = AGAIN) -> dict[str, Transcript]:
    """Read the canonical transcripts by id. Raises BadInputError naming the file that is damaged."""
    found = {}
    for path in visible(need(folder, remedy), "*.json"):
        transcript = read_record(path, Transcript, remedy)
        check(_is_whole(transcript, path.stem), path, remedy)
        found[transcript.id] = transcript
    return found


def _is_whole(transcript: Transcript, name: str) -> bool:
    """Return whether a transcript is the one that its file is named after, and its turns lie in its text."""
    places = [place for turn in transcript.turns for place in (turn.start, turn.end)]
    cuts = all(are_cuts(turn.cuts, turn.start, turn.end) for turn in transcript.turns)
    inside = [0, *places, len(transcript.text)]
    return transcript.id == unicodedata.normalize("NFC", name) and cuts and inside == sorted(inside)


def visible(folder: Path, pattern: str) -> list[Path]:
    """List the files of a folder that match a pattern, without hidden files, which other programs leave."""
    return sorted(path for path in folder.glob(pattern) if not is_left_behind(path.name))


def write_records(path: Path, record: type[Any], rows: Sequence[Any]) -> None:
    """Write records of one kind, of texts and whole numbers, as a Parquet table with a column per field."""
    with new_records(path, record) as write:
        write(rows)


@contextmanager
def new_records(path: Path, record: type[Any]) -> Iterator[Callable[[Sequence[Any]], object]]:
    """Write such a table part by part: the block gets a function and calls it with each part.

    The same rows give the same bytes, however they are divided into parts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(_columns(record))
    waiting: list[Any] = []

    def flush(least: int) -> None:
        while len(waiting) >= least:
            some = waiting[:ROW_GROUP]
            table.write_table(pa.table({name: [getattr(row, name) for row in some] for name in schema.names}, schema))
            del waiting[:ROW_GROUP]

    def write(rows: Sequence[Any]) -> None:
        waiting.extend(rows)
        flush(ROW_GROUP)

    with atomic(path) as file, pq.ParquetWriter(file, schema) as table:
        yield write
        if waiting:
            flush(1)


def _columns(record: type[Any]) -> list[tuple[str, Any]]:
    import pyarrow as pa

    return [(f.name, pa.int64() if f.type is int else pa.string()) for f in fields(record)]


def read_records(path: Path, record: type[Row], remedy: str = AGAIN) -> list[Row]:
    """Read the records that ``write_records`` wrote, in their order. Raises BadInputError if the file is damaged."""
    return list(iterate_records(path, record, remedy))


def iterate_records(path: Path, record: type[Row], remedy: str = AGAIN) -> Iterator[Row]:
    """Yield the records that ``read_records`` returns, with a few thousand in memory at once."""
    with _table(path, record, remedy) as file, sound(path, remedy):
        for batch in file.iter_batches(ROWS_CHECKED):
            if any(column.null_count for column in batch.columns):
                raise ValueError
            yield from (record(*row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))


def count_records(path: Path, record: type[Any], remedy: str = AGAIN) -> int:
    """Return the number of records in a table, without reading them."""
    with _table(path, record, remedy) as file:
        return int(file.metadata.num_rows)


@contextmanager
def _table(path: Path, record: type[Any], remedy: str) -> Iterator[Any]:
    """Open a table of records. Raises BadInputError if it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with sound(need(path, remedy), remedy):
        # ParquetFile, not pyarrow's read_table: that imports pandas, which takes half a second.
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > MAX_RECORDS or file.schema_arrow != pa.schema(_columns(record)):
            raise ValueError
    with file:
        yield file


def write_table(path: Path, table: Any) -> None:
    """Write a table of pyarrow as Parquet."""
    import pyarrow.parquet as pq

    with atomic(path) as file:
        pq.write_table(table, file)


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as .npy."""
    with atomic(path) as file:
        np.save(file, array, allow_pickle=False)


@contextmanager
def new_array(path: Path, shape: tuple[int, ...]) -> Iterator[Callable[[NDArray[np.floating[Any]]], object]]:
    """Write a .npy array of half precision part by part: the block gets a function and calls it with each part."""
    header = {"descr": "<f2", "fortran_order": False, "shape": shape}
    with atomic(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        yield lambda part: file.write(np.ascontiguousarray(part, "<f2").data)


def read_array(path: Path, dimensions: int | None = None, remedy: str = AGAIN) -> NDArray[np.floating[Any]]:
    """Read a .npy array of finite numbers without loading it whole: pages come as they are used.

    Raises BadInputError if the file is damaged, or the array does not have that many ``dimensions``.
    """
    with sound(need(path, remedy), remedy):
        array: NDArray[np.floating[Any]] = np.load(path, mmap_mode="r", allow_pickle=False)
        parts = range(0, len(array), ROWS_CHECKED)
        numbers = dimensions in (array.ndim, None) and array.dtype.kind == "f"
        if not numbers or not all(np.isfinite(array[at : at + ROWS_CHECKED]).all() for at in parts):
            raise ValueError
    return array


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as .npz, uncompressed and without pickle; the same bytes for the same content."""
    with atomic(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_arrays(path: Path, remedy: str) -> dict[str, NDArray[Any]]:
    """Read the named arrays of a .npz file.

    Raises BadInputError with the remedy if it is damaged, has anything but plain arrays, or would unpack to more
    than the file itself: comb writes it uncompressed.
    """
    with sound(need(path, remedy), remedy, what="not a readable file of arrays"):
        with zipfile.ZipFile(path) as archive:
            size = path.stat().st_size
            if any(item.compress_type != zipfile.ZIP_STORED or item.file_size > size for item in archive.infolist()):
                raise ValueError
            for item in archive.infolist():
                _check_size(archive, item)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def _check_size(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    """Raise ValueError if an array says that it is larger than its file: numpy would make room for it first."""
    with archive.open(item) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        if dtype.hasobject or math.prod(shape) * dtype.itemsize > item.file_size:
            raise ValueError
