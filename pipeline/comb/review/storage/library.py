"""All transcripts of a study, as they are in the files now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from comb.codebook import Codebook
from comb.codings.anchors import AnchoredText
from comb.errors import BadInputError, CombError
from comb.records import Transcript
from comb.review.storage.documents import Document, Source, Suggested, compact, suggestions_by_transcript
from comb.review.storage.language_models import LanguageModels
from comb.study.codebook_history import aliases, codebook_file
from comb.study.layout import Study
from comb.study.params import Params
from comb.study.speakers import StudyRoles
from comb.transcripts.confirmed_roles import confirm, unknown_speakers
from comb.transcripts.reader import read_folder, read_transcript, transcript_files
from comb.transcripts.segment import segment_transcripts

_Stamp = tuple[int, ...] | None
PUT_BACK = "Put it back where it was, then load the page again."


class MissingFileError(BadInputError):
    """The file of a transcript is gone, or can no longer be read."""


def _stamp(file: Path) -> _Stamp:
    """Return a stamp by which a changed file is recognised; None if there is no file."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


class Library:
    """All documents of a study, of which a new one has none; changed files are read again."""

    def __init__(self, study: Study, documents: Iterable[Document], seen: "_Seen", refused: Sequence[str]) -> None:
        self.study = study
        self._seen = seen
        self._refused = refused
        self._documents = {document.transcript.id: document for document in documents}
        self._read: dict[str, int] = {}
        self._stamps = {document.transcript.id: _stamp(document.file) for document in self._documents.values()}
        self._refreshing = Lock()
        self._fixed: dict[str, str] = {}
        self._language_models = LanguageModels(study)
        self._aliases: dict[str, str] | None = None
        self.notes: list[str] = []
        """Notes on files that could not be used, without participants' words."""

    @property
    def codebook(self) -> Codebook:
        """The study's codebook."""
        return self.study.codebook

    @property
    def aliases(self) -> dict[str, str]:
        """The present code for each id that codes had before the codebook was edited."""
        if self._aliases is None:
            self._aliases = aliases(self.study)
        return self._aliases

    def has_other_codebook(self) -> bool:
        """Return whether the codebook's file has changed since it was read."""
        return self._seen.codebook != _stamp(codebook_file(self.study))

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
        """Return whether there is such a transcript."""
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
        """Return the language models' codings of a transcript, which no act changes."""
        return self._language_models.of(self._documents[name].transcript, self.transcripts)

    def language_model_names(self) -> dict[str, list[str]]:
        """Return the language models that coded each transcript, sorted."""
        return self._language_models.names(self.transcripts)

    def fixed(self, name: str) -> str:
        """Return the parts of a transcript that no act changes, as JSON: id, text, turns, segments."""
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
        """Return a transcript's text as last read."""
        return self._documents[name].text

    def refresh(self, name: str) -> bool:
        """Read a transcript again if its file has changed; return whether its text has changed.

        Raises MissingFileError if the file is gone or unreadable.
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
                what = f"the file of transcript {name!r} was changed and can no longer be read"
                raise MissingFileError(what, remedy=error.remedy or PUT_BACK) from None
            self._stamps[name] = stamp
            return self._documents[name].text.digest != document.text.digest

    def _has_moved(self, document: Document) -> bool:
        file = self.study.raw / document.file.name
        there = document.source == "new" and file.is_file()
        if there:
            self.moved(document.transcript.id, file)
            # It is read again: nobody has compared it with what was shown.
            self._stamps[document.transcript.id] = None
        return there

    def follow(self) -> bool:
        """Read new and changed params, codebook, codings and transcripts; return whether there were any.

        If the files are unreadable, the library stays as it was, and ``notes`` contain the reason.
        """
        with self._refreshing:
            before, self._seen = self._seen, _Seen.of(self.study)
            if self._seen == before:
                return False
            study = Study(self.study.root)
            try:
                if self._seen.reading != before.reading:
                    self._read_again(study)
                study.codebook  # noqa: B018  (read now: whoever asks for it later has no way to refuse)
            except CombError as error:
                self.notes = [str(error)]
                return False
            self.notes = [*self._refused]
            self.study = study
            self._language_models = LanguageModels(study)
            self._aliases = None
            self._fixed.clear()
            self._read.clear()
            return True

    def _read_again(self, study: Study) -> None:
        known = self._documents if study.params.segment == self.params.segment else {}
        documents, errors = read_documents(study, known)
        self._refused = [str(error) for error in errors]
        # A document whose file is gone stays: its codings wait until the file is put back.
        self._documents |= {document.transcript.id: document for document in documents}
        self._stamps = {name: _stamp(document.file) for name, document in self._documents.items()}

    def warm(self) -> None:
        """Prepare all answers, so that the first ones are as fast as later ones."""
        for name in self.ids:
            self.fixed(name)
            self[name].prefixes  # noqa: B018  (computed once, kept)

    def moved(self, name: str, file: Path) -> None:
        """Record that a new transcript is now used for training."""
        self._documents[name] = replace(self._documents[name], source="raw", file=file)
        self._stamps[name] = _stamp(file)

    def follow_moves(self) -> None:
        """Find new transcripts that another server has moved to those for training."""
        for name, document in list(self._documents.items()):
            target = self.study.raw / document.file.name
            if document.source == "new" and not document.file.exists() and target.exists():
                self.moved(name, target)

    def reread(self, name: str) -> None:
        """Read a transcript again because a person has confirmed its speakers."""
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
            return suggestions_by_transcript(path, transcript, self.codebook, self.aliases)
        except CombError as error:
            self.notes.append(str(error))
            return {}


def open_library(study: Study) -> tuple[Library, list[CombError]]:
    """Read a study's transcripts, raw and new, and cut them into segments; errors are listed separately."""
    # Looked at before they are read: what comes meanwhile is followed.
    seen = _Seen.of(study)
    documents, errors = read_documents(study, {})
    return Library(study, documents, seen, [str(error) for error in errors]), errors


