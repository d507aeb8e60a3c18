"""Why an act is refused, with the status of the answer."""

from typing import NamedTuple

from comb.errors import CombError


class Pair(NamedTuple):
    """A coder's work on one transcript."""

    transcript: str
    coder: str


class RefusedError(CombError):
    """An act that cannot be done in the present state."""

    def __init__(self, what: str, *, remedy: str = "", status: int = 400, **facts: int) -> None:
        super().__init__(what, remedy=remedy)
        self.status = status
        self.facts = facts
        """Numbers that the page shows with the message."""


class MissingError(RefusedError):
    """The object of an act does not exist."""

    def __init__(self, what: str, *, remedy: str = "Load the page again.") -> None:
        super().__init__(what, remedy=remedy, status=404)


class TextChangedError(RefusedError):
    """The text of a transcript's file differs from the text that was shown."""

    def __init__(self) -> None:
        what = "the file of this transcript was changed since you opened it"
        super().__init__(what, remedy="Load the page again, then decide again.", status=409)


class ConflictError(RefusedError):
    """Another browser has changed the object of an act since this one showed it."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        remedy = "Look at the new version, and decide again."
        super().__init__("this was changed in another window since you looked", remedy=remedy, status=409)
