"""Write a Project as .qdpx, and its codebook as .qdc: valid by both editions of the schema, the same bytes each time.

Positions are Unicode code points of UTF-8 text with line feeds, as the standard has it. Each coder is a user, and so is
each model, named ``comb model`` and its id. Codings of the same words belong to one selection, since other programs
compare coders by it. Valence, scores, decisions and memos are in the selection's description, which QualCoder and
MAXQDA show, and in notes of the codings.

An unknown time is left out, except where QualCoder requires one (for notes and, before version 4, for selections):
these give the time when the study was last changed.
"""

import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import comb
from comb.codebook import Codebook
from comb.codings.machine import MODEL
from comb.errors import BadInputError
from comb.exchange.note_fields import Fields, Part, cells, quoted, write_note, write_parts, xml_safe
from comb.exchange.project import Project
from comb.exchange.refi_qda.codes import book_lines, code_element, code_guids
from comb.exchange.refi_qda.identifiers import NO_TIME, ORIGIN, guid, is_time
from comb.exchange.refi_qda.read_spans import NAME as READ_SPANS
from comb.exchange.refi_qda.read_spans import dump_read_spans
from comb.exchange.refi_qda.turns import NAME as TURNS
from comb.exchange.refi_qda.turns import dump_turns
from comb.records import Coding, Decision, Memo, Suggestion, Transcript
from comb.study.atomic import atomic
from comb.transcripts.encoding import encode

PROJECT = "urn:QDA-XML:project:1.0"
CODEBOOK = "urn:QDA-XML:codebook:1.0"
NAME_LENGTH = 60
"""Characters of a selection's text in its name, as in other programs."""


def write_qdpx(project: Project, path: Path) -> Sequence[str]:
    """Write a project; return warnings."""
    return _write(_Builder(project), path)


def write_for_qualcoder(project: Project, path: Path) -> Sequence[str]:
    """Write a project with a selection for each coder: QualCoder takes the coder from the selection."""
    return _write(_Builder(project, shared=False), path)


def _write(builder: "_Builder", path: Path) -> Sequence[str]:
    project = builder.project
    xml = builder.xml()
    with atomic(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "project.qde", xml)
        for name, transcript in sorted(project.transcripts.items()):
            _add(archive, f"Sources/{guid('source', name)}.txt", encode(transcript.text))
        _add(archive, TURNS, dump_turns(project.transcripts))
        read = [coding for coding in project.codings if not coding.code]
        if read:
            _add(archive, READ_SPANS, dump_read_spans(read))
    return builder.warnings()


