"""Prepare the codings of a project for a study.

Codes get the study's ids, suggestions never become a person's codings, and known codings are not imported again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from comb.codebook import Codebook, parse_codebook
from comb.codings.codings_csv import read_codings
from comb.codings.machine import model_of
from comb.codings.problems import counted
from comb.errors import CombError
from comb.exchange.code_tree import fit_ids
from comb.exchange.project import Project
from comb.records import Coding, Decision, Suggestion, Transcript
from comb.study.files import visible
from comb.study.layout import Study
from comb.transcripts.reader import read_folder

SHOWN = 8
"""Most codes or codings that a line names."""
CodingKey = tuple[str, int, int, str, str]
"""Transcript, start, end, code and coder."""
Coded = TypeVar("Coded", Coding, Suggestion, Decision)


def some(names: Iterable[str]) -> str:
    """Name the first few, and count the rest.

    >>> some(["a", "b"])
    'a, b'
    """
    listed = list(names)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return ", ".join(listed[:SHOWN]) + more


def without_machines(project: Project, notes: list[str]) -> Project:
    """Remove the codings whose coder is a model of comb: they are suggestions that nobody has decided on."""
    people = tuple(coding for coding in project.codings if model_of(coding.coder) is None)
    lost = len(project.codings) - len(people)
    if not lost:
        return project
    notes.append(f"codings that are suggestions of a model, left out: {lost}")
    coverage = project.coverage
    return replace(
        project,
        codings=people,
        coverage=coverage and frozenset(pair for pair in coverage if model_of(pair[1]) is None),
    )


def without_impossible_times(project: Project) -> Project:
    """Remove impossible times of codings, such as the year 0 that LibreOffice writes for an unknown time."""
    codings = (one if _is_time(one.created_at) else replace(one, created_at="") for one in project.codings)
    return replace(project, codings=tuple(codings))


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def with_codes(project: Project, ids: Mapping[str, str]) -> Project:
    """Rename the codes of codings, suggestions and decisions; codes that are not in ``ids`` stay."""

    def renamed(items: Iterable[Coded]) -> tuple[Coded, ...]:
        return tuple(replace(item, code=ids.get(item.code, item.code)) for item in items)

    return replace(
        project,
        codings=renamed(project.codings),
        suggestions=renamed(project.suggestions),
        decisions=renamed(project.decisions),
    )


def with_used_codes(project: Project, book: Codebook) -> Project:
    """Add codes that are used but missing in the project's codebook, at the top of its tree."""
    used = [coding.code for coding in project.codings] + [decision.code for decision in project.decisions]
    missing = [code for code in dict.fromkeys(used) if code and code not in book]
    if not missing:
        return replace(project, codebook=book)
    ids = dict(zip(missing, fit_ids(missing, taken=book.codes), strict=True))
    return with_codes(replace(project, codebook=_with_top_codes(book, ids)), ids)


def _with_top_codes(book: Codebook, ids: Mapping[str, str]) -> Codebook:
    added = parse_codebook({"codes": [{"id": new, "name": name} for name, new in ids.items()]}).codes
    return replace(book, codes=book.codes | added)


def without_known_codings(project: Project, study: Study, notes: list[str], brought: Sequence[Coding] = ()) -> Project:
    """Remove codings that the study has already: the same code on the same words by the same coder.

    ``brought`` contains codings of other files in the same import.
    If such a coding has another valence or memo in the project, the study's own is kept, and a note says so.
    """
    known = by_key([*own_codings(study, project.transcripts), *brought])
    new = tuple(coding for coding in project.codings if coding_key(coding) not in known)
    notes += told_known(project.codings, known)
    return replace(project, codings=new)


def by_key(codings: Iterable[Coding]) -> dict[CodingKey, list[Coding]]:
    """Index codings by the key that makes two of them the same."""
    found: dict[CodingKey, list[Coding]] = defaultdict(list)
    for coding in codings:
        found[coding_key(coding)].append(coding)
    return found


def told_known(codings: Iterable[Coding], known: Mapping[CodingKey, Sequence[Coding]]) -> list[str]:
    """Return a note on codings that the study has already, and on those among them that differ from the study's."""
    there = [coding for coding in codings if coding_key(coding) in known]
    other = [coding for coding in there if not any(_agrees(coding, own) for own in known[coding_key(coding)])]
    which = "1 coding is" if len(there) == 1 else f"{len(there)} codings are"
    notes = [f"{which} in the study already and not imported again."] if there else []
    if other:
        places = some(f"{one.transcript} {one.start}-{one.end} {one.code or '(no code)'} {one.coder}" for one in other)
        notes.append(f"{len(other)} of these have another valence or memo in the study, which is kept: {places}.")
    return notes


def _agrees(coding: Coding, own: Coding) -> bool:
    """Whether a coding says nothing that the study's own does not say; a program may have lost what it had."""
    valence = coding.valence in ("", own.valence)
    return valence and " ".join(coding.memo.split()) in ("", " ".join(own.memo.split()))


def coding_key(coding: Coding) -> CodingKey:
    """Return the key that makes two codings the same: place, code and coder."""
    return coding.transcript, coding.start, coding.end, coding.code, coding.coder.casefold()


def own_codings(study: Study, brought: Mapping[str, Transcript] = {}) -> tuple[Coding, ...]:
    """Read the codings of a study, some of whose transcripts may be part of the import.

    None if they cannot be read; the next command reports that.
    """
    if not visible(study.codings, "*.csv"):
        return ()
    encodings = study.params.study.given_encodings
    transcripts = {t.id: t for t in read_folder(study.raw, study.roles, encodings)[0]}
    try:
        return read_codings(study.codings, {**brought, **transcripts}).codings
    except CombError:
        return ()


def told(project: Project) -> str:
    """Return a line on what was imported from a project."""
    codings = [coding for coding in project.codings if coding.code]
    coders = {coding.coder for coding in project.codings}
    codes = len(project.codebook.codes) if project.codebook else 0
    line = f"{counted(len(project.transcripts), 'transcript')}, {counted(codes, 'code')}, "
    line += f"{counted(len(codings), 'coding')} of {counted(len(coders), 'coder')}"
    if project.suggestions:
        models = Counter(item.model for item in project.suggestions)
        line += (
            f"; {counted(len(project.suggestions), 'suggestion')} of {counted(len(models), 'model')} left out: comb "
            "suggest makes them"
        )
    return f"{line}."
