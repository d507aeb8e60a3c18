"""Write a study for other software."""

from collections.abc import Sequence
from pathlib import Path

from comb.exchange.from_study import gather_project
from comb.exchange.valence_codes import valence_as_codes
from comb.stages.formats import writable, write_project
from comb.stages.listener import Listener
from comb.stages.pseudonym_gate import check_pseudonyms
from comb.study.atomic import together
from comb.study.layout import Study


def export(
    study: Study,
    name: str,
    out: Path,
    listener: Listener,
    *,
    coders: Sequence[str] = (),
    suggestions: bool = True,
    valence_codes: bool = False,
    require_pseudonyms: bool = False,
) -> Path:
    """Write transcripts, codebook, codings and suggestions in a format; return the file or folder written.

    With ``valence_codes``, a coding with a valence is put on a code of its own below the coding's code.
    """
    with listener.status("Reading the study"):
        project = gather_project(study, coders, suggestions=suggestions)
        project = valence_as_codes(project) if valence_codes else project
    check_pseudonyms(study, listener, "the export", require=require_pseudonyms)
    with together(study.root):
        written = write_project(project, writable()[name], out, listener)
    for warning in project.warnings:
        listener.note(f"comb: {warning}")
    codings, found = len(project.codings), len(project.suggestions)
    listener.note(f"{len(project.transcripts)} transcripts, {codings} codings, {found} suggestions → {written}")
    return written
