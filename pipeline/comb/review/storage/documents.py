"""What the review page shows of a study: transcripts, segments, and what the model suggests."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from comb.codebook import Codebook
from comb.codings.anchors import AnchoredText
from comb.errors import BadInputError, CombError
from comb.records import Segment, Transcript, spoken
from comb.review.storage.language_models import LanguageModels
from comb.study.files import read_rows
from comb.study.layout import Study
from comb.study.params import Params
from comb.study.speakers import StudyRoles
from comb.transcripts.confirmed_roles import confirm, unknown_speakers
from comb.transcripts.reader import read_folder, read_transcript, transcript_files
from comb.transcripts.segment import segment_transcripts

Source = Literal["raw", "new"]
Span = tuple[int, int]
MOST_WHOLE = 2000
"""With more suggestions than this, their evidence is sent only when one is looked at."""
AUDITED = 40
"""Segments in a blind audit, where ``comb audit`` drew no sample."""
_FIELDS = ("start", "end", "code", "valence", "score", "threshold", "rank", "model")


@dataclass(frozen=True)
class Suggested:
    """A suggestion as the page gets it. Its id names place and code, so that a decision outlives a new training."""

    id: str
    start: int
    end: int
    code: str
    valence: str
    score: float
    threshold: float
    rank: int
    model: str
    evidence: tuple[Mapping[str, Any], ...]
    rival: Mapping[str, Any] | None
    words: tuple[str, ...]
    """Words that weigh most for the code, where the model says so."""

    def data(self, *, whole: bool) -> dict[str, Any]:
        """Return what never changes of it; not ``whole``: without evidence and rival."""
        brief = {"id": self.id} | {name: getattr(self, name) for name in _FIELDS}
        if not whole:
            return brief
        return brief | {"evidence": self.evidence, "rival": self.rival, "words": self.words}


@dataclass(frozen=True)
class Document:
    """A transcript with its segments and suggestions."""

    transcript: Transcript
    source: Source
    file: Path
    segments: tuple[Segment, ...]
    unconfirmed: tuple[str, ...] = ()
    """Speakers whose role nobody has confirmed: what they say is not coded."""
    suggestions: Mapping[str, Suggested] = field(default_factory=dict)

    @cached_property
    def text(self) -> AnchoredText:
        """The canonical text, to put spans on their words."""
        return AnchoredText(self.transcript)

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Each suggestion as JSON, open at its end for what coders add: written once, sent often."""
        whole = not self.brief
        return {key: compact(item.data(whole=whole))[:-1] for key, item in self.suggestions.items()}

    @property
    def brief(self) -> bool:
        """Whether suggestions are sent without evidence at first."""
        return len(self.suggestions) > MOST_WHOLE

    @property
    def uncoded(self) -> list[Span]:
        """Segments for which the model suggests nothing."""
        touched = {(item.start, item.end) for item in self.suggestions.values()}
        return [(s.start, s.end) for s in self.segments if (s.start, s.end) not in touched]


PUT_BACK = "Put it back where it was, then load the page again."


class MissingFileError(BadInputError):
    """The file of a transcript is gone, or cannot be read any more."""


