"""The page Overview: progress, frequencies of codes, and agreement of coders."""

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.routing import Route

from comb.agreement.interpretation import title
from comb.agreement.results import Agreement
from comb.exchange.tables.spreadsheet_cells import Table
from comb.report.blocks import MOST_PAIRS, Block, headline, main_kappa, tables
from comb.report.figures import forest, heat
from comb.review.domain import schemas as ask
from comb.review.domain.find_requests import FREQUENCIES, SAVE_OVERVIEW, Frequencies, SaveOverview
from comb.review.domain.groups import attribute_values
from comb.review.domain.overview import Frequencies as Counted
from comb.review.domain.overview import LiveAgreement, frequencies, outcome, progress_table
from comb.review.domain.sight import note_all, sight_of
from comb.review.domain.views import Person
from comb.review.storage.drafts import now
from comb.review.storage.refusals import RefusedError
from comb.review.storage.result_files import attachment, table_file
from comb.review.web.api import Api
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site

PATIENCE = 1.0
"""Seconds for which an answer waits for a running comparison."""
BAR = 0.6
"""The reference line in the picture of kappas."""
SHOWN = 3
"""Tables of an agreement report that the page shows: overall, by code, by pair."""


def routes(site: Site) -> list[Route]:
    """Return the routes of the overview."""
    page, make = OverviewPage(site.api, LiveAgreement(site.api.library)), Endpoints(site)
    one = "/api/overview"
    return [
        make.get(one, lambda who, r: page.progress(who)),
        make.get(f"{one}/agreement", lambda who, r: page.agreement(who)),
        make.post(f"{one}/codes", lambda who, r, body: page.codes(who, ask.parse(FREQUENCIES, body)), reads=True),
        make.post(f"{one}/file", lambda who, r, body: page.save(who, ask.parse(SAVE_OVERVIEW, body)), reads=True),
    ]


