"""Open a study for its pages: transcripts, codings, database."""

import getpass

from comb.errors import BadInputError
from comb.review.domain.readiness import listed
from comb.review.domain.schemas import Mode
from comb.review.storage.database import Database
from comb.review.storage.library import Library, open_library
from comb.review.storage.sync import take_over
from comb.review.storage.tallies import people_by_transcript
from comb.review.web.accounts import check_coder
from comb.review.web.api import Api
from comb.stages.listener import Listener
from comb.study.layout import Study


def coder_named(name: str) -> str:
    """Return the coder's name, by default that of the computer's user."""
    name = name.strip() or getpass.getuser()
    check_coder(name)
    if name.casefold() == "consensus":
        remedy = "Use your own name; the consensus is made in the workspace, under Compare coders."
        raise BadInputError("consensus is not a person", where="coder", remedy=remedy)
    return name


def read_library(study: Study, listener: Listener) -> Library:
    """Read a study's transcripts, and report unusable files and missing inputs."""
    with listener.status("Reading the transcripts"):
        library, errors = open_library(study)
        library.warm()
    listener.report(errors)
    for note in library.notes:
        listener.note(f"comb: {note}")
    if not library.ids:
        listener.note(
            "comb: there are no transcripts yet. Put them into data/raw or data/new, or use: comb import FILE."
        )
    without = [name for name in library.ids if library[name].source == "new" and not library[name].suggestions]
    if without:
        listener.note(f"comb: no suggestions yet for {', '.join(without)}. To make them: dvc repro.")
    return library


def tell_who_codes(api: Api, coder: str, listener: Listener, command: str) -> None:
    """Note that a person begins under a name that has no codings, although others do: it may be one of these people.

    ``command`` takes the name of a coder.
    """
    with api.database.read() as db:
        people = sorted(set().union(*people_by_transcript(db).values()))
    if not people or coder in people:
        return
    name = people[0] if people[0].isalnum() else f'"{people[0]}"'
    as_whom = f"as {people[0]}" if len(people) == 1 else "as one of them"
    listener.note(
        f"comb: you code as {coder}, who has no codings in this study yet; it has codings by {listed(people)}. "
        f"To code {as_whom}: {command} --coder {name}."
    )


def open_api(library: Library, store: Database, listener: Listener, mode: Mode = "open") -> Api:
    """Make the API of a study, with the codings in its files."""
    api = Api.of(library, store, mode)
    with listener.status("Reading the codings"):
        notes = take_over(library, api.ledger)
    for note in notes:
        listener.note(f"comb: {note}")
    return api
