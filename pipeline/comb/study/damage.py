"""Errors for comb's own files that comb did not write in this form: cut off, changed by hand, or older."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comb.errors import BadInputError, CombError

WHAT = "damaged, or written by another version of comb"
AGAIN = "Run: dvc repro."
_OF_DAMAGE = (None, errno.EINVAL, errno.EOVERFLOW, errno.ENOMEM)
"""What the system says of a place in a file, or of a size, that cannot be."""


@contextmanager
def sound(path: Path, remedy: str = AGAIN, place: str = "", what: str = WHAT) -> Iterator[None]:
    """Turn any exception from a damaged file into one BadInputError that names the file, the place and the remedy.

    Libraries raise nearly anything, and their messages may quote the file. Errors of the operating system, such as a
    missing permission, are passed on.
    """
    try:
        yield
    except CombError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in _OF_DAMAGE:
            raise
        raise BadInputError(what, where=f"{path.name}{place and f', {place}'}", remedy=remedy) from None


def check(right: bool, path: Path, remedy: str = AGAIN) -> None:
    """Raise BadInputError unless a condition holds true that the rest of the program relies on."""
    if not right:
        raise BadInputError(WHAT, where=path.name, remedy=remedy)
