"""Read .qdpx and .qdc into a Project. Things for which comb has no place are counted; no content of a file is trusted.

A text becomes a transcript, with the text of ``plainTextPath`` or ``PlainTextContent``, or of the Word document if
there is neither. Positions are placed by ``offsets``. Codings by users that are models of comb come back as
suggestions with people's decisions. Cases and variables become attributes of the transcripts that they belong to.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comb.codings.machine import MODEL_ID, model_of
from comb.errors import BadInputError, CombError
from comb.exchange.note_fields import unquoted
from comb.exchange.project import Project, Setting
from comb.exchange.refi_qda.archive import MAX_XML, Archive, Folder, open_archive
from comb.exchange.refi_qda.codes import Codes, code_guids, read_codes
from comb.exchange.refi_qda.document import RefiDocument, Source, parse_document
from comb.exchange.refi_qda.identifiers import ORIGIN, Names, file_id, guid, user_names
from comb.exchange.refi_qda.offsets import (
    STANDARD,
    Placed,
    Rule,
    RuleScores,
    Span,
    Text,
    place,
    project_rule,
    score_rules,
)
from comb.exchange.refi_qda.read_spans import NAME as READ_SPANS
from comb.exchange.refi_qda.read_spans import load_read_spans
from comb.exchange.refi_qda.selections import SelectionReader
from comb.exchange.refi_qda.turns import NAME as TURNS
from comb.exchange.refi_qda.turns import load_turns, turns_of
from comb.records import Transcript, Turn
from comb.transcripts.encoding import decode_exactly, has_mark
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.turns import parse_turns
from comb.transcripts.word import read_word

MAX_LINES = 200_000
"""Most lines of one text; an interview of an hour has about 500."""
LISTED = 8
"""Most guids or texts that a warning names."""
AND_OTHERS = "; "
"""Separator of an attribute's values if several cases belong to one transcript."""


def read_qdpx(path: Path, setting: Setting) -> Project:
    """Read a project. Raises BadInputError if the file is broken, hostile or too large."""
    with open_archive(path) as archive:
        with archive.open(archive.project(), MAX_XML) as file:
            document = parse_document(file, "Project", path.name)
        return _Reading(archive, document, setting).project()


def read_qde(path: Path, setting: Setting) -> Project:
    """Read the XML of a project without a zip file, with its texts in ``Sources`` beside it, as MAXQDA 24 writes it.

    Raises BadInputError if the file is broken, hostile or too large.
    """
    read_bytes(path)
    with path.open("rb") as file:
        document = parse_document(file, "Project", path.name)
    return _Reading(Folder(path), document, setting).project()


def read_qdc(path: Path, setting: Setting) -> Project:
    """Read a codebook. Raises BadInputError if the file is broken or contains no code."""
    read_bytes(path)
    with path.open("rb") as file:
        document = parse_document(file, "CodeBook", path.name)
    codes = read_codes(document, _known(setting), path.name)
    if codes.book is None:
        raise BadInputError("the codebook has no codes", where=path.name, remedy="Export a codebook with codes.")
    return Project(path.stem, codes.book, {}, warnings=tuple(codes.warnings))