def read_documents(study: Study, known: Mapping[str, Document]) -> tuple[list[Document], list[CombError]]:
    """Read the documents of a study; errors are listed separately.

    A transcript that is in both folders counts as raw. Segments of ``known`` documents are reused if the transcript has
    not changed.
    """
    found: dict[str, tuple[_Confirmed, Source, Path]] = {}
    errors: list[CombError] = []
    folders: tuple[tuple[Path, Source], ...] = ((study.new, "new"), (study.raw, "raw"))
    for folder, source in folders:
        for one, file in _read(folder, study, errors):
            found[one.transcript.id] = (one, source, file)
    segments = {name: [*known[name].segments] for name, (one, _, _) in found.items() if _same(known.get(name), one)}
    unlike = [one.transcript for name, (one, _, _) in found.items() if name not in segments]
    for segment in segment_transcripts(unlike, study.params.segment) if unlike else ():
        segments.setdefault(segment.transcript, []).append(segment)
    documents = [
        Document(one.transcript, source, file, tuple(segments.get(name, ())), one.unconfirmed)
        for name, (one, source, file) in found.items()
    ]
    return documents, errors


def _same(known: Document | None, now: "_Confirmed") -> bool:
    return known is not None and known.transcript == now.transcript


@dataclass(frozen=True)
class _Seen:
    """Stamps of a study's files, by which it is recognised that some came or were changed."""

    params: _Stamp
    codebook: _Stamp
    codings: frozenset[tuple[Path, _Stamp]]
    transcripts: frozenset[str]
    """Names of the files. An export moves transcripts, so the folder does not count; ``refresh`` sees new texts."""

    @classmethod
    def of(cls, study: Study) -> "_Seen":
        """Read the state of a study's files."""
        folders = [folder for folder in (study.new, study.raw) if folder.is_dir()]
        return cls(
            _stamp(study.root / "configs" / "params.yaml"),
            _stamp(codebook_file(study)),
            frozenset((path, _stamp(path)) for path in study.codings.glob("*.csv")),
            frozenset(path.name for folder in folders for _, path in transcript_files(folder)),
        )

    @property
    def reading(self) -> tuple[_Stamp, frozenset[str]]:
        """The settings that determine which transcripts are read, and how."""
        return self.params, self.transcripts


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
