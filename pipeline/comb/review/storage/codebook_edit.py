"""Edit the codebook in files and database together, for a command that has the study's lock."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from comb.review.storage.database import Database
from comb.review.storage.history import Ledger
from comb.review.storage.library import open_library
from comb.review.storage.recode import check_take_back, uses_in_database
from comb.review.storage.sync import in_common, take_over
from comb.stages.codebook import Changed, is_rename_of, last_edit
from comb.study.layout import Study


@dataclass(frozen=True)
class Beside:
    """Data from the review page's database for the stage: its codings, and what they need for following."""

    uses: Counter[tuple[str, str]]
    pending: Any


def with_database(
    study: Study, database: Database | None, change: Callable[[Beside], Changed], *, undoes: bool = False
) -> Changed:
    """Make a change of the codebook, and let the review page's database follow, if there is one.

    With ``undoes``, the change undoes the last one: raises RefusedError if somebody has since changed codings that it
    joined.
    """
    if database is None:
        return change(Beside(Counter(), []))
    library, _ = open_library(study)
    ledger = Ledger(database, library.text)
    take_over(library, ledger)
    last = last_edit(study) if undoes else None
    if last is not None and last.codes and not is_rename_of(study, last):
        check_take_back(study, database, last.version)
    done = change(Beside(uses_in_database(database), [list(pair) for pair in in_common(library, ledger)]))
    library, _ = open_library(Study(study.root))
    take_over(library, Ledger(database, library.text))
    return done
