"""Routes of the page Codebook, which edits the codebook with the same stage as ``comb codebook``."""

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.routing import Route

from comb.agreement.units import CONSENSUS
from comb.errors import CombError
from comb.privacy.table import read_candidates
from comb.review.domain import codebook_requests as ask
from comb.review.domain.codebook import CodebookViews, giving, with_pseudonyms
from comb.review.domain.schemas import parse
from comb.review.domain.views import Person
from comb.review.storage.looks import CODINGS
from comb.review.storage.recode import check_take_back, uses_in_database
from comb.review.storage.refusals import Pair, RefusedError
from comb.review.storage.sync import in_common
from comb.review.web.alone import changing
from comb.review.web.api import Api
from comb.review.web.endpoints import Endpoints
from comb.review.web.site import Site
from comb.stages import codebook as stage
from comb.stages.codebook_files import bring_codebook, codebook_as
from comb.stages.codebook_proposals import Proposal, add_proposal, dismiss, read_proposals
from comb.stages.listener import Listener
from comb.study.codebook_history import read_version

Change = Callable[[Listener], stage.Changed]


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    page, make = CodebookPage(site.api), Endpoints(site)
    get, post, here = make.get, make.post, "/api/codebook"
    return [
        get(f"{here}/page", lambda who, r: page.page(who)),
        get(f"{here}/counts", lambda who, r: page.counts(who)),
        get(f"{here}/versions/{{version:int}}", lambda who, r: page.version(r.path_params["version"])),
        post(f"{here}/edit", lambda who, r, body: page.edit(who, parse(ask.EDIT, body))),
        post(f"{here}/undo", lambda who, r, body: page.undo(who, parse(ask.CHANGE, body))),
        post(f"{here}/restore", lambda who, r, body: page.restore(who, parse(ask.RESTORE, body))),
        post(f"{here}/passages", lambda who, r, body: page.passages(who, parse(ask.PASSAGES, body))),
        post(f"{here}/give", lambda who, r, body: page.give(who, parse(ask.GIVE, body))),
        post(f"{here}/export", lambda who, r, body: page.export(parse(ask.EXPORT_CODEBOOK, body))),
        post(f"{here}/import", lambda who, r, body: page.bring(who, parse(ask.IMPORT_CODEBOOK, body))),
        post(f"{here}/wording", lambda who, r, body: page.wording(who, parse(ask.WORDING, body))),
        post(f"{here}/proposals", lambda who, r, body: page.propose(who, parse(ask.PROPOSE, body))),
    ]


PROPOSE = "Suggest the change in a note, which your lead will see."


