"""Changes of the study's files by the page, while no command is changing them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from comb.errors import NotReadyError
from comb.review.storage.refusals import RefusedError
from comb.study.atomic import finish_renaming
from comb.study.layout import Study
from comb.study.lock import write_lock

PATIENCE = 10.0
"""Seconds for which the page waits for a command that is changing the study."""


@contextmanager
def changing(study: Study, what: str) -> Iterator[None]:
    """Change the study's files while no command is doing so. Raises RefusedError if one takes too long."""
    with ExitStack() as stack:
        try:
            stack.enter_context(write_lock(study, what, wait=PATIENCE))
        except NotReadyError as error:
            raise RefusedError(error.what, remedy="Try again when it has ended.", status=409) from None
        finish_renaming(study.root)
        yield
