"""Sources of transcripts: files of a folder or an object store, and rows of Parquet tables."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from comb.errors import BadInputError
from comb.stages.reading import Instructions, Prepared, prepare
from comb.study.layout import Study
from comb.study.names import check_name, is_left_behind
from comb.transcripts.file_safety import MAX_BYTES
from comb.transcripts.reader import SUFFIXES, folder_files, transcript_id

NAME, CONTENT = "transcript", ("text", "content")
"""Columns of a Parquet table of transcripts: the id or file name, and its text or the bytes of its file."""
PART_SIZE = 32
"""Transcripts that are processed and kept together and, after a kill, repeated together."""


@dataclass(frozen=True, slots=True)
class Source:
    """One transcript to read."""

    name: str
    """Name of the file, which determines id and format."""
    place: str
    """Path, or address in an object store."""
    row: int = -1
    """Row in a Parquet table; -1 for a file."""
    stamp: str = ""
    """Size and time of the file; if they change, its results are made again."""


Found = tuple[list[Source], list[BadInputError]]


def find_sources(study: Study, given: Sequence[str], folder: Path) -> Found:
    """List the transcripts in the given places, or else in a folder of the study, sorted by id.

    Also return the errors of unusable ones. Raises BadInputError if there is no such file or folder.
    """
    sources: list[Source] = []
    errors: list[BadInputError] = []
    for place in given or (str(folder),):
        found, wrong = _in_store(place) if "://" in place else _in_folder(Path(place).absolute())
        sources, errors = sources + found, errors + wrong
    by_id: defaultdict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_id[transcript_id(Path(source.name)).casefold()].append(source)
    errors += [_same_id(same) for same in by_id.values() if len(same) > 1]
    single = [same[0] for same in by_id.values() if len(same) == 1]
    return sorted(single, key=lambda source: transcript_id(Path(source.name))), errors


def _same_id(same: Sequence[Source]) -> BadInputError:
    names = " and ".join(source.place if source.row < 0 else f"{source.place}, row {source.row}" for source in same)
    return BadInputError("these have the same id", where=names, remedy="Rename or remove all but one.")


def _in_folder(path: Path) -> Found:
    if path.is_dir() and not any(path.glob("*.parquet")):
        files, errors = folder_files(path)
        return [Source(file.name, str(file), stamp=_stamp(file)) for file in files], errors
    tables = sorted(path.glob("*.parquet")) if path.is_dir() else [path] if path.suffix == ".parquet" else []
    if tables:
        return [source for table in tables for source in _rows(str(table), _stamp(table))], []
    return [Source(path.name, str(path), stamp=_stamp(path))], []


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _in_store(address: str) -> Found:
    """List the transcripts below an address such as ``s3://bucket/folder``."""
    from pyarrow import fs

    system, path = file_system(address)
    start = address[: len(address) - len(path)] if address.endswith(path) else address.partition("://")[0] + "://"
    with _answering(address):
        (own,) = system.get_file_info([path])
        listed = system.get_file_info(fs.FileSelector(path, recursive=True)) if not own.is_file else [own]
    sources: list[Source] = []
    for one in sorted(listed, key=lambda one: str(one.path)):
        name, stamp = PurePosixPath(one.path).name, f"{one.size} {one.mtime_ns}"
        if one.is_file and name.endswith(".parquet"):
            sources += _rows(start + one.path, stamp)
        elif one.is_file and PurePosixPath(name).suffix.lower() in SUFFIXES and not is_left_behind(name):
            sources.append(Source(name, start + one.path, stamp=stamp))
    return sources, []


def file_system(place: str) -> tuple[Any, str]:
    """Return the file system of an address or a path, from pyarrow or fsspec, and the path in it."""
    from pyarrow import ArrowInvalid, ArrowNotImplementedError, fs

    if "://" not in place:
        return fs.LocalFileSystem(), place
    try:
        found: tuple[Any, str] = fs.FileSystem.from_uri(place)
    except (ArrowInvalid, ArrowNotImplementedError):
        import fsspec

        with _answering(place):
            system, path = fsspec.core.url_to_fs(place)
        found = fs.PyFileSystem(fs.FSSpecHandler(system)), path
    return found


