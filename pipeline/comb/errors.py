"""Errors that a researcher reads: what happened, where, and how to fix it."""

import errno
from collections.abc import Sequence
from functools import partial


class CombError(Exception):
    """Something that the user can fix.

    Caught in one place, ``comb.cli``, and printed as one line, followed by a line for each of ``details``: all that is
    wrong with a file at once. No message contains participants' words.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "", details: Sequence[str] = ()) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        self.details = tuple(details)
        super().__init__(what, where, remedy)

    def __reduce__(self) -> tuple[object, ...]:
        """Return how another process makes the same error."""
        return partial(type(self), where=self.where, remedy=self.remedy, details=self.details), (self.what,)

    def __str__(self) -> str:
        """Return ``where: what. Remedy`` on one line."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        end = " " if head.endswith("?") else ". "
        line = f"{head.rstrip('.')}{end}{self.remedy}" if self.remedy else head
        return " ".join(line.split())


class BadInputError(CombError):
    """A file that the user gave cannot be used as it is."""


class BadParamsError(CombError):
    """``configs/params.yaml`` or ``configs/codebook.yaml`` contains something that cannot be used."""


class NotReadyError(CombError):
    """A step that must come first has not been run."""


def from_system(error: OSError) -> CombError:
    """Return what the operating system refused as one line: the file, what happened, and what to do.

    >>> import errno
    >>> str(from_system(OSError(errno.ENOSPC, "No space left on device", "a.csv")))
    'a.csv: the disk is full. Make room and run the command again: every file is whole, as it was before.'
    """
    whole = "run the command again: every file is whole, as it was before."
    told = {
        errno.ENOSPC: ("the disk is full", f"Make room and {whole}"),
        errno.EDQUOT: ("your disk quota is used up", f"Make room and {whole}"),
        errno.EFBIG: ("the file would be larger than allowed here", f"Raise the limit and {whole}"),
        errno.EACCES: (
            "you have no permission to read or write it",
            "Close it in other programs, and check its permissions.",
        ),
        errno.EPERM: (
            "you have no permission to read or write it",
            "Close it in other programs, and check its permissions.",
        ),
        errno.EROFS: ("the disk is read-only", "Work on a copy of the study in a place where you may write."),
        errno.EISDIR: ("it is a folder, but comb expects a file", "Move it, or rename it, and run the command again."),
        errno.ENOTDIR: ("it is a file, but comb expects a folder", "Move it, or rename it, and run the command again."),
        errno.ENOENT: ("there is no such file or folder", "Check its name and folder."),
        errno.ENAMETOOLONG: ("its name is too long", "Give it, or the folder that it is in, a shorter name."),
        errno.ELOOP: ("a symbolic link that leads back to itself", "Put the file itself in its place."),
        errno.EMFILE: ("too many files are open", "Close other programs, and run the command again."),
        errno.EIO: ("the disk could not be read or written", "Check that the disk is healthy and still connected."),
    }
    name = error.filename if isinstance(error.filename, str) else ""
    others = (error.strerror or "it cannot be read or written", f"Fix that and {whole}")
    what, remedy = told.get(error.errno or 0, others)
    return CombError(what, where=name or "a file of the study", remedy=remedy)