@dataclass(frozen=True)
class OverviewPage:
    """Answers the overview."""

    api: Api
    live: LiveAgreement

    def progress(self, who: Person) -> dict[str, Any]:
        """Return everybody's progress, and the attributes by which participants can be grouped."""
        self.api.follow()
        values, problem = attribute_values(self.api.library)
        with self.api.database.read() as db:
            found = progress_table(db, self.api.library, sight_of(self.api.views, db, who))
        return {**found, "me": who.name, "attributes": sorted(values), "group": self._group(values), "problem": problem}

    def _group(self, values: Mapping[str, list[str]]) -> str:
        """Return the attribute to group by at first: that of params, or the one with the fewest values."""
        asked = self.api.library.params.synthesis.group
        return asked if asked in values else min(values, key=lambda name: len(values[name]), default="")

    def codes(self, who: Person, asked: Frequencies) -> dict[str, Any]:
        """Return how often codes are used; counting others' codings is recorded as a look."""
        found = self._counted(who, asked)
        picture = _svg(self._heat(found)) if found.groups else None
        return {**asdict(found), "picture": picture}

    def _counted(self, who: Person, asked: Frequencies) -> Counted:
        self.api.refresh_all()
        library = self.api.library
        with self.api.database.read() as db:
            sight = sight_of(self.api.views, db, who)
            found = frequencies(db, library, sight, asked.coder, asked.attribute)
        if asked.coder != who.name:
            note_all(self.api.views, who, sight.codings_of_others(library.ids), now())
        return found

    def agreement(self, who: Person) -> dict[str, Any]:
        """Return the agreement of coders, as in ``comb agree``, or that it is being computed."""
        found, why_not = self._agreement(who)
        if found is None:
            return {"ready": bool(why_not), "none": why_not, "tables": [], "picture": None}
        first, *rest = _blocks(found)
        mainly = {title(key) for key in ("observed_agreement", headline(found), "krippendorff_alpha", "gwet_ac1")}
        shown = [self._named(one) for one in (_table(first, mainly), *map(_table, rest))]
        shown[0]["notes"] += found.notes
        return {"ready": True, "none": "", "tables": shown, "picture": _svg(self._forest(found))}

    def _agreement(self, who: Person) -> tuple[Agreement | None, str]:
        self.api.refresh_all()
        with self.api.database.read() as db:
            sight = sight_of(self.api.views, db, who)
            work = self.live.of(db, sight.open)
        note_all(self.api.views, who, sight.codings_of_others(self.api.library.ids), now())
        return outcome(work, PATIENCE)

    def save(self, who: Person, asked: SaveOverview) -> dict[str, str]:
        """Return a table or a picture as a file."""
        if asked.what == "agreement":
            return self._save_agreement(who, asked.format)
        if asked.what == "progress":
            return table_file("progress", _table_format(asked.format), _progress_rows(self.progress(who)))
        found = self._counted(who, asked)
        if asked.format == "svg" and asked.what == "groups":
            return attachment("code-by-group.svg", self._heat(found).encode())
        made = self._group_rows(found) if asked.what == "groups" else self._code_rows(found)
        return table_file("code-by-group" if asked.what == "groups" else "codes", _table_format(asked.format), made)

    def _save_agreement(self, who: Person, kind: str) -> dict[str, str]:
        found, why_not = self._agreement(who)
        if found is None:
            raise RefusedError(why_not or "agreement is being computed", remedy="Try again in a moment.", status=409)
        if kind == "svg":
            return attachment("agreement.svg", self._forest(found).encode())
        rows: list[list[object]] = []
        for block in _blocks(found):
            notes: list[list[object]] = [[note] for note in block.notes]
            rows += [[block.title], [*block.header], *block.rows, *notes, []]
        rows += [[note] for note in found.notes]
        return table_file("agreement", kind, (["Agreement"], rows))

    def _name(self, code: str) -> str:
        book = self.api.library.codebook
        return book.codes[code].name if code in book else code

    def _named(self, table: dict[str, Any]) -> dict[str, Any]:
        """Call codes by their names where notes have ids."""
        notes = [re.sub(r"[\w-]+", lambda word: self._name(word[0]), note) for note in table["notes"]]
        return {**table, "notes": notes}

    def _forest(self, found: Agreement) -> str:
        """Draw kappa overall, by pair and by code, of the codes that somebody used."""
        key, kappa = headline(found), main_kappa(found)
        used = {self._name(code): part[kappa] for code, part in found.codes.items() if any(found.use[code].values())}
        pairs = list(found.pairs.items())[:MOST_PAIRS] if len(found.pairs) > 1 else []
        by_pair = {name.replace("|", " and "): part["cohen_kappa"] for name, part in pairs}
        return forest({"overall": found.overall[key], **by_pair, **used}, BAR)

    def _heat(self, found: Counted) -> str:
        """Draw which share of each group's participants speak of a code."""
        names = [f"{group} ({found.people.get(group, 0)})" for group in found.groups]
        values = [
            [_share(one["groups"][group]["people"], found.people.get(group, 0)) for group in found.groups]
            for one in found.codes
        ]
        title = "Share of participants with a code, by group"
        return heat([self._name(one["code"]) for one in found.codes], names, values, title)

    def _code_rows(self, found: Counted) -> Table:
        coders, kinds = list(found.coders), ("barrier", "facilitator", "both", "none")
        rows: list[list[object]] = [
            [one["code"], self._name(one["code"]), one["passages"], one["transcripts"]]
            + [one["valences"][kind] for kind in kinds]
            + [one["coders"][coder] for coder in coders]
            for one in found.codes
        ]
        return ["code", "name", "coded passages", "transcripts", *kinds, *(f"by {coder}" for coder in coders)], rows

    def _group_rows(self, found: Counted) -> Table:
        header = ["code", "name"]
        for group in found.groups:
            header += [f"{group}: passages", f"{group}: participants, of {found.people.get(group, 0)}"]
        rows: list[list[object]] = []
        for one in found.codes:
            cells = [one["groups"][group][kind] for group in found.groups for kind in ("passages", "people")]
            rows.append([one["code"], self._name(one["code"]), *cells])
        return header, rows


def _table_format(kind: str) -> str:
    if kind == "svg":
        raise RefusedError("there is no chart of this", remedy="Save it as CSV or Excel.")
    return kind


def _progress_rows(found: Mapping[str, Any]) -> Table:
    coders = list(found["coders"])
    header = ["transcript", "segments"] + [f"{coder}: {what}" for coder in coders for what in ("state", "codings")]
    rows: list[list[object]] = []
    for one in found["transcripts"]:
        cells = [one["cells"].get(coder, {"state": "", "codings": None}) for coder in coders]
        shown = [cell[what] if cell[what] is not None else "" for cell in cells for what in ("state", "codings")]
        rows.append([one["id"], one["segments"], *shown])
    return header, rows


def _blocks(found: Agreement) -> list[Block]:
    wanted = SHOWN if len(found.pairs) > 1 else SHOWN - 1
    return [block for block, _ in zip(tables(found), range(wanted), strict=False)]


def _table(block: Block, mainly: Collection[str] = ()) -> dict[str, Any]:
    """Return a table; of one with rows that are to be read first, the others are for who wants them."""
    rows = [[str(cell) for cell in row] for row in block.rows]
    return {
        "title": block.title,
        "header": list(block.header),
        "rows": [row for row in rows if not mainly or row[0] in mainly],
        "more": [row for row in rows if mainly and row[0] not in mainly],
        "notes": [note.strip() for note in block.notes if note.strip()],
    }


def _svg(text: str) -> str:
    """Return a picture as the page shows it: in an address of its own, so that its styles are not the page's."""
    return f"data:image/svg+xml;base64,{attachment('picture.svg', text.encode())['data']}"


def _share(n: int, of: int) -> float | None:
    return n / of if of else None