def _stamp(file: Path) -> tuple[int, ...] | None:
    """Return what tells a changed file from the one that was read; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


class Library:
    """All documents of a study. Suggestions are read anew when ``dvc repro`` has written them anew."""

    def __init__(self, study: Study, documents: Iterable[Document]) -> None:
        self.study = study
        self._documents = {document.transcript.id: document for document in documents}
        self._read: dict[str, int] = {}
        self._stamps = {document.transcript.id: _stamp(document.file) for document in self._documents.values()}
        self._refreshing = Lock()
        self._fixed: dict[str, str] = {}
        self._language_models = LanguageModels(study)
        self.notes: list[str] = []
        """What could not be used, without participants' words."""

    @property
    def codebook(self) -> Codebook:
        """The study's codebook."""
        return self.study.codebook

    @property
    def params(self) -> Params:
        """The study's params."""
        return self.study.params

    @property
    def ids(self) -> list[str]:
        """Ids of all transcripts, sorted."""
        return sorted(self._documents)

    @property
    def transcripts(self) -> dict[str, Transcript]:
        """All transcripts by id."""
        return {name: self._documents[name].transcript for name in self.ids}

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a transcript."""
        return name in self._documents

    def __getitem__(self, name: str) -> Document:
        """Return a document, with the suggestions as they are on the disk now."""
        path = self.study.suggestions / f"{name}.jsonl"
        stamp = path.stat().st_mtime_ns if path.exists() else 0
        if self._read.get(name, -1) != stamp:
            document = self._documents[name]
            self._documents[name] = replace(document, suggestions=self._suggestions(path, document.transcript))
            self._read[name] = stamp
            self._fixed.pop(name, None)
        return self._documents[name]

    def language_models(self, name: str) -> list[dict[str, Any]]:
        """Return what language models coded in a transcript; nothing that an act changes."""
        return self._language_models.of(self._documents[name].transcript, self.transcripts)

    def fixed(self, name: str) -> str:
        """Return as JSON what no act changes of a transcript: id, text, turns, segments."""
        document = self[name]
        if name not in self._fixed:
            text = document.transcript
            turns = [{k: v for k, v in asdict(turn).items()} for turn in text.turns]
            segments = [(s.start, s.end, s.turn) for s in document.segments]
            data = {"id": text.id, "text": text.text, "turns": turns, "segments": segments}
            data["unconfirmed"] = document.unconfirmed
            data["text_digest"] = document.text.digest
            self._fixed[name] = compact(data)
        return self._fixed[name]

    def text(self, name: str) -> AnchoredText:
        """Return a transcript's text, as it was read last."""
        return self._documents[name].text

    def refresh(self, name: str) -> bool:
        """Read a transcript anew where its file has changed since; tell whether there is another text now.

        Raises MissingFileError where the file is gone or cannot be read as it is now.
        """
        with self._refreshing:
            document = self._documents[name]
            stamp = _stamp(document.file)
            if stamp is None and self._has_moved(document):
                # An export of another server took it to the transcripts to train on.
                document = self._documents[name]
                stamp = _stamp(document.file)
            if stamp is None:
                raise MissingFileError(f"the file of transcript {name!r} is gone", remedy=PUT_BACK)
            if stamp == self._stamps[name]:
                return False
            try:
                self.reread(name)
            except CombError as error:
                what = f"the file of transcript {name!r} was changed and cannot be read now"
                raise MissingFileError(what, remedy=error.remedy or PUT_BACK) from None
            self._stamps[name] = stamp
            return self._documents[name].text.digest != document.text.digest

    def _has_moved(self, document: Document) -> bool:
        file = self.study.raw / document.file.name
        there = document.source == "new" and file.is_file()
        if there:
            self.moved(document.transcript.id, file)
            # It is read anew: nobody has compared it with what was shown.
            self._stamps[document.transcript.id] = None
        return there

    def warm(self) -> None:
        """Prepare all answers, so that the first is as quick as the others."""
        for name in self.ids:
            self.fixed(name)
            self[name].prefixes  # noqa: B018  (computed once, kept)

    def moved(self, name: str, file: Path) -> None:
        """Note that a new transcript is now one to train on."""
        self._documents[name] = replace(self._documents[name], source="raw", file=file)
        self._stamps[name] = _stamp(file)

    def follow_moves(self) -> None:
        """Find new transcripts where another server has moved them: among those to train on."""
        for name, document in list(self._documents.items()):
            target = self.study.raw / document.file.name
            if document.source == "new" and not document.file.exists() and target.exists():
                self.moved(name, target)

    def reread(self, name: str) -> None:
        """Read a transcript anew, because a person has said who speaks in it."""
        document = self._documents[name]
        found = _confirmed(
            read_transcript(document.file, self.study.roles.unconfirmed, self.params.study.given_encodings),
            self.study.roles,
        )
        segments = segment_transcripts([found.transcript], self.study.params.segment)
        self._documents[name] = replace(
            document, transcript=found.transcript, segments=tuple(segments), unconfirmed=found.unconfirmed
        )
        self._fixed.pop(name, None)
        # Suggestions for another text are noticed when they are read again.
        self._read.pop(name, None)

    def _suggestions(self, path: Path, transcript: Transcript) -> dict[str, Suggested]:
        if not path.exists():
            return {}
        try:
            return suggestions_by_transcript(path, transcript, self.codebook)
        except CombError as error:
            self.notes.append(str(error))
            return {}


