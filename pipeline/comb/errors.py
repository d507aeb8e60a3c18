"""Errors that a researcher reads: what happened, where, and how to mend it."""

from collections.abc import Sequence


class CombError(Exception):
    """Something that the user can mend.

    Caught in one place, ``comb.cli``, and printed as one line, followed by a line for each of ``details``: all that is
    wrong with a file at once. No message holds participants' words.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "", details: Sequence[str] = ()) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        self.details = tuple(details)
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        """Return ``where: what. Remedy`` on one line."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        end = " " if head.endswith("?") else ". "
        line = f"{head.rstrip('.')}{end}{self.remedy}" if self.remedy else head
        return " ".join(line.split())


class BadInputError(CombError):
    """A file that the user gave cannot be used as it is."""


class BadParamsError(CombError):
    """``configs/params.yaml`` or ``configs/codebook.yaml`` does not say something usable."""


class NotReadyError(CombError):
    """A step that must come first has not been run."""
