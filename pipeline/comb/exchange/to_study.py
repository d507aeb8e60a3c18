"""Write a Project as files of a study, when ``comb import`` reads a file of other software.

An import never breaks a study: its own codes, codings and texts stay as they are, a project's codes are matched with
them, codings that the study has already are not written again, and a model's suggestions do not become codings.

A transcript is stored so that it reads back with the same text and the same turns, because offsets count in that
text: as the file it came from where the reader gives one (``originals``), as plain text where plain text reads so, and
otherwise as JSON with its turns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from comb.codebook import Codebook
from comb.codings.codings_csv import check_table_name, read_decisions, write_codings, write_decisions
from comb.errors import BadInputError, CombError
from comb.exchange.attributes import merge_attributes, read_attributes, read_pairs, write_attributes
from comb.exchange.codebook_place import place_codebook
from comb.exchange.coverage import merged_coverage, write_coverage
from comb.exchange.incoming import (
    with_codes,
    with_used_codes,
    without_impossible_times,
    without_known_codings,
    without_machines,
)
from comb.exchange.own_texts import onto_own_texts
from comb.exchange.project import Project
from comb.exchange.valence_codes import codes_as_valence
from comb.records import Coding, Transcript
from comb.study.files import visible, write_bytes, write_rows, write_text
from comb.study.layout import Study
from comb.study.names import check_name
from comb.study.params import RoleParams
from comb.transcripts.encoding import encode
from comb.transcripts.reader import dump_transcript, read_transcript, transcript_files, transcript_id
from comb.transcripts.text import read_text_transcript


@dataclass
class Placement:
    """Files prepared in a separate folder, and the target of each."""

    new: dict[Path, Path] = field(default_factory=dict)
    """Target by file; it must not exist already as another file."""
    grown: dict[Path, Path] = field(default_factory=dict)
    """Target by file; the file contains the target's content and may replace it."""
    notes: list[str] = field(default_factory=list)
    codings: tuple[Coding, ...] = ()
    """Codings that the study does not have yet."""


def place_project(
    project: Project, stem: str, study: Study, template: Codebook, folder: Path, brought: Sequence[Coding] = ()
) -> Placement:
    """Prepare the files of a project in ``folder``, and return their places in the study.

    ``stem`` names the codings file; ``template`` is the codebook of a new study, which a project's own codebook may
    replace as long as nothing refers to it; ``brought`` contains the codings of other files in the same import. Raises
    BadInputError if the study has another transcript of the same id.
    """
    placed = Placement()
    project = without_impossible_times(without_machines(codes_as_valence(project), placed.notes))
    project = onto_own_texts(project, _same_names(project, study), placed.notes)
    _place_transcripts(placed, project, study, folder)
    if project.codebook is not None:
        project = _place_codebook(placed, with_used_codes(project, project.codebook), stem, study, template, folder)
    project = without_known_codings(project, study, placed.notes, brought)
    placed.codings = project.codings
    _place_codings(placed, project, stem, study, folder)
    if any(project.attributes.values()):
        merged = merge_attributes(read_attributes(study.attributes), project.attributes, stem)
        write_attributes(folder / "attributes.csv", merged)
        placed.grown[folder / "attributes.csv"] = study.attributes
    return placed


def _place_transcripts(placed: Placement, project: Project, study: Study, folder: Path) -> None:
    there = {transcript_id(path).casefold(): path for path in _transcript_files(study)}
    roles = study.roles
    for name, transcript in project.transcripts.items():
        if (old := there.get(name.casefold())) is not None:
            _need_same(old, transcript, study)
            continue
        check_name(name, "a transcript of the project")
        target = study.new if name in project.new else study.raw
        suffix, content = _stored(transcript, roles.patterns)
        if name in project.originals:
            path = project.originals[name]
        else:
            path = folder / target.name / f"{name}{suffix}"
            write_bytes(path, content)
        placed.new[path] = target / path.name


