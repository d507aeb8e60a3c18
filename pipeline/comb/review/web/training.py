"""Jobs, and the page Train, on which comb learns from codings."""

from dataclasses import asdict
from typing import Any

from starlette.routing import Route

from comb.review.domain import schemas as ask
from comb.review.domain.learning_view import learned
from comb.review.domain.readiness import needs
from comb.review.domain.sight import unfinished_blind
from comb.review.domain.views import Person
from comb.review.storage.refusals import RefusedError
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site
from comb.stages.formats import writable
from comb.stages.jobs import JobOptions


def routes(site: Site) -> list[Route]:
    """Return the routes of jobs and of the page Train."""
    page, make = TrainingPage(site), Endpoints(site)
    return [
        make.get("/api/jobs", lambda who, r: page.job(who)),
        make.post("/api/jobs", lambda who, r, body: page.start(who, ask.parse(ask.START_JOB, body))),
        make.post("/api/jobs/cancel", lambda who, r, body: page.cancel(who)),
        make.get("/api/train", lambda who, r: page.view(who)),
    ]


class TrainingPage:
    """Results of training, and jobs, which in a team only leads start and cancel."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def view(self, who: Person) -> dict[str, Any]:
        """Return what a training still needs, and the results of the last one."""
        api = self.site.api
        api.follow()
        with api.database.read() as db:
            found = needs(api.views, db, who)
        blocked = any(need.must for need in found)
        return {
            "lead": who.lead,
            "needs": [asdict(need) for need in found],
            "blocked": blocked,
            **self.job(who),
            **learned(api.library.study),
        }

    def job(self, who: Person) -> dict[str, Any]:
        """Return the present or last job."""
        return {"job": job_seen_by(self.site, who)}

    def start(self, who: Person, asked: ask.StartJob) -> dict[str, Any]:
        """Write the codings made on the page to files, and start a job."""
        who.must_lead("start and cancel this")
        if asked.kind == "export" and asked.format not in writable():
            raise RefusedError("comb does not write this format", remedy="Choose another.")
        self.site.jobs.check_free()
        notes = self.site.api.export(who)["notes"]
        options = JobOptions(**asked.model_dump(exclude={"kind"}))
        self.site.jobs.start(self.site.api.library.study, asked.kind, options, who.name)
        return {**self.job(who), "notes": notes}

    def cancel(self, who: Person) -> dict[str, Any]:
        """Cancel the running job."""
        who.must_lead("start and cancel this")
        self.site.jobs.cancel()
        return self.job(who)


def job_seen_by(site: Site, who: Person) -> dict[str, Any] | None:
    """Return the present or last job, as far as a person may see it.

    Its notes name coders and count their codings, so they are for leads, and not while these read blind.
    """
    found = site.jobs.state()
    if found is None:
        return None
    with site.api.database.read() as db:
        blind = unfinished_blind(site.api.views, db, who)
    if blind or not who.lead:
        found["notes"] = []
    if not who.lead:
        found |= {"result": [], "error": None, "by": ""}
    return found
