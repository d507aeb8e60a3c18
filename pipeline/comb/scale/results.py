"""The result for each transcript, kept in a Parquet partition for each part until the whole run has ended.

A partition's name is a digest of everything it was made from. A killed run therefore finds the finished parts, and
repeats only those that are missing.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comb.study.atomic import atomic

COLUMNS = ("part", "source", "error", "facts", "names", "contents")


@dataclass(frozen=True)
class Result:
    """The result for one source."""

    source: str
    """Name of its file."""
    error: str = ""
    """Why it failed; never words of the transcript."""
    facts: str = ""
    """Facts for the run's report, as JSON."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The files made from it, by name."""


def schema() -> Any:
    """Return the schema of results."""
    import pyarrow as pa

    text = pa.string()
    kinds = [pa.int64(), text, text, text, pa.list_(text), pa.list_(pa.large_binary())]
    return pa.schema(list(zip(COLUMNS, kinds, strict=True)))


def as_table(part: int, results: Iterable[Result]) -> Any:
    """Return the results of a part as a pyarrow table."""
    import pyarrow as pa

    rows = [
        dict(
            zip(
                COLUMNS,
                (part, one.source, one.error, one.facts, list(one.files), list(one.files.values())),
                strict=True,
            )
        )
        for one in results
    ]
    return pa.Table.from_pylist(rows, schema())


def from_table(table: Any) -> Iterator[Result]:
    """Yield the results that are in a table."""
    for row in table.to_pylist():
        files = dict(zip(row["names"], row["contents"], strict=True))
        yield Result(row["source"], row["error"], row["facts"], files)


class Partitions:
    """The partitions of one run."""

    def __init__(self, folder: Path, made_from: str, parts: Sequence[str]) -> None:
        """``made_from`` is a digest of what the results depend on beside the parts, whose sources are given as JSON."""
        self.parts = parts
        digests = (hashlib.sha256(f"{made_from}\0{part}".encode()).hexdigest() for part in parts)
        self.paths = [folder / f"{digest[:32]}.parquet" for digest in digests]

    def missing(self) -> list[int]:
        """List the parts that are not done yet."""
        return [number for number, path in enumerate(self.paths) if not path.exists()]

    def write(self, table: Any) -> None:
        """Keep the results of one part or of several."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        for part in pc.unique(table.column("part")).to_pylist():
            with atomic(self.paths[part]) as file:
                pq.write_table(table.filter(pc.equal(table.column("part"), part)), file)

    def read(self) -> Iterator[list[Result]]:
        """Yield the results of each part, in order."""
        import pyarrow.parquet as pq

        for path in self.paths:
            with pq.ParquetFile(path) as file:
                yield list(from_table(file.read()))

    def remove(self) -> None:
        """Remove the partitions of this run."""
        for path in self.paths:
            path.unlink(missing_ok=True)
