"""Messages for unexpected errors."""

import os
import traceback
from pathlib import Path

from comb.errors import CombError, from_system

TRACEBACK = "COMB_TRACEBACK"
"""Environment variable that asks for the traceback of a fault in comb."""


def told_of(error: Exception) -> CombError:
    """Return the message for an error. Only a CombError's own text is shown, since others may quote a file."""
    if isinstance(error, CombError):
        return error
    if isinstance(error, MemoryError):
        return CombError("there is not enough memory", remedy="Close other programs, or split the file.")
    causes = (error, error.__cause__, error.__context__, *error.args)
    if refused := next((cause for cause in causes if isinstance(cause, OSError) and cause.errno), None):
        return from_system(refused)
    if os.environ.get(TRACEBACK):
        raise error
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = f"comb has a fault: {type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
    remedy = f"Please report this line. With {TRACEBACK}=1 comb shows more, which may include participants' words."
    return CombError(what, remedy=remedy)