def compact(data: object) -> str:
    """Write JSON without spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def suggestions_by_transcript(path: Path, transcript: Transcript, codebook: Codebook) -> dict[str, Suggested]:
    """Read the suggestions that ``comb suggest`` wrote for a transcript, by id.

    Raises BadInputError where they are of another text or another codebook.
    """
    remedy = "Run: dvc repro (or: comb suggest FILE)."
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        items = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        for item in items:
            if spoken(transcript.text, item["start"], item["end"], transcript.cuts) != item["text"]:
                raise BadInputError("these suggestions are of another text", where=path.name, remedy=remedy)
            if item["code"] in codebook:
                found.setdefault(f"{item['start']}-{item['end']}", []).append(item)
        made = [_suggested(item, others) for others in found.values() for item in others]
    except (ValueError, KeyError, TypeError):
        raise BadInputError("not a file of suggestions", where=path.name, remedy=remedy) from None
    return {item.id: item for item in sorted(made, key=lambda item: (item.start, item.end, item.rank))}


def _suggested(item: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Suggested:
    """Make a suggestion; where the file names no rival, it is the best of the segment's other suggestions."""
    rest = [other for other in others if other["code"] != item["code"]]
    best = max(rest, key=lambda other: float(other["score"]), default=None)
    rival = item.get("rival") or (best and {"code": best["code"], "score": best["score"]})
    return Suggested(
        id=f"{item['start']}-{item['end']}:{item['code']}",
        evidence=tuple(item.get("evidence", ())),
        rival=rival if isinstance(rival, dict) else None,
        words=tuple(item.get("words", ())),
        **{name: item[name] for name in _FIELDS},
    )


def open_library(study: Study) -> tuple[Library, list[CombError]]:
    """Read a study's transcripts, raw and new, and cut them into segments; what cannot be read is listed beside.

    A transcript that is in both folders counts as raw. Raises BadInputError where there is none at all.
    """
    found: dict[str, tuple[_Confirmed, Source, Path]] = {}
    errors: list[CombError] = []
    for folder, source in ((study.new, "new"), (study.raw, "raw")):
        for one, file in _read(folder, study, errors):
            found[one.transcript.id] = (one, "raw" if source == "raw" else "new", file)
    if not found:
        remedy = "Put transcripts into data/raw or data/new, or use: comb import FILE."
        raise errors[0] if errors else BadInputError("there are no transcripts", where=str(study.data), remedy=remedy)
    segments: dict[str, list[Segment]] = {}
    for segment in segment_transcripts([one.transcript for one, _, _ in found.values()], study.params.segment):
        segments.setdefault(segment.transcript, []).append(segment)
    documents = [
        Document(one.transcript, source, file, tuple(segments.get(name, ())), one.unconfirmed)
        for name, (one, source, file) in found.items()
    ]
    return Library(study, documents), errors


@dataclass(frozen=True)
class _Confirmed:
    """A transcript in the roles that a person confirmed, and the speakers that nobody did."""

    transcript: Transcript
    unconfirmed: tuple[str, ...]


def _confirmed(transcript: Transcript, roles: StudyRoles) -> _Confirmed:
    unknown = unknown_speakers([transcript], roles).get(transcript.id, [])
    return _Confirmed(confirm(transcript, roles), tuple(unknown))


def _read(folder: Path, study: Study, errors: list[CombError]) -> Iterator[tuple[_Confirmed, Path]]:
    if not folder.is_dir():
        return
    roles = study.roles
    transcripts, refused = read_folder(folder, roles.unconfirmed, study.params.study.given_encodings)
    errors += refused
    files = {(name, path.name): path for name, path in transcript_files(folder)}
    for transcript in transcripts:
        try:
            yield _confirmed(transcript, roles), files[transcript.id, transcript.source]
        except BadInputError as error:
            errors.append(error)


def queue(study: Study) -> dict[str, list[tuple[int, int, int]]]:
    """Return what ``comb next`` proposes: segments (start, end, rank) by transcript, the best first; else nothing."""
    path = study.processed / "next.csv"
    found: dict[str, list[tuple[int, int, int]]] = {}
    for _, row in read_rows(path, ("rank", "transcript", "start", "end")) if path.exists() else ():
        start, end, rank = (_number(row[name]) for name in ("start", "end", "rank"))
        if start is not None and end is not None and rank is not None:
            found.setdefault(row["transcript"], []).append((start, end, rank))
    return {name: sorted(spans, key=lambda span: span[2]) for name, spans in found.items()}


def audit_sample(study: Study, document: Document, seed: int) -> list[Span]:
    """Return the segments to audit: as ``comb audit`` drew them, or else drawn here from those without a suggestion."""
    import random

    path = study.processed / "audit.csv"
    rows = read_rows(path, ("transcript", "start", "end")) if path.exists() else ()
    spans = [(_number(r["start"]), _number(r["end"])) for _, r in rows if r["transcript"] == document.transcript.id]
    drawn = [(start, end) for start, end in spans if start is not None and end is not None]
    if drawn:
        return sorted(drawn)
    rest = document.uncoded
    # A sample of the same transcript is the same in every window and after every restart.
    return sorted(random.Random(f"{seed}:{document.transcript.id}").sample(rest, min(AUDITED, len(rest))))  # noqa: S311


def _number(cell: str) -> int | None:
    try:
        return int(float(cell))
    except ValueError:
        return None
