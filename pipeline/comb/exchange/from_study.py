"""Read the files of a study into a Project, for other software."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from comb.codings.codings_csv import COLUMNS, REQUIRED, read_codings, read_decisions
from comb.codings.memos_csv import read_memos
from comb.errors import BadInputError
from comb.exchange.attributes import Attributes, read_attributes, read_pairs
from comb.exchange.project import Grid, Project, no_grid
from comb.records import Segment, Span, Suggestion, Transcript, spoken
from comb.study.files import read_records, read_rows
from comb.study.layout import Study
from comb.study.suggestion_files import read_suggestions
from comb.transcripts.reader import read_folder


def gather_project(study: Study, coders: Sequence[str] = (), *, suggestions: bool = True) -> Project:
    """Gather transcripts, codebook, codings, attributes, suggestions and decisions of a study.

    Transcripts are read again from ``data/raw``, so that the project never has an outdated text; those in ``data/new``
    are included if suggestions are. With ``coders``, only their codings are included. Raises BadInputError if there is
    no transcript, if a coding fits none, or if one of ``coders`` does not exist.
    """
    transcripts, warnings = _read(study)
    found = read_codings(study.codings, transcripts, study.codebook)
    project = Project(
        name=study.root.name,
        codebook=study.codebook,
        transcripts=transcripts,
        codings=found.codings,
        attributes=_known(read_attributes(study.attributes), transcripts),
        coverage=found.coverage,
        participants=tuple(
            pair for pair in read_pairs(study.participants, ("transcript", "participant")) if pair[0] in transcripts
        ),
        memos=tuple(memo for memo in read_memos(study.memos) if memo.text),
        grid=lambda: read_grid(study, transcripts),
        changed=_changed(study),
        warnings=(*warnings, *found.warnings),
    )
    if coders:
        project = _only_coders(project, coders)
    return _with_suggestions(project, study) if suggestions else project


def read_grid(study: Study, transcripts: Mapping[str, Transcript]) -> Grid:
    """Read the segments of a study. Raises NotReadyError if there are none, or if they belong to other texts."""
    segments = read_records(study.segments, Segment) if study.segments.exists() else []
    texts = {name: (transcript.text, transcript.cuts) for name, transcript in transcripts.items()}
    if not segments or any(_said(texts, s) != s.text for s in segments):
        return no_grid()
    return Grid(segments, study.params.train.level, study.params.train.overlap)


def _said(texts: Mapping[str, tuple[str, tuple[Span, ...]]], item: Segment | Suggestion) -> str:
    text, cuts = texts.get(item.transcript, ("", ()))
    return spoken(text, item.start, item.end, cuts)


def _changed(study: Study) -> str:
    """Return when the newest of the study's own files was last written; ISO 8601, UTC, whole seconds."""
    folders = (study.raw, study.codings, study.root / "configs")
    times = [path.stat().st_mtime for folder in folders for path in folder.rglob("*") if path.is_file()]
    newest = datetime.fromtimestamp(int(max(times, default=0)), UTC)
    return newest.strftime("%Y-%m-%dT%H:%M:%SZ") if times else ""


def _known(attributes: Attributes, transcripts: Container[str]) -> Attributes:
    return {name: values for name, values in attributes.items() if name in transcripts}


def _read(study: Study) -> tuple[dict[str, Transcript], list[str]]:
    transcripts, errors = read_folder(study.raw, study.roles, study.params.study.given_encodings)
    if not transcripts:
        remedy = "Put transcripts there, or use: comb import FILE."
        raise errors[0] if errors else BadInputError("there are no transcripts", where=str(study.raw), remedy=remedy)
    return {transcript.id: transcript for transcript in transcripts}, [str(error) for error in errors]


def _only_coders(project: Project, coders: Sequence[str]) -> Project:
    known = {coding.coder for coding in project.codings}
    for name in coders:
        if name not in known:
            remedy = f"The coders are: {', '.join(sorted(known)) or 'none yet'}."
            raise BadInputError(f"no coder is named {name!r}", where="--coder", remedy=remedy)
    coverage = project.coverage
    return replace(
        project,
        codings=tuple(coding for coding in project.codings if coding.coder in coders),
        memos=tuple(memo for memo in project.memos if memo.coder in coders),
        coverage=None if coverage is None else frozenset(pair for pair in coverage if pair[1] in coders),
    )


def _with_suggestions(project: Project, study: Study) -> Project:
    """Add suggestions and decisions, with the new transcripts that they belong to."""
    made, decisions = read_suggestions(study.suggestions), read_decisions(study.decisions)
    found = [*made, *_coded_by_language_models(study, made)]
    wanted = {item.transcript for item in found} | {item.transcript for item in decisions}
    wanted -= project.transcripts.keys()
    new = (
        {t.id: t for t in read_folder(study.new, study.roles, study.params.study.given_encodings)[0] if t.id in wanted}
        if wanted
        else {}
    )
    transcripts = {**project.transcripts, **new}
    fitting = _fitting(found, transcripts)
    lost = len(found) - len(fitting)
    outdated = (f"{lost} suggestions no longer fit their transcripts and are left out: run comb suggest",)
    return replace(
        project,
        transcripts=transcripts,
        suggestions=tuple(fitting),
        decisions=tuple(item for item in decisions if item.transcript in transcripts),
        attributes=_known(read_attributes(study.attributes), transcripts),
        new=frozenset(new),
        warnings=project.warnings + (outdated if lost else ()),
    )


def _coded_by_language_models(study: Study, known: Sequence[Suggestion]) -> list[Suggestion]:
    """Return what language models coded as suggestions, never as a person's codings; those that are known left out."""
    there = {(s.transcript, s.start, s.end, s.code, s.model.split(" ")[0]) for s in known}
    paths = sorted(study.llm.glob("*/codings.csv")) + sorted(study.llm.glob("*/new.csv"))
    found = [_as_suggestion(row) for path in paths for _, row in read_rows(path, REQUIRED, COLUMNS) if row["code"]]
    return [s for s in found if (s.transcript, s.start, s.end, s.code, s.model) not in there]


def _as_suggestion(row: Mapping[str, str]) -> Suggestion:
    place = (row["transcript"], int(row["start"]), int(row["end"]))
    return Suggestion(*place, "", row["quote"], row["code"], "", float(row["score"] or 0), 0.0, 1, row["coder"])


def _fitting(suggestions: Iterable[Suggestion], transcripts: dict[str, Transcript]) -> list[Suggestion]:
    texts = {name: (transcript.text, transcript.cuts) for name, transcript in transcripts.items()}
    return [item for item in suggestions if item.transcript in texts and _said(texts, item) == item.text]
