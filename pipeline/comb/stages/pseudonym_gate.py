"""Check whether names have been replaced before participants' words leave comb; if not, warn or stop.

Exports, reports and models contain participants' words: a trained head keeps coded sentences and fragments of words.
"""

from comb.errors import NotReadyError
from comb.privacy.table import read_candidates
from comb.stages.listener import Listener
from comb.stages.pseudonymise import Pseudonymised, Searched
from comb.stages.study_texts import digests
from comb.study.files import read_record
from comb.study.layout import Study


def unreplaced(study: Study) -> str:
    """Return why a study's transcripts may contain names; empty if a person has confirmed that none do.

    Only digests of files and the table are compared: no transcript is read.
    """
    if study.pseudonymised.exists():
        return _in_copy(study)
    if not study.searched.exists() or not study.candidates.exists():
        return "the transcripts of this study have not been searched for names"
    searched = read_record(study.searched, Searched, "Run: comb pseudonymise.").files
    changed = sum(searched.get(path) != was for path, was in digests(study).items())
    if changed:
        return f"transcripts added or changed since the search for names: {changed}"
    rows = read_candidates(study.candidates)
    undecided = sum(not row.decision for row in rows)
    if undecided:
        return f"undecided candidates for pseudonyms: {undecided}"
    if any(row.replaced for row in rows):
        return "this study contains the originals; the pseudonymised copy is a separate study"
    return ""


def _in_copy(study: Study) -> str:
    made = read_record(study.pseudonymised, Pseudonymised, "Run: comb pseudonymise --apply.")
    if not made.complete:
        return "the pseudonymised copy is not complete"
    if made.restored:
        return "this study contains the originals again"
    changed = sum(made.files.get(path) != was for path, was in digests(study).items())
    return f"transcripts added or changed since names were replaced: {changed}" if changed else ""


def check_pseudonyms(study: Study, listener: Listener, what: str, *, require: bool = False) -> None:
    """Report that ``what`` may contain names, or raise NotReadyError if the params or ``require`` forbid it."""
    why = unreplaced(study)
    if not why:
        return
    if require or study.params.pseudonyms.require:
        remedy = "Run: comb pseudonymise; decide each candidate; then: comb pseudonymise --apply DIR, and work in DIR."
        raise NotReadyError(f"{what} may name people: {why}", where="pseudonyms", remedy=remedy)
    listener.note(f"comb: {what} may name people: {why}. See: comb pseudonymise.")
