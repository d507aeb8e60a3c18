"""Edit the codebook of a study: the file, its history, and all files whose codings follow, together or not at all.

The review page's database follows in ``review.storage.recode``. A note in the study (``PENDING``) appears together with
the changed files and is removed once the database has followed. After a kill, the next process finds it and lets the
database follow.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from comb.codebook import Codebook, load_codebook
from comb.codings.code_labels import CodeNames
from comb.codings.codebook_edits import Edited, edit_codebook
from comb.codings.codings_csv import read_decisions, tables_in, write_decisions
from comb.codings.edits import Delete, Edit
from comb.codings.known import Known
from comb.codings.problems import counted
from comb.codings.recoded_tables import RecodedTable, recoded_table, uses_in
from comb.errors import BadInputError, BadParamsError, CombError, NotReadyError
from comb.records import Decision, Transcript
from comb.stages import codebook_undo as undo_files
from comb.stages.codebook_effects import effects
from comb.stages.codebook_rows import recoded_sheets, recoded_waiting
from comb.stages.listener import Listener
from comb.study.atomic import remove, together
from comb.study.codebook_history import (
    OUTSIDE,
    Version,
    add_version,
    codebook_file,
    codebook_text,
    digest,
    read_history,
    read_version,
    written,
)
from comb.study.files import read_json, write_json, write_rows, write_text
from comb.study.layout import Study
from comb.transcripts.reader import read_folder

PENDING = "codebook-pending.json"
"""File in the state folder with the edits that the review page's database has not followed yet, in order."""
Pairs = Sequence[Sequence[str]]
Uses = Counter[tuple[str, str]]
"""Codings by coder and code."""


@dataclass(frozen=True)
class Asked:
    """A requested edit."""

    edit: Edit | None = None
    """None if a version is restored or an edit undone."""
    by: str = ""
    why: str = ""
    seen: str = ""
    """Digest of the codebook that was shown; empty if none was."""


@dataclass(frozen=True)
class Changed:
    """The effects of an edit, planned or done."""

    what: str
    before: Codebook
    after: Codebook
    mapped: Mapping[str, str]
    files: Sequence[str] = ()
    """Files that change with it."""
    codings: int = 0
    """Number of codings in files that get another code."""
    notes: Sequence[str] = ()
    digest: str = ""
    """Digest of the new codebook."""


@dataclass
class Plan:
    """Everything that an edit writes, computed before anything is written."""

    done: Edited
    before: Codebook
    writes: dict[Path, Callable[[], None]] = field(default_factory=dict)
    codings: int = 0
    notes: list[str] = field(default_factory=list)


def edit_study(
    study: Study,
    asked: Asked,
    listener: Listener,
    *,
    uses: Uses | None = None,
    pending: Pairs = (),
    dry_run: bool = False,
    told_to: str = "",
) -> Changed:
    """Make an edit of the codebook, and let all files follow; the caller has the study's lock.

    ``uses`` contains the codings that only the review page has; ``pending`` lists the pairs of transcript and coder
    whose codings its database and the files have in common. With ``told_to``, a refusal counts only the codings of that
    coder. Raises BadParamsError for an invalid edit, for one that would leave codings without a code, and if the
    codebook has changed since it was shown.
    """
    text = _text_as_seen(study, asked.seen)
    if asked.edit is None:
        raise ValueError("no edit")
    done = edit_codebook(text, asked.edit)
    before = load_codebook(text, "codebook.yaml")[1]
    transcripts = read_all(study)
    _refuse_in_use(study, asked.edit, Known(transcripts, before), uses or Counter(), told_to)
    plan = _plan(study, Plan(done, before), transcripts)
    return _finish(study, plan, describe(asked.edit), asked, text, pending, listener, dry_run=dry_run)


def restore_version(
    study: Study, version: int, asked: Asked, listener: Listener, *, uses: Uses | None = None, what: str = ""
) -> Changed:
    """Restore an old version of the codebook; codings keep their codes, so it must have all codes in use.

    ``asked`` contains who restores it and why. Raises BadParamsError if the version lacks codes that are in use, or if
    there is no such version.
    """
    text = _text_as_seen(study, asked.seen)
    old, before = _old_text(study, version), load_codebook(text, "codebook.yaml")[1]
    book = load_codebook(old, f"version {version}")[1]
    transcripts = read_all(study)
    _refuse_missing(book, _used(study, Known(transcripts, before)) | (uses or Counter()), f"version {version}")
    plan = _plan(study, Plan(Edited(old, book, {}), before), transcripts)
    return _finish(study, plan, what or f"version {version} restored", asked, text, (), listener)