def _same_names(project: Project, study: Study) -> dict[str, Transcript]:
    """Read the study's own transcripts that have the names of the project's."""
    encodings = study.params.study.given_encodings
    paths = [path for path in _transcript_files(study) if transcript_id(path) in project.transcripts]
    return {transcript_id(path): read_transcript(path, study.roles, encodings) for path in paths}


def _transcript_files(study: Study) -> Iterator[Path]:
    for folder in (study.raw, study.new):
        yield from (path for _, path in transcript_files(folder))


def _need_same(path: Path, transcript: Transcript, study: Study) -> None:
    own = study.params.study
    old = transcript_id(path) == transcript.id and read_transcript(path, study.roles, own.given_encodings)
    if not old or old.text != transcript.text:
        what = f"the study has another file of that name or id: {path.name}"
        remedy = "Rename one of the two, or make another study for it; nothing was imported."
        raise BadInputError(what, where=f"transcript {transcript.id}", remedy=remedy)


def _stored(transcript: Transcript, roles: RoleParams) -> tuple[str, bytes]:
    """Return suffix and content of a file that reads as this transcript."""
    content = encode(transcript.text)
    try:
        if read_text_transcript(content, transcript.id, roles) == (transcript.text, transcript.turns):
            return ".txt", content
    except CombError:
        pass
    return ".json", dump_transcript(transcript, roles)


def _place_codings(placed: Placement, project: Project, stem: str, study: Study, folder: Path) -> None:
    if project.codings:
        table = folder / "codings" / _free_name(study.codings, stem)
        check_table_name(table.stem, table.name)
        write_codings(table, project.codings)
        placed.new[table] = study.codings / table.name
    said = dict.fromkeys(sorted(project.coverage), "") if project.coverage is not None else None
    target = study.codings / "coverage.csv"
    coverage = merged_coverage(study, target, said, ((coding.transcript, coding.coder) for coding in project.codings))
    if coverage is not None:
        write_coverage(folder / "codings" / target.name, coverage)
        placed.grown[folder / "codings" / target.name] = target
    participants = dict.fromkeys(
        [*read_pairs(study.participants, ("transcript", "participant")), *project.participants]
    )
    if project.participants:
        write_rows(folder / "codings" / "participants.csv", ("transcript", "participant"), participants)
        placed.grown[folder / "codings" / "participants.csv"] = study.participants
    if project.decisions:
        decisions = dict.fromkeys([*read_decisions(study.decisions), *project.decisions])
        write_decisions(folder / "decisions.csv", decisions)
        placed.grown[folder / "decisions.csv"] = study.decisions


def _free_name(folder: Path, stem: str) -> str:
    """Name a codings file as no other in the folder is named."""
    taken = {path.stem.casefold() for path in visible(folder, "*.csv")}
    names = chain([stem], (f"{stem} {number}" for number in count(2)))
    return next(f"{name}.csv" for name in names if name.casefold() not in taken)


def _place_codebook(
    placed: Placement, project: Project, stem: str, study: Study, template: Codebook, folder: Path
) -> Project:
    """Prepare the study's codebook, and return the project with the study's codes."""
    assert project.codebook is not None  # noqa: S101  (the caller has looked)
    found = place_codebook(project.codebook, study, template)
    own = study.root / "configs" / "codebook.yaml"
    placed.notes += found.told
    if found.text is not None:
        write_text(folder / own.name, found.text)
        placed.grown[folder / own.name] = own
    beside = own.with_name(f"{stem}.codebook.yaml")
    if found.beside and not beside.exists():
        write_text(folder / beside.name, found.beside)
        placed.new[folder / beside.name] = beside
        placed.notes.append(
            f"To use the project's codes alone: rename configs/{beside.name} to codebook.yaml, and set train.level in "
            "configs/params.yaml to one of its levels."
        )
    return with_codes(project, found.ids)
