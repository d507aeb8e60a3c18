"""The page Team, for leads: coders and their roles, assignments, double coding, and differences."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select
from starlette.routing import Route

from comb.agreement.units import CONSENSUS
from comb.review.domain import schemas as ask
from comb.review.domain.assignments import draw, share_out
from comb.review.domain.find_requests import ASSIGN, DRAW, NEW_MEMBER, SHARE_OUT, Assign, Assignment, Draw, NewMember
from comb.review.domain.find_requests import ShareOut as AskedToShare
from comb.review.domain.groups import attribute_values
from comb.review.domain.sight import note_all, sight_of
from comb.review.domain.team import Conflicts, Work, by_pair
from comb.review.domain.views import READER, Person
from comb.review.storage.database import add_missing, assignments, people
from comb.review.storage.drafts import now
from comb.review.storage.refusals import RefusedError
from comb.review.web.accounts import add_coder, set_role
from comb.review.web.api import Api
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site


def routes(site: Site) -> list[Route]:
    """Return the routes of the team's page."""
    page, make = TeamPage(site.api, site.team, Conflicts(site.api.adjudication)), Endpoints(site)
    return [
        make.get("/api/team", lambda who, r: page.overview(who)),
        make.get("/api/team/conflicts", lambda who, r: page.open_conflicts(who)),
        make.post("/api/team/people", lambda who, r, body: page.add(who, ask.parse(NEW_MEMBER, body))),
        make.post("/api/team/assign", lambda who, r, body: page.assign(who, ask.parse(ASSIGN, body))),
        make.post("/api/team/draw", lambda who, r, body: page.draw(who, ask.parse(DRAW, body))),
        make.post("/api/team/share", lambda who, r, body: page.share(who, ask.parse(SHARE_OUT, body))),
    ]


@dataclass(frozen=True)
class TeamPage:
    """Answers the team's page."""

    api: Api
    team: bool
    conflicts: Conflicts

    def overview(self, who: Person) -> dict[str, Any]:
        """Return people, transcripts and their coders."""
        who.must_lead("assign the team's work")
        self.api.follow()
        library = self.api.library
        values, problem = attribute_values(library)
        with self.api.database.read() as db:
            work = Work.of(db, library, who)
            members = [dict(row) for row in db.execute(_MEMBERS).mappings()]
        return {
            "team": self.team,
            "mode": self.api.ledger.mode,
            "people": members,
            "coders": work.coders,
            "attributes": sorted(values),
            "problem": problem,
            "transcripts": [self._listed(work, name) for name in library.ids],
        }

    def _listed(self, work: Work, name: str) -> dict[str, Any]:
        states = {coder: work.state(name, coder) for coder in work.coders}
        modes = {coder: row["mode"] for coder, row in work.states.get(name, {}).items()}
        return {
            "id": name,
            "segments": len(self.api.library[name].segments),
            "assigned": {coder: bool(row["drawn"]) for coder, row in work.assigned.get(name, {}).items()},
            "states": {coder: state for coder, state in states.items() if state},
            "modes": modes,
        }

    def open_conflicts(self, who: Person) -> dict[str, Any]:
        """Return unsettled disagreements of coders who have finished; recorded as a look."""
        who.must_lead("assign the team's work")
        self.api.refresh_all()
        with self.api.database.read() as db:
            sight = sight_of(self.api.views, db, who)
            found, left = self.conflicts.listed(db, sight)
        note_all(self.api.views, who, sight.codings_of_others(one["transcript"] for one in found), now())
        return {"pairs": by_pair(found), "left": left}

    def add(self, who: Person, asked: NewMember) -> dict[str, Any]:
        """Add somebody to the team, or change somebody's role and, if one is given, password."""
        who.must_lead("assign the team's work")
        if not self.team:
            raise RefusedError("signing in is not used here", remedy="Start the page for a team: comb review --team.")
        name = asked.name.strip()
        with self.api.database.read() as db:
            members = {row.name: row.role for row in db.execute(_MEMBERS)}
        alike = next((one for one in members if one.casefold() == name.casefold() and one != name), None)
        if alike is not None:
            raise RefusedError(
                f"there is already a coder {alike}", remedy="Use another name, or that name in its exact spelling."
            )
        leads = {one for one, role in members.items() if role == "lead"}
        if leads == {name} and asked.role != "lead":
            raise RefusedError("a team needs a lead", remedy="Make somebody else a lead first.")
        if name in members and not asked.password:
            set_role(self.api.database, name, asked.role)
        else:
            add_coder(self.api.database, name, asked.role, asked.password)
        return {"name": name, "new": name not in members, "own": name == who.name and bool(asked.password)}

    def assign(self, who: Person, asked: Assign) -> dict[str, Any]:
        """Make and remove assignments; those that are not possible are reported, and the others are made."""
        who.must_lead("assign the team's work")
        with self.api.database.read() as db:
            allowed = self._may_code(db)
        problems, made = [], []
        for one in asked.add:
            wrong = self._wrong(one, allowed)
            if wrong:
                problems.append(wrong)
            else:
                made.append(one)
        with self.api.database.write() as db:
            for one in asked.remove:
                where = (assignments.c.transcript == one.transcript, assignments.c.coder == one.coder)
                db.execute(delete(assignments).where(*where))
            if made:
                about = {"by": who.name, "at": now(), "drawn": asked.drawn}
                values = [{"transcript": one.transcript, "coder": one.coder, **about} for one in made]
                add_missing(db, assignments, values)
        problems += [problem for one in made if one.mode and (problem := self._set_mode(who, one))]
        return {"made": len(made), "problems": problems}

    def _may_code(self, db: Connection) -> set[str] | None:
        """Return who may be given work; None if nobody signs in: then a second coder may be anybody."""
        if not self.team:
            return None
        return set(db.scalars(select(people.c.name).where(people.c.role != READER)))

    def _wrong(self, one: Assignment, allowed: set[str] | None) -> str:
        if one.transcript not in self.api.library:
            return "This transcript no longer exists."
        if one.coder.casefold() == CONSENSUS or one.coder != one.coder.strip():
            return f"{one.coder} cannot be the name of a coder."
        if allowed is not None and one.coder not in allowed:
            return f"{one.coder} is not a coder of this team."
        return ""

    def _set_mode(self, who: Person, one: Assignment) -> str:
        try:
            self.api.set_mode(who, one.transcript, ask.SetMode(mode=one.mode or "open", coder=one.coder))
        except RefusedError as error:
            return f"{one.transcript}, {one.coder}: {error.what}."
        return ""

    def draw(self, who: Person, asked: Draw) -> dict[str, Any]:
        """Draw and return the transcripts that two people are to code, without assigning them."""
        who.must_lead("assign the team's work")
        with self.api.database.read() as db:
            items = Work.of(db, self.api.library, who).items(self.api.library, asked.attribute)
        return asdict(draw(items, asked.coders, asked.share, asked.unit, asked.seed))

    def share(self, who: Person, asked: AskedToShare) -> dict[str, Any]:
        """Return a distribution of the unassigned transcripts, without assigning them."""
        who.must_lead("assign the team's work")
        with self.api.database.read() as db:
            items = Work.of(db, self.api.library, who).items(self.api.library)
        pairs = share_out(items, asked.coders, asked.seed)
        return {"shared": [{"transcript": name, "coder": coder} for name, coder in pairs]}


_MEMBERS = select(people.c.name, people.c.role, people.c.created_at).order_by(func.lower(people.c.name))
