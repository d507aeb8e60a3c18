"""The page on which a study is chosen or made, on a server of its own."""

import base64
import binascii
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from starlette.routing import Route

from comb.errors import BadInputError, from_system
from comb.review.domain import choosing as ask
from comb.review.domain.schemas import parse
from comb.review.storage.recent import Recent
from comb.review.storage.refusals import RefusedError
from comb.review.storage.uploads import safe_name
from comb.review.web.accounts import LinkAuth
from comb.review.web.app import guarded
from comb.review.web.endpoints import Endpoints
from comb.review.web.folders import is_study, listing
from comb.review.web.middleware import Address, Guard
from comb.review.web.opening import coder_named
from comb.review.web.pages import Pages
from comb.review.web.site import Door
from comb.stages.listener import Listener
from comb.stages.new_study import make_study
from comb.study.names import check_name, is_left_behind
from comb.study.new import Design

CHOOSER = "comb-studies"
"""Identifier that the page returns in place of a study's id."""


@dataclass
class Hall(Door):
    """The entrance before a study is chosen."""

    auth: LinkAuth
    address: Address
    on_link_used: Callable[[], None]
    open: Callable[[Path, str], str]
    """Opens a study as a coder, and returns a one-time link to its page."""
    recent: Recent
    home: str = ""
    stop: Callable[[], None] | None = None
    secret: str = ""

    @property
    def study(self) -> str:
        """Return the identifier of a page without a study."""
        return CHOOSER


def make_chooser(hall: Hall) -> Guard:
    """Make the application."""
    pages, make = Pages(hall), Endpoints(hall)
    page = Chooser(hall)
    routes = [
        Route("/", pages.page("studies.html")),
        make.get("/api/studies", lambda who, r: page.studies()),
        make.post("/api/studies", lambda who, r, body: page.make(parse(ask.MAKE_STUDY, body))),
        make.post("/api/studies/open", lambda who, r, body: page.open(parse(ask.OPEN_STUDY, body))),
        make.post("/api/studies/forget", lambda who, r, body: page.forget(parse(ask.PLACE, body))),
        make.post("/api/folders", lambda who, r, body: asdict(listing(parse(ask.PLACE, body).path))),
    ]
    return guarded(hall, pages, routes, hall.secret)


class Chooser:
    """The page's endpoints."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall

    def studies(self) -> dict[str, Any]:
        """List the studies that were opened on this computer."""
        recent = self.hall.recent
        rows = [{"name": one.name, "path": str(one), "there": is_study(one)} for one in recent.studies()]
        return {"studies": rows, "coder": recent.coder() or coder_named("")}

    def forget(self, asked: ask.Place) -> dict[str, Any]:
        """Remove a study from the list."""
        self.hall.recent.forget(asked.path)
        return self.studies()

    def open(self, asked: ask.OpenStudy) -> dict[str, Any]:
        """Open a study."""
        folder = Path(asked.path)
        if not folder.is_absolute() or not is_study(folder):
            raise RefusedError("this folder is not a study", remedy="Choose another folder, or create a new study.")
        return {"link": self.hall.open(folder, self._coder(asked.coder))}

    def make(self, asked: ask.MakeStudy) -> dict[str, Any]:
        """Make a study in a new folder, and open it."""
        place, name = Path(asked.folder), asked.name.strip()
        if not place.is_absolute() or not os.path.isdir(place):  # also where it cannot be asked
            raise RefusedError("there is no such folder", remedy="Choose the folder in which the study will be kept.")
        check_name(name, "the study")
        if is_left_behind(name) or "/" in name or "\\" in name or safe_name(name) != name:
            remedy = "Begin it with a letter, and leave out slashes."
            raise RefusedError("this cannot be the name of a folder", remedy=remedy)
        coder = self._coder(asked.coder)
        folder = place / name
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            what = "a folder of that name already exists and contains files"
            raise RefusedError(what, remedy="Choose another name for the study.", status=409)
        preset = "com-b-tdf" if asked.preset == "own" else asked.preset
        if asked.preset == "own" and asked.codebook is None:
            raise RefusedError("no codebook file was chosen", remedy="Choose the file with your codebook.")
        listener = Listener()
        try:
            with tempfile.TemporaryDirectory(prefix="comb-") as temporary:
                file = _written(asked.codebook, Path(temporary)) if asked.preset == "own" else None
                make_study(folder, Design(asked.behaviour, preset, asked.unit), listener, file)
        except OSError as error:
            told = from_system(error)
            raise RefusedError(told.what, remedy=told.remedy) from None
        return {"link": self.hall.open(folder, coder), "notes": listener.notes}

    def _coder(self, name: str) -> str:
        return coder_named(name or self.hall.recent.coder())


def _written(codebook: ask.OwnCodebook | None, folder: Path) -> Path | None:
    """Write a codebook that was dropped in to a folder."""
    if codebook is None:
        return None
    try:
        data = base64.b64decode(codebook.content, validate=True)
    except binascii.Error:
        raise BadInputError("the file did not arrive whole", remedy="Choose it again.") from None
    path = folder / Path(safe_name(codebook.name)).name
    path.write_bytes(data)
    return path