@contextmanager
def _answering(place: str) -> Iterator[None]:
    """Turn what a store or its library says into one line; its own words may contain credentials."""
    try:
        yield
    except (OSError, ValueError, ImportError) as error:
        remedy = "Check the address, your permissions, and that the package for such addresses is installed."
        raise BadInputError(f"cannot be read ({type(error).__name__})", where=place, remedy=remedy) from None


def _rows(place: str, stamp: str) -> Iterator[Source]:
    """Yield the rows of a Parquet table of transcripts. Raises BadInputError if it is none."""
    import pyarrow.parquet as pq

    system, path = file_system(place)
    with _answering(place), system.open_input_file(path) as file:
        table = pq.ParquetFile(file)
        names = table.schema_arrow.names
        if NAME not in names or not set(CONTENT) & set(names):
            remedy = f"It needs the columns {NAME} and {CONTENT[0]} (or {CONTENT[1]}: the bytes of a file)."
            raise BadInputError("not a table of transcripts", where=place, remedy=remedy)
        row = 0
        for batch in table.iter_batches(columns=[NAME]):
            for name in batch.column(0).to_pylist():
                known = Path(str(name)).suffix.lower() in SUFFIXES
                yield Source(str(name) if known else f"{name}.txt", place, row, stamp)
                row += 1


def parts(sources: Sequence[Source]) -> list[str]:
    """Split sources into lists of ``PART_SIZE``, each as JSON."""
    left = iter(sources)
    some = iter(lambda: [asdict(source) for source in islice(left, PART_SIZE)], [])
    return [json.dumps(part) for part in some]


@dataclass(frozen=True)
class _Group:
    """Rows of a Parquet table that are in memory."""

    place: str = ""
    first: int = 0
    """The number of the first of them in the table."""
    rows: Sequence[bytes] = ()

    def holds(self, source: Source) -> bool:
        """Return whether a source is one of them."""
        return self.place == source.place and self.first <= source.row < self.first + len(self.rows)


class Reader:
    """Reads sources in a worker; ``folder`` is one that only this process uses."""

    def __init__(self, how: Instructions, folder: Path) -> None:
        self.how, self.folder, self._group = how, folder, _Group()

    def read(self, part: str) -> Iterator[tuple[Source, Prepared | BadInputError]]:
        """Yield each source of a part with its transcript, or with the reason why it could not be read."""
        for data in json.loads(part):
            source = Source(**data)
            try:
                yield source, self._prepared(source)
            except BadInputError as error:
                yield source, error

    def _prepared(self, source: Source) -> Prepared | BadInputError:
        if source.row < 0 and "://" not in source.place:
            return prepare(Path(source.place), self.how)
        check_name(Path(source.name).stem, source.place)
        path = self.folder / Path(source.name).name
        with _answering(source.place):
            path.write_bytes(self._row(source) if source.row >= 0 else _content(source.place))
        try:
            return prepare(path, self.how)
        finally:
            path.unlink()

    def _row(self, source: Source) -> bytes:
        if not self._group.holds(source):
            self._group = _read_group(source)
        return self._group.rows[source.row - self._group.first]


def _read_group(source: Source) -> _Group:
    """Read the row group that a source lies in."""
    import pyarrow.parquet as pq

    system, path = file_system(source.place)
    with system.open_input_file(path) as file:
        table, first = pq.ParquetFile(file), 0
        column = next(name for name in CONTENT if name in table.schema_arrow.names)
        for number in range(table.num_row_groups):
            rows = table.metadata.row_group(number).num_rows
            if source.row < first + rows:
                found = table.read_row_group(number, columns=[column]).column(0).to_pylist()
                return _Group(
                    source.place, first, [cell if isinstance(cell, bytes) else _bytes(cell) for cell in found]
                )
            first += rows
    raise BadInputError("the table has changed meanwhile", where=source.place, remedy="Run the command again.")


def _bytes(cell: str | None) -> bytes:
    return (cell or "").encode("utf-8", "surrogatepass")


def _content(place: str) -> bytes:
    """Read a file of an object store. Raises BadInputError for one that is larger than any that comb reads."""
    system, path = file_system(place)
    with system.open_input_file(path) as file:
        if file.size() > MAX_BYTES:
            what = f"{file.size() // 1024**2} MB, larger than {MAX_BYTES // 1024**2} MB"
            raise BadInputError(what, where=place, remedy="Split it into its transcripts.")
        content: bytes = file.read()
        return content