def write_qdc(project: Project, path: Path) -> Sequence[str]:
    """Write a codebook alone; return warnings. Raises BadInputError if there is none."""
    from lxml import etree

    if project.codebook is None:
        raise BadInputError("there is no codebook", where=path.name, remedy="Write configs/codebook.yaml first.")
    builder = _Builder(replace(project, memos=()), namespace=CODEBOOK)
    root = builder.make("CodeBook", origin=f"{ORIGIN} {comb.__version__}")
    root.append(builder.codes(project.codebook, ()))
    sets = builder.make("Sets")
    sets.append(builder.book_set(project.codebook))
    root.append(sets)
    with atomic(path) as file:
        etree.ElementTree(root).write(file, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return builder.warnings()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(info, content)


@dataclass
class _Builder:
    """Makes the elements of a project, and collects the notes that they refer to."""

    project: Project
    shared: bool = True
    """Whether codings of the same words by several coders are one selection."""
    namespace: str = PROJECT
    notes: dict[str, str] = field(default_factory=dict)
    """By text: guid."""
    memos: dict[str, Memo] = field(default_factory=dict)
    replaced: int = 0
    numbers: dict[tuple[str, ...], int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        book = self.project.codebook
        used = {item.code for item in self.project.codings if item.code}
        used |= {item.code for item in _by_models(self.project)}
        self.others = sorted(used - set(book.codes if book else ()))
        self.guids = code_guids(book, self.others)
        self.codings: dict[str, list[Coding]] = _by_transcript(self.project.codings)
        self.suggestions: dict[str, list[Suggestion]] = _by_transcript(self.project.suggestions)
        self.decisions: dict[str, list[Decision]] = _by_transcript(self.project.decisions)

    def make(self, tag: str, **attributes: str) -> Any:
        """Make an element; characters that XML cannot contain are replaced and counted."""
        from lxml import etree

        safe = {key: xml_safe(value) for key, value in attributes.items()}
        self.replaced += safe != attributes
        return etree.Element(f"{{{self.namespace}}}{tag}", safe, nsmap={None: self.namespace})

    def holding(self, tag: str, children: Iterable[Any], **attributes: str) -> Any:
        """Make an element with children."""
        element = self.make(tag, **attributes)
        element.extend(children)
        return element

    def texted(self, tag: str, text: str) -> Any:
        """Make an element with text."""
        element = self.make(tag)
        element.text = xml_safe(text)
        self.replaced += element.text != text
        return element

    def once(self, *parts: str) -> str:
        """Return a guid for something that may occur several times."""
        self.numbers[parts] += 1
        number = self.numbers[parts]
        return guid(*parts, *([str(number)] if number > 1 else []))

    def warnings(self) -> list[str]:
        """Return warnings on things that the format cannot contain."""
        replaced = (
            f"names or texts with control characters, which XML cannot contain, replaced by U+FFFD: {self.replaced}"
        )
        lost = len(self.project.memos) - len(self.memos)
        left_out = f"memos on transcripts or codes that are not in the project, left out: {lost}"
        return [replaced] * bool(self.replaced) + [left_out] * bool(lost)

    def xml(self) -> bytes:
        """Return the whole project."""
        from lxml import etree

        project = self.project
        root = self.make("Project", name=project.name, origin=f"{ORIGIN} {comb.__version__}")
        codes, on_study = self.codes(project.codebook, self.others), self._memos("", "")
        sources = [self.source(name, t) for name, t in sorted(project.transcripts.items())]
        parts: list[tuple[str, list[Any]]] = [
            ("Users", self.users()),
            ("Variables", self.variables()),
            ("Cases", self.cases()),
            ("Sources", sources),
            ("Notes", self._notes()),
            ("Sets", self.sets()),
        ]
        for tag, children in parts:
            if children:
                root.append(self.holding(tag, children))
            if tag == "Users" and self.guids:
                root.append(self.holding("CodeBook", [codes]))
        root.extend(on_study)
        xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
        return xml

    def users(self) -> list[Any]:
        """Make a user for each coder, and for each model."""
        project = self.project
        coders = {item.coder for item in project.codings} | {item.coder for item in project.decisions}
        coders |= {coder for _, coder in project.coverage or ()} | {memo.coder for memo in project.memos}
        models = {item.model for item in _by_models(project)}
        users = [self.make("User", guid=guid("user", name), name=name) for name in sorted(coders)]
        return users + [
            self.make("User", guid=guid("model", name), name=f"{MODEL}{name}", id=name) for name in sorted(models)
        ]

    def codes(self, book: Codebook | None, others: Sequence[str]) -> Any:
        """Make the tree of codes; codes that are used but missing in the codebook come last, marked as such."""
        top = self.make("Codes")
        elements: dict[tuple[str, ...], Any] = {(): top}
        for code in book or ():
            elements[code.path] = code_element(code, self.guids, self.make)
            elements[code.path].extend(self._memos("", code.id))
            elements[code.path[:-1]].append(elements[code.path])
        for name in others:
            top.append(self.holding("Code", [self._unlisted(name)], guid=self.guids[name], name=name, isCodable="true"))
        return top

    def _unlisted(self, name: str) -> Any:
        return self.texted("Description", f"listed: no\nid: {quoted(name)}")

    def book_set(self, book: Codebook) -> Any:
        """Make the set with the codebook's name, behaviour and levels."""
        description = self.texted("Description", book_lines(book))
        return self.holding("Set", [description], guid=guid("set", "codebook"), name=xml_safe(book.name) or "Codebook")

    def sets(self) -> list[Any]:
        """Make the sets: the codebook, transcripts that each coder read to the end, and those nobody has coded."""
        project = self.project
        sets = [self.book_set(project.codebook)] if project.codebook else []
        if project.coverage is not None:
            sets.append(self._members("Read to the end", "coverage: stated", ()))
            for coder in sorted({coder for _, coder in project.coverage}):
                read = sorted(name for name, one in project.coverage if one == coder)
                sets.append(self._members(f"Read to the end by {coder}", f"read by: {quoted(coder)}", read))
        if project.new:
            sets.append(self._members("Not coded yet", "coverage: new", sorted(project.new)))
        return sets

    def _members(self, name: str, description: str, transcripts: Iterable[str]) -> Any:
        children = [self.texted("Description", description)]
        children += [self.make("MemberSource", targetGUID=guid("source", one)) for one in transcripts]
        return self.holding("Set", children, guid=guid("set", name), name=name)

    def variables(self) -> list[Any]:
        """Make a variable for each attribute."""
        names = sorted({name for values in self.project.attributes.values() for name in values})
        return [self.make("Variable", guid=guid("variable", name), name=name, typeOfVariable="Text") for name in names]

    def cases(self) -> list[Any]:
        """Make a case for each participant who speaks in several transcripts."""
        found: dict[str, list[str]] = defaultdict(list)
        for transcript, participant in self.project.participants:
            found[participant].append(transcript)
        cases = []
        for name, transcripts in found.items():
            children = [self.texted("Description", "case: participant")]
            children += [self.make("SourceRef", targetGUID=guid("source", one)) for one in dict.fromkeys(transcripts)]
            cases.append(self.holding("Case", children, guid=guid("case", name), name=name))
        return cases

    def source(self, name: str, transcript: Transcript) -> Any:
        """Make a text source with all its codings and memos."""
        key = guid("source", name)
        times = self.changed("modifiedDateTime")
        element = self.make("TextSource", guid=key, name=name, plainTextPath=f"internal://{key}.txt", **times)
        element.extend([*self.selections(transcript), *self._memos(name, "")])
        for variable, value in sorted(self.project.attributes.get(name, {}).items()):
            reference = self.make("VariableRef", targetGUID=guid("variable", variable))
            element.append(self.holding("VariableValue", [reference, self.texted("TextValue", value)]))
        return element

    def changed(self, attribute: str) -> dict[str, str]:
        """Return the attribute with the time when the study was last changed, if it is known."""
        return {attribute: self.project.changed} if self.project.changed else {}

    def selections(self, transcript: Transcript) -> list[Any]:
        """Make a selection for each span that coders or models coded."""
        found: dict[tuple[int, int, str], list[_Coded]] = defaultdict(list)
        items = [_of_coding(coding) for coding in sorted(self.codings[transcript.id], key=_order) if coding.code]
        items += _of_suggestions(self.suggestions[transcript.id], self.decisions[transcript.id])
        for item in items:
            found[item.start, item.end, "" if self.shared else item.user].append(item)
        return [
            self._selection(transcript, start, end, coded)
            for (start, end, _), coded in sorted(found.items(), key=lambda entry: entry[0][:2])
        ]

    def _selection(self, transcript: Transcript, start: int, end: int, items: "list[_Coded]") -> Any:
        user = items[0].user
        place = (transcript.id, str(start), str(end), user)
        positions = {"startPosition": str(start), "endPosition": str(end)}
        times = [item.time for item in items]
        # Whoever reads it takes the selection's time for a coding that has none of its own.
        dated = {"creationDateTime": min(times)} if all(times) else self.changed("modifiedDateTime")
        key, name = self.once("selection", *place), _shortened(transcript.text[start:end])
        element = self.make("PlainTextSelection", guid=key, name=name, **positions, creatingUser=user, **dated)
        description = _description(items)
        element.extend([self.texted("Description", description)] if description else [])
        element.extend(self._coding(item, (*place[:3], item.user)) for item in items)
        return element

    def _coding(self, item: "_Coded", place: tuple[str, ...]) -> Any:
        code = self.make("CodeRef", targetGUID=self.guids[item.code])
        text = write_note(item.fields, item.memo)
        references = [self.make("NoteRef", targetGUID=self._note_guid(text))] if text else []
        key = self.once("coding", *place, item.code, dict(item.fields).get("valence", ""))
        dated = {"creationDateTime": item.time} if item.time else {}
        return self.holding("Coding", [code, *references], guid=key, creatingUser=item.user, **dated)

    def _note_guid(self, text: str) -> str:
        return self.notes.setdefault(text, guid("note", text))

    def _memos(self, transcript: str, code: str) -> list[Any]:
        """Make references to the memos on one thing."""
        here = (memo for memo in self.project.memos if (memo.transcript, memo.code) == (transcript, code))
        own = {guid("memo", transcript, code, memo.coder): memo for memo in here}
        self.memos |= own
        return [self.make("NoteRef", targetGUID=key) for key in own]

    def _notes(self) -> list[Any]:
        own = [self.note(one.text, key, creatingUser=guid("user", one.coder)) for key, one in self.memos.items()]
        return [*(self.note(text, key) for text, key in self.notes.items()), *own]

    def note(self, text: str, key: str, **more: str) -> Any:
        """Make a note; codings with the same text share it."""
        content = self.texted("PlainTextContent", text)
        more |= self.changed("creationDateTime")
        return self.holding("Note", [content], guid=key, name=_shortened(text), **more)


@dataclass(frozen=True, slots=True)
class _Coded:
    """A coding or a suggestion as the format has it."""

    start: int
    end: int
    code: str
    user: str
    """Its guid."""
    coder: str
    fields: Fields
    memo: str = ""
    time: str = ""
    """Empty if it is not known."""


def _shortened(text: str) -> str:
    words = xml_safe(" ".join(text.split()))
    return words if len(words) <= NAME_LENGTH else words[: NAME_LENGTH - 1].rstrip() + "…"


def _description(items: Sequence[_Coded]) -> str:
    """Return what is said of all codings of a selection: at once where it is the same, otherwise part by part."""
    texts = {write_note(item.fields, item.memo) for item in items}
    if len(texts) == 1 and len({item.coder for item in items}) == 1:
        return texts.pop()
    return write_parts([Part(item.code, item.coder, tuple(item.fields), item.memo) for item in items])


def _by_models(project: Project) -> Iterator[Suggestion | Decision]:
    yield from project.suggestions
    yield from project.decisions


def _by_transcript(items: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        found[item.transcript].append(item)
    return found


def _order(coding: Coding) -> tuple[Any, ...]:
    score = -1.0 if coding.score is None else coding.score
    texts = (coding.coder, coding.code, coding.valence, coding.memo, coding.created_at, coding.origin, coding.model)
    return (coding.start, coding.end, *texts, score)


def _of_coding(coding: Coding) -> _Coded:
    known = is_time(coding.created_at) and coding.created_at != NO_TIME
    lines = {
        "valence": coding.valence,
        "score": "" if coding.score is None else repr(coding.score),
        "model": quoted(coding.model) if coding.model else "",
        "origin": quoted(coding.origin) if coding.origin else "",
        "created": "" if known or not coding.created_at else quoted(coding.created_at),
    }
    fields = [(key, value) for key, value in lines.items() if value]
    time = coding.created_at if known else ""
    return _Coded(
        coding.start, coding.end, coding.code, guid("user", coding.coder), coding.coder, fields, coding.memo, time
    )


def _of_suggestions(suggestions: Iterable[Suggestion], decisions: Iterable[Decision]) -> list[_Coded]:
    """Bring suggestions and what coders decided on them together."""
    decided: dict[tuple[Any, ...], list[Decision]] = defaultdict(list)
    for decision in decisions:
        decided[_what(decision)].append(decision)
    found: list[tuple[Suggestion | Decision, Fields]] = []
    for item in suggestions:
        lines = [*_score_fields(item), ("rank", str(item.rank))]
        lines += [("evidence", cells([e.segment, e.code, repr(e.similarity), e.text])) for e in item.evidence]
        found.append((item, [*lines, *_decision_fields(decided.pop(_what(item), []))]))
    for rest in decided.values():
        found.append((rest[0], [*_score_fields(rest[0]), *_decision_fields(rest)]))
    found.sort(key=lambda pair: (pair[0].start, pair[0].end, pair[0].model, pair[0].code, pair[1]))
    return [
        _Coded(item.start, item.end, item.code, guid("model", item.model), MODEL + item.model, fields)
        for item, fields in found
    ]


def _what(item: Suggestion | Decision) -> tuple[Any, ...]:
    return (item.start, item.end, item.code, item.valence, item.score, item.threshold, item.model)


def _score_fields(item: Suggestion | Decision) -> Fields:
    valence = [("valence", item.valence)] if item.valence else []
    scores = [("score", repr(item.score)), ("threshold", repr(item.threshold))]
    return [*valence, *scores, ("model", quoted(item.model))]


def _decision_fields(decisions: Iterable[Decision]) -> Fields:
    return [("decision", cells([d.verdict, d.coder, d.decided_at, *([d.memo] if d.memo else [])])) for d in decisions]