def _some(names: list[str]) -> str:
    """List some names, and count the rest."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _known(setting: Setting) -> dict[str, str]:
    book = setting.codebook
    return {key.casefold(): name for name, key in code_guids(book, ()).items()} if book else {}


@dataclass
class _Text:
    """A source that became a transcript."""

    source: Source
    transcript: Transcript
    text: Text
    scores: RuleScores | None


@dataclass
class _Reading:
    """One project being read."""

    archive: Archive | Folder
    document: RefiDocument
    setting: Setting
    counted: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    realigned: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    """By way of counting: the texts that count so, and how many of their selections were moved."""

    @property
    def own(self) -> bool:
        """Whether comb wrote the file, and no other program has changed it since."""
        return self.document.origin.startswith(f"{ORIGIN} ")

    def project(self) -> Project:
        """Make the project."""
        codes = read_codes(self.document, _known(self.setting), self.archive.where)
        texts = self.texts()
        names = {text.source.guid: text.transcript.id for text in texts}
        found = self.selections(codes, texts)
        coverage, new = self.groups(names)
        self.warnings += codes.warnings
        self.warnings += [f"{what}: {n}" for what, n in sorted(self.counted.items()) if n]
        held_not = [f"{what}: {n}" for what, n in sorted(self.document.held_not.items()) if n]
        if held_not:
            self.warnings.append(f"comb has no place for these: {'; '.join(held_not)}")
        return Project(
            name=self.document.name or self.archive.path.stem,
            codebook=codes.book,
            transcripts={text.transcript.id: text.transcript for text in texts},
            codings=tuple(found.codings),
            suggestions=tuple(found.suggestions),
            decisions=tuple(found.decisions),
            attributes=self.attributes(texts, found.case_texts),
            coverage=coverage,
            participants=tuple(self.participants(names)),
            new=new,
            warnings=tuple(self.warnings),
        )

    def texts(self) -> list[_Text]:
        """Make transcripts from all sources that contain text."""
        stored = self.turns()
        taken = Names(" ", fold=True)
        texts = []
        for source in self.document.sources:
            found = self.read(source)
            if found is not None:
                text, turns = found
                name = file_id(source.name or source.plain or source.guid, taken, strip=not self.own)
                turns = turns_of(source.guid, text.canonical, stored) or turns or self.parse(text.canonical, name)
                if not turns:
                    self.counted["texts without words are left out"] += 1
                    continue
                transcript = Transcript(name, text.canonical, turns, self.archive.where)
                texts.append(_Text(source, transcript, text, self.score_rules(text, source)))
        return texts

    def turns(self) -> dict[str, dict[str, Any]]:
        """Return the turns that comb stored in the file."""
        data = self.archive.part(TURNS)
        return load_turns(data) if data is not None else {}

    def parse(self, text: str, name: str) -> tuple[Turn, ...]:
        """Find the turns in a text."""
        return parse_turns(text, self.setting.roles.patterns, name)

    def read(self, source: Source) -> tuple[Text, tuple[Turn, ...]] | None:
        """Read the text of a source; None, and counted, if it cannot be read."""
        try:
            found = self.content(source)
        except CombError as error:
            self.warnings.append(f"source {source.guid or '(without guid)'} is left out: {error.what}")
            return None
        if found is None:
            self.counted["texts are left out, because their files are neither in the .qdpx nor beside it"] += 1
        elif found[0].raw.count("\n") + found[0].raw.count("\r") > MAX_LINES:
            self.counted[f"texts of more than {MAX_LINES} lines are left out"] += 1
            return None
        elif not found[0].raw.strip():
            self.counted["texts without words are left out"] += 1
            return None
        return found

    def content(self, source: Source) -> tuple[Text, tuple[Turn, ...]] | None:
        """Read the text of a source: plain, inside the XML, or that of its Word document with its turns."""
        where = self.archive.where
        data = self.bytes_of(source.plain)
        if data is not None:
            return Text(decode_exactly(data, where), has_mark(data)), ()
        if source.content is not None:
            return Text(source.content), ()
        data = self.bytes_of(source.rich)
        if data is None or not source.rich.casefold().endswith(".docx"):
            return None
        text, turns = read_word(data, where, self.setting.roles.patterns)
        return Text(text), turns

    def bytes_of(self, reference: str) -> bytes | None:
        """Read the file at a path, in the zip or beside it; None if there is none."""
        return self.archive.content(reference) if reference else None

    def score_rules(self, text: Text, source: Source) -> RuleScores | None:
        """Score the ways of counting by a source's selections; None for comb's own files, and without selections."""
        if self.own or not source.selections:
            return None
        return score_rules(text, [Placed(one.start, one.end, one.name) for one in source.selections])

    def selections(self, codes: Codes, texts: list[_Text]) -> SelectionReader:
        """Place all selections, and read their codings."""
        usual = project_rule([text.scores for text in texts if text.scores])
        users = user_names(self.document.users)
        reader = SelectionReader(
            codes=codes.ids,
            users=users,
            models=self.models(),
            fallback=users.get(self.document.creator, "") or (next(iter(users.values())) if len(users) == 1 else ""),
            notes=self.notes(),
            cases={case.guid for case in self.document.cases},
            counted=self.counted,
            where=self.archive.where,
            own=self.own,
            merged=self.document.origin.startswith("QualCoder"),
        )
        for text in texts:
            reader.read(text.source, text.transcript, self.place(text, usual))
        data = self.archive.part(READ_SPANS)
        if data is not None and self.own:
            known = {text.transcript.id: text.transcript for text in texts}
            reader.codings += load_read_spans(data, known)
        reader.finish()
        for rule, found in self.realigned.items():
            names, moved = [name for name, _ in found], sum(count for _, count in found)
            told = f"positions count {rule}, unlike the standard, in {_some(names)}: {moved} selections realigned"
            self.warnings.append(told)
        return reader

    def place(self, text: _Text, usual: Rule) -> list[Span | None]:
        """Place the selections of a source by the rule that fits it, and note what was done."""
        selections = text.source.selections
        placed = [Placed(one.start, one.end, one.name) for one in selections]
        rule = text.scores.choose(usual) if text.scores else STANDARD
        fit = place(text.text, placed, rule)
        name = text.transcript.id
        self.counted["selections that select nothing, or lie outside their text, are left out"] += fit.spans.count(None)
        told = "selections that end past their text, or inside a character, were moved to the nearest place"
        self.counted[told] += len(fit.moved)
        if rule != STANDARD:
            standard = place(text.text, placed, STANDARD).spans
            moved = sum(own != other for own, other in zip(fit.spans, standard, strict=True))
            self.realigned[str(rule)].append((name, moved))
        unsure = text.scores.ambiguous(rule, fit.spans) if text.scores else []
        if unsure:
            listed = _some([selections[at].guid for at in unsure])
            self.warnings.append(
                f"{name}: selections that may be slightly misplaced: {len(unsure)}; check them: {listed}"
            )
        return fit.spans

    def models(self) -> dict[str, str]:
        """Return the model id of each user that is a model of comb, by guid."""
        models = {}
        for key, name, short in self.document.users:
            model = model_of(name)
            if key == guid("model", short):
                models[key] = short
            elif key == guid("user", name):
                continue
            elif model is not None:
                models[key] = model or short
            elif MODEL_ID.fullmatch(short):
                models[key] = short
        return models

    def notes(self) -> dict[str, str]:
        """Return the texts of all notes that codings and selections refer to, by guid, including those in files."""
        used = {
            note
            for source in self.document.sources
            for one in source.selections
            for note in (*one.notes, *(note for coding in one.codings for note in coding.notes))
        }
        lost = len(self.document.notes.keys() - used)
        self.counted["memos that belong to no coding (to a project, a code or a whole text)"] += lost
        return {key: self.note(*found) for key, found in self.document.notes.items() if key in used}

    def note(self, text: str, path: str) -> str:
        """Return the text of a note."""
        if text or not path:
            return text
        try:
            data = self.bytes_of(path)
            return Text(decode_exactly(data, self.archive.where)).canonical if data else ""
        except CombError:
            self.counted["memos could not be read"] += 1
            return ""

    def attributes(self, texts: Iterable[_Text], case_texts: Mapping[str, set[str]]) -> dict[str, dict[str, str]]:
        """Return the attributes of each transcript: its own values, and those of the cases that it belongs to."""
        found: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
        names = {text.source.guid: text.transcript.id for text in texts}
        inside = {one.guid: text.transcript.id for text in texts for one in text.source.selections}
        for text in texts:
            self._add(found[text.transcript.id], text.source.values)
        for case in self.document.cases:
            if case.description == "case: participant":
                continue
            belong = {names[key] for key in case.sources if key in names}
            belong |= {inside[key] for key in case.selections if key in inside} | case_texts.get(case.guid, set())
            for name in belong:
                found[name]["case"][case.name] = None
                self._add(found[name], case.values)
        return {
            name: {key: AND_OTHERS.join(values) for key, values in own.items()} for name, own in found.items() if own
        }

    def _add(self, own: dict[str, dict[str, None]], values: Iterable[tuple[str, str]]) -> None:
        for key, value in values:
            if key in self.document.variables and (value or self.own):
                own[self.document.variables[key]][value] = None

    def participants(self, names: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return who speaks in which transcripts, as comb wrote it."""
        cases = [case for case in self.document.cases if case.description == "case: participant"]
        return [(names[key], case.name) for case in cases for key in case.sources if key in names]

    def groups(self, names: Mapping[str, str]) -> tuple[frozenset[tuple[str, str]] | None, frozenset[str]]:
        """Return coverage and new transcripts, from the sets that comb wrote; other sets are counted."""
        read: set[tuple[str, str]] = set()
        stated, new = False, frozenset[str]()
        for group in self.document.groups:
            members = [names[key] for key in group.sources if key in names]
            coder = group.description.removeprefix("read by: ")
            if group.description == "coverage: stated":
                stated = True
            elif group.description == "coverage: new":
                new |= frozenset(members)
            elif coder != group.description:
                read |= {(name, unquoted(coder)) for name in members}
            elif not group.description.startswith("codebook: "):
                self.counted["sets"] += 1
        return frozenset(read) if stated or read else None, new
