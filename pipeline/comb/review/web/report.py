"""The page Report: files for the paper, for other coders and for other software, to view and download."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from comb.review.domain.missing_inputs import missing_inputs
from comb.review.domain.products import Product, media_type, out_of_date, products
from comb.review.domain.readiness import listed
from comb.review.domain.sight import sight_of, unfinished_blind
from comb.review.domain.views import Person
from comb.review.storage.looks import CODINGS, SUGGESTIONS
from comb.review.storage.refusals import MissingError, Pair, RefusedError
from comb.review.web.alone import changing
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site
from comb.review.web.training import job_seen_by
from comb.stages.formats import writable
from comb.stages.listener import Listener

ALONE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
"""Content security policy of files that comb made: they run no scripts, make no requests and cannot reach the page."""
FORMS = ("matrix", "beliefs", "wheel")
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes(site: Site) -> list[Route]:
    """Return the routes of the page Report."""
    page, make = ReportPage(site), Endpoints(site)
    return [
        make.get("/api/report", lambda who, r: page.view(who)),
        make.get("/api/report/forms/{form}", lambda who, r: page.form(who, r.path_params["form"])),
        make.post("/api/report/forms/{form}", lambda who, r, body: page.fill(who, r.path_params["form"], body)),
        make.get("/api/report/zip/{folder}", lambda who, r: page.zipped(who, r.path_params["folder"])),
        make.get("/api/files/{path:path}", lambda who, r: page.file(who, r)),
    ]


class ReportPage:
    """Existing and possible files, for leads and people who work alone."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def view(self, who: Person) -> dict[str, Any]:
        """Return the existing files, the files that can be made, and missing inputs."""
        who.must_lead("open this")
        api = self.site.api
        study = api.library.study
        found = products(study).values()
        with api.database.read() as db:
            missing = missing_inputs(api.views, db, sight_of(api.views, db, who))
        return {
            "report": [one.view() for one in found if one.kind == "report"],
            "agreement": [one.view() for one in found if one.kind == "agreement"],
            "exports": [one.view() for one in found if one.kind == "export"],
            "out_of_date": out_of_date(study),
            "missing": missing,
            "formats": [{"name": f.name, "title": f.title, "each": f.each} for f in writable().values()],
            "levels": [{"name": name, "title": study.codebook.level_title(name)} for name in study.codebook.levels],
            "blind": self._blind(who, [CODINGS]),
            "job": job_seen_by(self.site, who),
        }

    def file(self, who: Person, request: Request) -> Response:
        """Send one of the files that comb made: for saving with ``?download``, otherwise for viewing."""
        product = products(self.site.api.library.study).get(request.path_params["path"])
        if product is None:
            raise MissingError("there is no such file", remedy="Load the page again, or make it again.")
        if product.kind != "picture":
            who.must_lead("open this")
        self._show(who, [product])
        kept = "download" in request.query_params or product.file.suffix not in (".html", ".svg")
        disposition = "attachment" if kept else "inline"
        headers = {"Content-Security-Policy": ALONE}
        return FileResponse(
            product.file, media_type=media_type(product.file), headers=headers, filename=product.file.name,
            content_disposition_type=disposition,
        )  # fmt: skip

    def zipped(self, who: Person, folder: str) -> Response:
        """Send the files of an export together."""
        who.must_lead("open this")
        study = self.site.api.library.study
        found = [one for one in products(study).values() if one.kind == "export" and one.file.parent.name == folder]
        if not found:
            raise MissingError("there are no such files", remedy="Load the page again, or make them again.")
        self._show(who, found)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in found:
                archive.write(one.file, one.file.name)
        return _attachment(packed.getvalue(), f"{folder}.zip", "application/zip")

    def form(self, who: Person, form: str) -> Response:
        """Send a workbook to be filled in, with the coded passages in it."""
        from comb.stages.synthesis import new_form

        who.must_lead("open this")
        _need_form(form)
        self._note(who, [CODINGS])
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / f"{form}.xlsx"
            new_form(self.site.api.library.study, form, place, Listener())
            return _attachment(place.read_bytes(), place.name, EXCEL)

    def fill(self, who: Person, form: str, body: bytes) -> dict[str, Any]:
        """Read a completed workbook, and return the number of changed rows."""
        from comb.stages.synthesis import take_form

        who.must_lead("open this")
        _need_form(form)
        study = self.site.api.library.study
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / f"{form}.xlsx"
            place.write_bytes(body)
            with changing(study, "a form read in the workspace"):
                changed = take_form(study, form, place, Listener())
        return {"changed": sum(changed.values())}

    def _show(self, who: Person, found: list[Product]) -> None:
        """Note what files show, before they are sent."""
        shown = [CODINGS] * any(one.has_codings for one in found)
        self._note(who, shown + [SUGGESTIONS] * any(one.has_suggestions for one in found))

    def _note(self, who: Person, shown: list[str]) -> None:
        """Note that codings of all transcripts, or suggestions, are shown. Raises RefusedError to who reads blind."""
        if not shown:
            return
        if blind := self._blind(who, shown):
            kinds = {CODINGS: "other people's codings", SUGGESTIONS: "suggestions"}
            said = " and ".join(kinds[one] for one in shown)
            what = f"you are coding {listed(blind)} blind, and this shows {said} there"
            raise RefusedError(what, remedy="Finish your own coding first.", status=403)
        api = self.site.api
        for name in api.library.ids:
            pair = Pair(name, who.name)
            with api.database.read() as db:
                there = api.views.foreign(db, pair)
            api.note_looks(pair, [what for what in shown if what in there])

    def _blind(self, who: Person, shown: list[str]) -> list[str]:
        api = self.site.api
        with api.database.read() as db:
            return unfinished_blind(api.views, db, who, shown)


def _attachment(data: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": ALONE}
    return Response(data, media_type=kind, headers=headers)


def _need_form(form: str) -> None:
    if form not in FORMS:
        raise MissingError("there is no such form")
