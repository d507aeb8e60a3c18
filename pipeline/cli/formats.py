"""The formats of other software, in one table: which can be read, which written, and by which function.

Functions are named, not imported, so that ``comb --help`` stays quick.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Format:
    """One format. Functions are given as ``module:function``; an empty one: comb does not read (or write) it."""

    name: str
    """What ``--format`` takes."""
    suffix: str
    """Of the file, or of the folder that some programs make of a project; lower case, with the dot."""
    title: str
    read: str = ""
    """``(path: Path, setting: Setting) -> Project``."""
    write: str = ""
    """``(project: Project, path: Path) -> Sequence[str]``: writes one file, atomically, and gives warnings."""
    each: bool = False
    """Written as one file for each transcript, from ``project.only(transcript)``."""
    sniff: str = ""
    """``(path: Path) -> bool``, for a suffix that transcripts have too: whether this format should read the file."""


FORMATS = (
    Format(
        "qdpx",
        ".qdpx",
        "REFI-QDA project",
        "pipeline.exchange.refi.read:read_qdpx",
        "pipeline.exchange.refi.write:write_qdpx",
    ),
    Format(
        "qdc",
        ".qdc",
        "REFI-QDA codebook",
        "pipeline.exchange.refi.read:read_qdc",
        "pipeline.exchange.refi.write:write_qdc",
    ),
)
"""In the order in which they are asked to read a file."""


def function(name: str) -> Callable[..., Any]:
    """Import a function that is given as ``module:function``."""
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), attribute)
    return found


def reader(path: Path) -> Callable[..., Any] | None:
    """Find the function that reads a file of other software; None where the file is none."""
    for item in FORMATS:
        if item.read and path.suffix.lower() == item.suffix and (not item.sniff or function(item.sniff)(path)):
            return function(item.read)
    return None


def writable() -> dict[str, Format]:
    """Give the formats that can be written, by name."""
    return {item.name: item for item in FORMATS if item.write}
