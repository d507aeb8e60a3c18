"""From a Project to the files of a study: what ``comb import`` writes for a file of other software.

A transcript is stored so that it reads back with the same text and the same turns, because offsets count in that
text: as the file it came from where the reader gives one (``originals``), as plain text where plain text reads so, and
otherwise as JSON with its turns.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from comb.codebook import Codebook, codebook_yaml, parse_codebook, read_yaml
from comb.codings.codings_csv import NOT_CODINGS, read_codings, read_decisions, write_codings, write_decisions
from comb.errors import BadInputError, CombError
from comb.exchange.attributes import merge_attributes, read_attributes, read_pairs, write_attributes
from comb.exchange.project import Project
from comb.records import Coding, Transcript
from comb.study.files import write_bytes, write_rows, write_text
from comb.study.layout import Study
from comb.study.params import RoleParams
from comb.transcripts.encoding import encode
from comb.transcripts.reader import SUFFIXES, dump_transcript, read_transcript, transcript_id
from comb.transcripts.text import read_text


@dataclass
class Placement:
    """Files that were made ready in a folder of their own, and where each belongs."""

    new: dict[Path, Path] = field(default_factory=dict)
    """By file: the target, which must not be another file already."""
    grown: dict[Path, Path] = field(default_factory=dict)
    """By file: the target, which this file holds all of and may replace."""
    notes: list[str] = field(default_factory=list)


def place_project(project: Project, stem: str, study: Study, template: Codebook, folder: Path) -> Placement:
    """Make the files of a project ready in ``folder``, and say where in the study they belong.

    ``stem`` names the codings file; ``template`` is the codebook of a study that nobody has touched, which a
    project's own codebook may replace. Raises BadInputError where the study has another transcript of the same id.
    """
    placed = Placement()
    _place_transcripts(placed, project, study, folder)
    _place_codings(placed, project, stem, study, folder)
    if project.codebook is not None:
        _place_codebook(placed, project.codebook, stem, study, template, folder)
    if any(project.attributes.values()):
        merged = merge_attributes(read_attributes(study.attributes), project.attributes, stem)
        write_attributes(folder / "attributes.csv", merged)
        placed.grown[folder / "attributes.csv"] = study.attributes
    return placed


def _place_transcripts(placed: Placement, project: Project, study: Study, folder: Path) -> None:
    there = {transcript_id(path).casefold(): path for path in _transcript_files(study)}
    roles = study.params.study.roles
    for name, transcript in project.transcripts.items():
        if (old := there.get(name.casefold())) is not None:
            _need_same(old, transcript, study)
            continue
        target = study.new if name in project.new else study.raw
        suffix, content = _stored(transcript, roles)
        if name in project.originals:
            path = project.originals[name]
        else:
            path = folder / target.name / f"{name}{suffix}"
            write_bytes(path, content)
        placed.new[path] = target / path.name


def _transcript_files(study: Study) -> Iterator[Path]:
    for folder in (study.raw, study.new):
        yield from (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def _need_same(path: Path, transcript: Transcript, study: Study) -> None:
    own = study.params.study
    old = transcript_id(path) == transcript.id and read_transcript(path, own.roles, own.given_encodings)
    if not old or old.text != transcript.text:
        what = f"the study has another file of that name or id: {path.name}"
        remedy = "Rename one of the two, or make another study for it; nothing was imported."
        raise BadInputError(what, where=f"transcript {transcript.id}", remedy=remedy)


def _stored(transcript: Transcript, roles: RoleParams) -> tuple[str, bytes]:
    """Give suffix and content of a file that reads as this transcript."""
    content = encode(transcript.text)
    try:
        if read_text(content, transcript.id, roles) == (transcript.text, transcript.turns):
            return ".txt", content
    except CombError:
        pass
    return ".json", dump_transcript(transcript, roles)


def _place_codings(placed: Placement, project: Project, stem: str, study: Study, folder: Path) -> None:
    if project.codings:
        table = folder / "codings" / f"{stem}.csv"
        if table.name in NOT_CODINGS:
            remedy = "Rename it: comb keeps that name for something else."
            raise BadInputError("codings cannot have this name", where=table.name, remedy=remedy)
        write_codings(table, project.codings)
        placed.new[table] = study.codings / table.name
    coverage = _coverage(project, study)
    if coverage is not None:
        _grow(placed, folder / "codings" / "coverage.csv", study.codings, ("transcript", "coder"), coverage)
    participants = dict.fromkeys(
        [*read_pairs(study.participants, ("transcript", "participant")), *project.participants]
    )
    if project.participants:
        _grow(
            placed, folder / "codings" / "participants.csv", study.codings, ("transcript", "participant"), participants
        )
    if project.decisions:
        decisions = dict.fromkeys([*read_decisions(study.decisions), *project.decisions])
        write_decisions(folder / "decisions.csv", decisions)
        placed.grown[folder / "decisions.csv"] = study.decisions


def _grow(
    placed: Placement, path: Path, target: Path, header: tuple[str, str], pairs: dict[tuple[str, str], None]
) -> None:
    write_rows(path, header, pairs)
    placed.grown[path] = target / path.name


def _coverage(project: Project, study: Study) -> dict[tuple[str, str], None] | None:
    """Give the whole coverage after the import; None where neither the study nor the project states any.

    Without ``coverage.csv`` whoever coded in a transcript read all of it. Once the file is there, it has to say so.
    """
    path = study.codings / "coverage.csv"
    if project.coverage is None and not path.exists():
        return None
    old = read_pairs(path, ("transcript", "coder")) if path.exists() else _coders(_own_codings(study))
    new = sorted(project.coverage) if project.coverage is not None else _coders(project.codings)
    return dict.fromkeys([*old, *new])


def _own_codings(study: Study) -> tuple[Coding, ...]:
    from comb.transcripts.reader import read_folder

    if not any(study.codings.glob("*.csv")):
        return ()
    transcripts = {
        t.id: t for t in read_folder(study.raw, study.params.study.roles, study.params.study.given_encodings)[0]
    }
    return read_codings(study.codings, transcripts).codings


def _coders(codings: tuple[Coding, ...]) -> list[tuple[str, str]]:
    return sorted({(coding.transcript, coding.coder) for coding in codings})


def _place_codebook(
    placed: Placement, book: Codebook, stem: str, study: Study, template: Codebook, folder: Path
) -> None:
    own = study.root / "configs" / "codebook.yaml"
    old = parse_codebook(read_yaml(own), own.name) if own.exists() else None
    if old == book:
        return
    untouched = old is None or old == template
    target = own if untouched else own.with_name(f"{stem}.codebook.yaml")
    path = folder / target.name
    write_text(path, codebook_yaml(book))
    if untouched:
        placed.grown[path] = target
        placed.notes.append(f"configs/codebook.yaml now holds the {len(book.codes)} codes of the project.")
    else:
        placed.new[path] = target
        placed.notes.append(
            f"Your codebook is left as it is. That of the project is {target.relative_to(study.root)}: copy from it "
            "the codes that you want to configs/codebook.yaml, or rename it so."
        )
