"""The page Add files: files are uploaded, checked and corrected, and only then imported into the study."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.routing import Route

from comb.review.domain import adding as ask
from comb.review.domain.schemas import parse
from comb.review.domain.views import Person
from comb.review.storage.refusals import RefusedError
from comb.review.storage.uploads import MOST_BYTES, Uploads
from comb.review.web.alone import changing
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site
from comb.stages.formats import readable
from comb.stages.import_preview import Preview, preview_files
from comb.stages.importing import add_files
from comb.stages.listener import Listener
from comb.study.layout import Study
from comb.study.speakers import SpeakerRow


def routes(site: Site) -> list[Route]:
    """Return the routes of the page on which files are added."""
    page, make = AddPage(site), Endpoints(site)
    site.closing.append(page.uploads.close)
    one = "/api/add/{batch}"

    def named(work: Callable[[Person, str, bytes], Any]) -> Callable[[Person, Request, bytes], Any]:
        return lambda who, request, body: work(who, str(request.path_params["batch"]), body)

    return [
        make.post("/api/add", lambda who, r, body: page.begin(who)),
        make.upload(f"{one}/files", page.take),
        make.post(f"{one}/remove", named(page.remove)),
        make.post(f"{one}/preview", named(page.preview)),
        make.post(f"{one}/apply", named(page.apply)),
        make.post(f"{one}/discard", named(page.discard)),
    ]


class AddPage:
    """The files that are being added to the study."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.uploads = Uploads()
        self._alone = Lock()
        self._seen: dict[str, dict[Path, tuple[int, int]]] = {}
        """By import: the state of the study in which its files were looked at."""
        self._shown: dict[str, set[str]] = defaultdict(set)
        """By import: transcripts of which codings were shown before they are in the study."""

    def begin(self, who: Person) -> dict[str, Any]:
        """Make a folder for files, and return the formats that can be read."""
        who.must_lead("add files")
        study = self.site.api.library.study
        codes = [{"id": code.id, "name": code.name} for code in study.codebook]
        return {"batch": self.uploads.begin(study), "most": MOST_BYTES, "readable": readable(), "codes": codes}

    async def take(self, who: Person, request: Request) -> dict[str, Any]:
        """Receive a file, whose name is in a header, because proxies log addresses."""
        who.must_lead("add files")
        name = unquote(request.headers.get("x-comb-name", ""))
        return await self.uploads.take(str(request.path_params["batch"]), name, request.stream())

    def remove(self, who: Person, batch: str, body: bytes) -> dict[str, Any]:
        """Remove a file."""
        who.must_lead("add files")
        self.uploads.remove(batch, parse(ask.NAMED_FILE, body).name)
        return {}

    def discard(self, who: Person, batch: str, body: bytes) -> dict[str, Any]:
        """Discard the files."""
        who.must_lead("add files")
        self.uploads.discard(batch)
        self._shown.pop(batch, None)
        self._seen.pop(batch, None)
        return {}

    def preview(self, who: Person, batch: str, body: bytes) -> dict[str, Any]:
        """Return the preview of the files."""
        who.must_lead("add files")
        files, asked = self.uploads[batch], parse(ask.ADDING, body)
        with self._alone:
            self._seen[batch] = _state(self.site.api.library.study)
            found = preview_files(self.site.api.library.study, files.paths, Listener(), asked.handlings(files.folder))
        self._shown[batch] |= _revealed(found, who)
        self._note(who, self._shown[batch])
        return {**asdict(found), "files": [path.name for path in files.paths]}

    def apply(self, who: Person, batch: str, body: bytes) -> dict[str, Any]:
        """Import the files into the study, all or none, with the confirmed roles of their speakers."""
        who.must_lead("add files")
        files, asked = self.uploads[batch], parse(ask.ADDING, body)
        api, listener = self.site.api, Listener()
        before = set(api.library.ids)
        speakers = [SpeakerRow(one.transcript, one.speaker, one.role) for one in asked.speakers]
        with self._alone, changing(api.library.study, "the page on which files are added"):
            if self._seen.get(batch, now := _state(api.library.study)) != now:
                what = "the study's transcripts or its codebook have changed since comb read these files"
                raise RefusedError(what, remedy="Look at what comb understands of them now.", status=409)
            add_files(api.library.study, files.paths, listener, asked.handlings(files.folder), speakers)
        api.follow()
        self._note(who, self._shown.pop(batch, set()))
        self.uploads.discard(batch)
        return {"notes": listener.notes, "transcripts": sorted(set(api.library.ids) - before)}

    def _note(self, who: Person, names: Iterable[str]) -> None:
        self.site.api.note_codings_shown(who, [name for name in sorted(names) if name in self.site.api.library])


def _state(study: Study) -> dict[Path, tuple[int, int]]:
    """Return what tells that the files have changed upon which it depends what is understood of others."""
    files = [path for folder in (study.raw, study.new) if folder.is_dir() for path in folder.rglob("*")]
    files += [study.root / "configs" / name for name in ("codebook.yaml", "params.yaml")]
    found = ((path, path.stat()) for path in files if path.is_file())
    return {path: (stat.st_mtime_ns, stat.st_size) for path, stat in found}


def _revealed(found: Preview, who: Person) -> set[str]:
    """Return the transcripts of which a preview shows what others coded."""
    rows = {row.of for table in found.codings for row in table.to_fix if row.of and row.coder != who.name}
    if any("another valence or memo" in note for note in found.notes):
        rows |= {name for table in found.codings for name in table.transcripts}
    return rows