def undo_last(
    study: Study, asked: Asked, listener: Listener, *, uses: Uses | None = None, pending: Pairs = ()
) -> Changed:
    """Undo the last edit and its effects on codings.

    A merge or a deletion can be undone as long as nobody has changed the files that were changed with it. Raises
    BadParamsError if there is nothing to undo, or if it can no longer be undone.
    """
    text, last = _text_as_seen(study, asked.seen), last_edit(study)
    if last is None:
        raise BadParamsError("there is no change to undo", where="codebook.yaml", remedy="See the history.")
    what, back = f"undone: {last.what}", last.version - 1
    if not last.codes:
        return restore_version(study, back, asked, listener, uses=uses, what=what)
    old, now = _old_text(study, back), load_codebook(text, "codebook.yaml")[1]
    book = load_codebook(old, f"version {back}")[1]
    if is_rename(last, book):
        mapped = {new: code for code, new in last.codes.items()}
        plan = _plan(study, Plan(Edited(old, book, mapped), now), read_all(study))
    else:
        plan = Plan(Edited(old, book, {}), now, writes=undo_files.restoring(study, last.version))
    return _finish(study, plan, what, asked, text, pending, listener, undone=last.version)


def last_edit(study: Study) -> Version | None:
    """Return the last version if it is an edit and the file is still as the edit wrote it."""
    found = read_history(study)
    known = len(found) > 1 and found[-1].what != OUTSIDE and found[-1].digest == digest(codebook_text(study))
    return found[-1] if known else None


def is_rename(version: Version, before: Codebook) -> bool:
    """Return whether an edit renamed codes to codes that no other coding had, so that it can be undone at any time."""
    return bool(version.codes) and all(new and new not in before for new in version.codes.values())


def is_rename_of(study: Study, version: Version) -> bool:
    """Return whether a version of the history was a renaming."""
    return is_rename(version, load_codebook(_old_text(study, version.version - 1), "codebook.yaml")[1])


def _old_text(study: Study, version: int) -> str:
    try:
        return read_version(study, version)
    except FileNotFoundError:
        what, where = f"there is no version {version} of the codebook", "configs/codebook-history"
        raise BadParamsError(what, where=where, remedy="See the history.") from None


def _refuse_missing(book: Codebook, uses: Uses, what: str) -> None:
    missing = sorted(code for _, code in uses if code and code not in book)
    if missing:
        remedy = "Merge these codes into codes of that version first, or rename them."
        where = "codebook.yaml"
        raise BadParamsError(
            f"{what} lacks codes that are in use: {', '.join(dict.fromkeys(missing))}", where=where, remedy=remedy
        )


def _finish(
    study: Study,
    plan: Plan,
    what: str,
    asked: Asked,
    text: str,
    pending: Pairs,
    listener: Listener,
    *,
    undone: int | None = None,
    dry_run: bool = False,
) -> Changed:
    """Write what is planned, unless this is a ``dry_run``, and return its effects."""
    done = plan.done
    if not dry_run:
        _write(study, plan, what, asked, text, pending, undone)
    notes = [*_told_lost(done), *plan.notes, *effects(study, plan.before, done.book, done.mapped)]
    for note in notes:
        listener.note(note)
    names = [path.relative_to(study.root).as_posix() for path in plan.writes]
    return Changed(what, plan.before, done.book, done.mapped, names, plan.codings, notes, digest(done.text))


def describe(edit: Edit) -> str:
    """Return a short description of an edit.

    >>> from comb.codings.edits import Merge
    >>> describe(Merge(code="effort", into="cost"))
    'effort merged into cost'
    """
    words: Mapping[str, Callable[[Edit], str]] = {
        "add": lambda e: f"{e.new.id} added" + (f" below {e.under}" if e.under else ""),  # type: ignore[union-attr]
        "describe": lambda e: f"{e.code}: {', '.join(e.changed) or 'nothing'} changed",  # type: ignore[union-attr]
        "rename": lambda e: f"{e.code} renamed to {e.to}",  # type: ignore[union-attr]
        "merge": lambda e: f"{e.code} merged into {e.into}",  # type: ignore[union-attr]
        "split": lambda e: f"{e.code}: split begun into {', '.join(one.id for one in e.into)}",  # type: ignore[union-attr]
        "move": lambda e: f"{e.code} moved {_moved_to(e)}",  # type: ignore[union-attr]
        "delete": lambda e: f"{e.code} deleted" + (", its codings left uncoded" if e.uncode else ""),  # type: ignore[union-attr]
    }
    return words[edit.edit](edit)


def _moved_to(edit: Edit) -> str:
    under, before = getattr(edit, "under", ""), getattr(edit, "before", "")
    place = f"below {under}" if under else "to the top level"
    return f"{place}, before {before}" if before else place


def open_splits(study: Study, book: Codebook) -> dict[str, list[str]]:
    """Return, by code that is being split, its new codes, if the codebook contains all of them."""
    found: dict[str, list[str]] = {}
    for version in read_history(study):
        code, begun, into = version.what.partition(": split begun into ")
        if begun:
            found[code] = into.split(", ")
    return {
        code: [one for one in into if one in book]
        for code, into in found.items()
        if code in book and {*into} & {*book.codes}
    }


def read_all(study: Study) -> dict[str, Transcript]:
    """Read all transcripts of a study that can be read."""
    folders = [folder for folder in (study.new, study.raw) if folder.is_dir()]
    read = (read_folder(folder, study.roles, study.params.study.given_encodings)[0] for folder in folders)
    return {one.id: one for found in read for one in found}