class CodebookPage:
    """The codebook, which everybody can read and leads can edit."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.views = CodebookViews(api.views)

    def page(self, who: Person) -> dict[str, Any]:
        """Return all data for the page."""
        self.api.follow()
        with self.api.database.read() as db:
            found = self.views.page(db, who)
        waiting = [one for one in read_proposals(self.api.library.study) if who.lead or one.by == who.name]
        return {**found, "proposals": [vars(one) for one in waiting]}

    def counts(self, who: Person) -> dict[str, Any]:
        """Return how often each coder used each code, in the transcripts that the person may see."""
        shown = self._looking(who)
        with self.api.database.read() as db:
            return {"counts": self.views.counts(db, who, shown), "transcripts": len(shown)}

    def version(self, version: int) -> dict[str, Any]:
        """Return an old version of the file."""
        try:
            return {"version": version, "text": read_version(self.api.library.study, version)}
        except FileNotFoundError:
            raise RefusedError("there is no such version of the codebook", status=404) from None

    def edit(self, who: Person, asked: ask.EditCodebook) -> dict[str, Any]:
        """Make an edit, or return its effects."""
        wish = stage.Asked(asked.edit, who.name, asked.why, asked.seen)

        def change(listener: Listener) -> stage.Changed:
            pending = [] if asked.dry_run else self._pending()
            uses = uses_in_database(self.api.database)
            return stage.edit_study(
                self.api.library.study,
                wish,
                listener,
                uses=uses,
                pending=pending,
                dry_run=asked.dry_run,
                told_to=who.name,
            )

        return self._change(who, change)

    def undo(self, who: Person, asked: ask.ChangeCodebook) -> dict[str, Any]:
        """Undo the last change."""
        study, database = self.api.library.study, self.api.database
        last = stage.last_edit(study)
        if last is not None and last.codes and not stage.is_rename_of(study, last):
            check_take_back(study, database, last.version)
        wish = stage.Asked(None, who.name, asked.why, asked.seen)
        return self._change(
            who,
            lambda listener: stage.undo_last(
                self.api.library.study, wish, listener, uses=uses_in_database(database), pending=self._pending()
            ),
        )

    def restore(self, who: Person, asked: ask.RestoreCodebook) -> dict[str, Any]:
        """Restore an old version."""
        wish = stage.Asked(None, who.name, asked.why, asked.seen)
        uses = uses_in_database(self.api.database)
        return self._change(
            who,
            lambda listener: stage.restore_version(self.api.library.study, asked.version, wish, listener, uses=uses),
        )

    def bring(self, who: Person, asked: ask.ImportCodebook) -> dict[str, Any]:
        """Add the codes of another codebook's file, as ``comb import`` does."""
        try:
            data = base64.b64decode(asked.content, validate=True)
        except (binascii.Error, ValueError):
            raise RefusedError("the file did not arrive whole", remedy="Try again.") from None
        who.must_lead("edit the codebook", PROPOSE)
        listener = Listener()
        with self._alone(), _refusing():
            bring_codebook(self.api.library.study, asked.name, data, who.name, listener)
            self.api.take_in()
        return {"notes": listener.notes}

    def export(self, asked: ask.ExportCodebook) -> dict[str, Any]:
        """Return the codebook as a file."""
        with _refusing():
            name, data = codebook_as(self.api.library.study, asked.format)
        return {"name": name, "content": base64.b64encode(data).decode()}

    def passages(self, who: Person, asked: ask.AskPassages) -> dict[str, Any]:
        """List the passages of a code: the person's own and, if a lead asks for them, those of others."""
        shown = self._looking(who) if asked.others and who.lead else []
        with self.api.database.read() as db:
            return self.views.passages(db, who, asked.code, shown)

    def give(self, who: Person, asked: ask.GivePassage) -> dict[str, Any]:
        """Recode a passage of a code that is being split with one or several of the new codes."""
        pair = Pair(asked.transcript, asked.coder or who.name)
        if pair.transcript not in self.api.library:
            raise RefusedError("there is no such transcript", status=404)
        if pair.coder != who.name and not (who.lead and pair.transcript in self._looking(who)):
            raise RefusedError("only a lead may decide on other coders' passages", status=403)
        build = giving(self.api.library.codebook, asked.coding, asked.code, asked.into)
        payload = {"act": "split", "code": asked.code, "into": list(asked.into)}
        done = self.api.ledger.act(pair, who.name, payload, None, build, undoable=pair.coder != CONSENSUS)
        return {"version": done.version}

    def wording(self, who: Person, asked: ask.AskWording) -> dict[str, Any]:
        """Return words with confirmed pseudonyms put in, to be checked before they go into the codebook."""
        who.must_lead("edit the codebook", PROPOSE)
        found = read_candidates(self.api.library.study.candidates)
        text = with_pseudonyms(asked.text, found)
        return {"text": text, "replaced": text != asked.text, "looked": bool(found)}

    def propose(self, who: Person, asked: ask.ProposeCodebook) -> dict[str, Any]:
        """Store a note for the lead, or remove one."""
        study = self.api.library.study
        with changing(study, "the codebook page"):
            if asked.dismiss is not None:
                dismiss(study, asked.dismiss, None if who.lead else who.name)
            elif asked.text.strip():
                add_proposal(study, Proposal.of(who.name, asked.code, asked.text))
        return {"proposals": [vars(one) for one in read_proposals(study) if who.lead or one.by == who.name]}

    def _change(self, who: Person, change: Change) -> dict[str, Any]:
        who.must_lead("edit the codebook", PROPOSE)
        listener = Listener()
        with self._alone(), _refusing():
            self.api.take_in()
            done = change(listener)
            self.api.take_in()
        return {"what": done.what, "notes": listener.notes, "digest": done.digest, "follow": bool(done.mapped)}

    def _pending(self) -> list[list[str]]:
        return [list(pair) for pair in in_common(self.api.library, self.api.ledger)]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self.api.exporting, changing(self.api.library.study, "the codebook page"):
            yield

    def _looking(self, who: Person) -> list[str]:
        """Return the transcripts whose codings of others are about to be shown, with the look noted at each."""
        with self.api.database.read() as db:
            shown = self.views.open_to(db, who)
        for name in shown:
            self.api.note_looks(Pair(name, who.name), [CODINGS])
        return shown


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn an error of a stage into a refusal that lists all problems at once."""
    try:
        yield
    except RefusedError:
        raise
    except CombError as error:
        status = 409 if "elsewhere" in error.what else 400
        remedy = " ".join([*error.details, error.remedy]).strip()
        raise RefusedError(error.what, remedy=remedy, status=status) from None