def _text_as_seen(study: Study, seen: str) -> str:
    if not codebook_file(study).exists():
        raise NotReadyError("the study has no codebook", where=str(codebook_file(study)), remedy="Run: comb init.")
    text = codebook_text(study)
    if seen and seen != digest(text):
        remedy = "Load it again, and repeat your change if it is still needed."
        raise BadParamsError(
            "the codebook was changed elsewhere since you opened it", where="codebook.yaml", remedy=remedy
        )
    return text


def _tables(study: Study) -> list[Path]:
    folders = [folder for folder in (study.codings, study.reference, study.reviewed) if folder.is_dir()]
    return [path for folder in folders for path in tables_in(folder)]


def _used(study: Study, known: Known) -> Uses:
    """Count the codings in the study's files."""
    found: Uses = Counter()
    for path in _tables(study):
        found |= uses_in(path, known)
    return found


def _refuse_in_use(study: Study, edit: Edit, known: Known, uses: Uses, told_to: str) -> None:
    if not isinstance(edit, Delete) or edit.uncode:
        return
    here = {who: n for (who, code), n in (_used(study, known) | uses).items() if code == edit.code}
    remedy = "Merge it into another code, or delete it and leave these passages uncoded."
    if here and told_to:
        parts = [f"{counted(here[told_to], 'coding')} by you"] if told_to in here else []
        parts += ["codings by others"] if {*here} - {told_to} else []
        raise BadParamsError(f"{edit.code} is in use: {' and '.join(parts)}", where="codebook.yaml", remedy=remedy)
    if here:
        told = ", ".join(f"{who or 'unnamed coder'} {n}" for who, n in sorted(here.items()))
        what = f"{counted(sum(here.values()), 'coding')} use{'s' * (sum(here.values()) == 1)} {edit.code} ({told})"
        raise BadParamsError(what, where="codebook.yaml", remedy=remedy)


def _plan(study: Study, plan: Plan, transcripts: Mapping[str, Transcript]) -> Plan:
    """Compute the consequences of an edit. Raises one error for all files that cannot be read."""
    before, after, mapped = Known(transcripts, plan.before), Known(transcripts, plan.done.book), plan.done.mapped
    if mapped or not _reads_alike(before.codes, after.codes, plan.before):
        errors: list[CombError] = []
        for path in _tables(study):
            try:
                found = recoded_table(path, before, after, mapped)
            except BadInputError as error:
                errors.append(error)
                continue
            if found is not None:
                plan.writes[path] = _writing(found)
                plan.codings += found.changed
        if errors:
            details = [str(error) for error in errors]
            remedy = "Correct them first: codings that cannot be read cannot follow."
            raise BadInputError(
                f"{counted(len(errors), 'file')} with codings cannot be read", remedy=remedy, details=details
            )
    plan.writes |= recoded_sheets(study, mapped, plan.notes) | recoded_waiting(study, before, after, mapped)
    if renamed := {old: new for old, new in mapped.items() if new}:
        _plan_decisions(study, plan, renamed)
    return plan


def _reads_alike(before: CodeNames, after: CodeNames, book: Codebook) -> bool:
    """Return whether cells contain the same code before and after."""
    return all(after.find(label) == before.find(label) for code in book for label in (code.id, code.name))


def _writing(table: RecodedTable) -> Callable[[], None]:
    def write() -> None:
        write_rows(table.target, table.header, table.cells, exact=True)
        if table.target != table.source:
            remove(table.source)

    return write


def _plan_decisions(study: Study, plan: Plan, mapped: Mapping[str, str]) -> None:
    found = read_decisions(study.decisions)
    made: dict[tuple[object, ...], Decision] = {}
    for one in found:
        new = replace(one, code=mapped.get(one.code, one.code))
        key = (new.transcript, new.coder, new.start, new.end, new.code, new.decided_at)
        made.setdefault(key, new)
    if list(made.values()) != found:
        plan.writes[study.decisions] = lambda: write_decisions(study.decisions, list(made.values()))


def _write(study: Study, plan: Plan, what: str, asked: Asked, text: str, pending: Pairs, undone: int | None) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    mapped = dict(plan.done.mapped)
    kept = undo_files.copies(study, plan.writes) if mapped else None
    with together(study.root):
        for write in plan.writes.values():
            write()
        write_text(codebook_file(study), plan.done.text)
        made = Version(0, at, asked.by, what, " ".join(asked.why.split()), written(mapped), "")
        number = add_version(study, text, plan.done.text, made)
        if mapped or undone is not None:
            note = {"version": number, "mapped": mapped, "undone": None if mapped else undone, "by": asked.by}
            common = [list(pair) for pair in pending]
            place = study.state / PENDING
            waiting = read_json(place) if place.exists() else []
            write_json(place, [*waiting, {**note, "what": what, "in_common": common}])
    if mapped or undone is None:  # what takes a merge back in the database is still to be read
        undo_files.keep(study, number, kept)


def _told_lost(done: Edited) -> Iterator[str]:
    if done.lost:
        yield (
            f"{counted(len(done.lost), 'comment')} of codebook.yaml could not stay in place and "
            f"{'is' if len(done.lost) == 1 else 'are'} now at the top of the file."
        )
