"""Write a Project as .qdpx, and its codebook as .qdc: valid by both editions of the schema, the same bytes each time.

Positions are Unicode code points of UTF-8 text with line feeds, as the standard has it. Each coder is a user, and each
model is one of its own, ``comb model`` and its id. Valence, scores, decisions and memos stand in notes (``fields``).
"""

import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import comb
from comb.codebook import Codebook
from comb.errors import BadInputError
from comb.exchange.project import Project
from comb.exchange.refi_qda.codes import book_lines, code_element, code_guids
from comb.exchange.refi_qda.identifiers import MODEL, NO_TIME, ORIGIN, guid, is_time
from comb.exchange.refi_qda.note_fields import Fields, cells, quoted, write_note, xml_safe
from comb.exchange.refi_qda.turns import NAME as TURNS
from comb.exchange.refi_qda.turns import dump_turns
from comb.records import Coding, Decision, Suggestion, Transcript
from comb.study.files import atomic
from comb.transcripts.encoding import encode

PROJECT = "urn:QDA-XML:project:1.0"
CODEBOOK = "urn:QDA-XML:codebook:1.0"
NAME_LENGTH = 60
"""Characters of a selection's text that stand in its name, as other programs do."""


def write_qdpx(project: Project, path: Path) -> Sequence[str]:
    """Write a project; give warnings."""
    builder = _Builder(project)
    xml = builder.xml()
    with atomic(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "project.qde", xml)
        for name, transcript in sorted(project.transcripts.items()):
            _add(archive, f"Sources/{guid('source', name)}.txt", encode(transcript.text))
        _add(archive, TURNS, dump_turns(project.transcripts))
    return builder.warnings()


def write_qdc(project: Project, path: Path) -> Sequence[str]:
    """Write a codebook alone; give warnings. Raises BadInputError where there is none."""
    from lxml import etree

    if project.codebook is None:
        raise BadInputError("there is no codebook", where=path.name, remedy="Write configs/codebook.yaml first.")
    builder = _Builder(project, CODEBOOK)
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
    namespace: str = PROJECT
    notes: dict[str, str] = field(default_factory=dict)
    """By text: guid."""
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
        """Make an element; characters that XML cannot hold are replaced and counted."""
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
        """Give a guid for a thing that may be there several times."""
        self.numbers[parts] += 1
        number = self.numbers[parts]
        return guid(*parts, *([str(number)] if number > 1 else []))

    def warnings(self) -> list[str]:
        """Say what the format could not hold."""
        replaced = f"{self.replaced} names or texts had control characters, which XML cannot hold: replaced by U+FFFD"
        return [replaced] if self.replaced else []

    def xml(self) -> bytes:
        """Give the whole project."""
        from lxml import etree

        project = self.project
        root = self.make("Project", name=project.name, origin=f"{ORIGIN} {comb.__version__}")
        sources = [self.source(name, t) for name, t in sorted(project.transcripts.items())]
        parts: list[tuple[str, list[Any]]] = [
            ("Users", self.users()),
            ("Variables", self.variables()),
            ("Cases", self.cases()),
            ("Sources", sources),
            ("Notes", [self.note(text, key) for text, key in self.notes.items()]),
            ("Sets", self.sets()),
        ]
        for tag, children in parts:
            if children:
                root.append(self.holding(tag, children))
            if tag == "Users" and self.guids:
                root.append(self.holding("CodeBook", [self.codes(project.codebook, self.others)]))
        xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
        return xml

    def users(self) -> list[Any]:
        """Make a user of each coder, and of each model."""
        project = self.project
        coders = {item.coder for item in project.codings} | {item.coder for item in project.decisions}
        coders |= {coder for _, coder in project.coverage or ()}
        models = {item.model for item in _by_models(project)}
        users = [self.make("User", guid=guid("user", name), name=name) for name in sorted(coders)]
        return users + [
            self.make("User", guid=guid("model", name), name=f"{MODEL}{name}", id=name) for name in sorted(models)
        ]

    def codes(self, book: Codebook | None, others: Sequence[str]) -> Any:
        """Make the tree of codes; codes that codings use and the codebook lacks come last, marked as such."""
        top = self.make("Codes")
        elements: dict[tuple[str, ...], Any] = {(): top}
        for code in book or ():
            elements[code.path] = code_element(code, self.guids, self.make)
            elements[code.path[:-1]].append(elements[code.path])
        for name in others:
            top.append(self.holding("Code", [self._unlisted(name)], guid=self.guids[name], name=name, isCodable="true"))
        return top

    def _unlisted(self, name: str) -> Any:
        return self.texted("Description", f"listed: no\nid: {quoted(name)}")

    def book_set(self, book: Codebook) -> Any:
        """Make the set that tells the codebook's name, behaviour and levels."""
        description = self.texted("Description", book_lines(book))
        return self.holding("Set", [description], guid=guid("set", "codebook"), name=xml_safe(book.name) or "Codebook")

    def sets(self) -> list[Any]:
        """Make sets: of the codebook, of what each coder read to the end, of what nobody has coded yet."""
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
        """Make a variable of each attribute."""
        names = sorted({name for values in self.project.attributes.values() for name in values})
        return [self.make("Variable", guid=guid("variable", name), name=name, typeOfVariable="Text") for name in names]

    def cases(self) -> list[Any]:
        """Make a case of each participant who speaks in several transcripts."""
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
        """Make a text source with everything that was said of it."""
        key = guid("source", name)
        times = {"creationDateTime": NO_TIME}
        element = self.make("TextSource", guid=key, name=name, plainTextPath=f"internal://{key}.txt", **times)
        element.extend(self.selections(transcript))
        for variable, value in sorted(self.project.attributes.get(name, {}).items()):
            reference = self.make("VariableRef", targetGUID=guid("variable", variable))
            element.append(self.holding("VariableValue", [reference, self.texted("TextValue", value)]))
        return element

    def selections(self, transcript: Transcript) -> list[Any]:
        """Make a selection of each span that a coder or a model coded, or that a coder read without coding."""
        found: dict[tuple[int, int, str, str], list[Any]] = defaultdict(list)
        for coding in sorted(self.codings[transcript.id], key=_order):
            user = guid("user", coding.coder)
            fields, time = _coding_fields(coding)
            # A span that was read without a code is a selection of its own: it has no element but its note.
            kind = "" if coding.code else f"read {len(found)}"
            found[coding.start, coding.end, user, kind].append((coding, write_note(fields, coding.memo), time))
        for item, text in _suggested(self.suggestions[transcript.id], self.decisions[transcript.id]):
            found[item.start, item.end, guid("model", item.model), ""].append((item, text, NO_TIME))
        return [
            self._selection(transcript, start, end, user, items)
            for (start, end, user, _), items in sorted(found.items(), key=lambda entry: entry[0][:2])
        ]

    def _selection(self, transcript: Transcript, start: int, end: int, user: str, items: list[Any]) -> Any:
        place = (transcript.id, str(start), str(end), user)
        quote = " ".join(transcript.text[start:end].split())
        name = quote if len(quote) <= NAME_LENGTH else quote[: NAME_LENGTH - 1].rstrip() + "…"
        times = {"creatingUser": user, "creationDateTime": items[0][2]}
        positions = {"startPosition": str(start), "endPosition": str(end)}
        key = self.once("selection", *place)
        element = self.make("PlainTextSelection", guid=key, name=xml_safe(name), **positions, **times)
        for item, text, time in items:
            references = [self.make("NoteRef", targetGUID=self._note_guid(text))] if text else []
            if not item.code:
                element.extend(references)
                continue
            code = self.make("CodeRef", targetGUID=self.guids[item.code])
            key = self.once("coding", *place, item.code, item.valence)
            coding = {"guid": key, "creatingUser": user, "creationDateTime": time}
            element.append(self.holding("Coding", [code, *references], **coding))
        return element

    def _note_guid(self, text: str) -> str:
        return self.notes.setdefault(text, guid("note", text))

    def note(self, text: str, key: str) -> Any:
        """Make a note; codings with the same text share it."""
        title = " ".join(text.split())
        name = title if len(title) <= NAME_LENGTH else title[: NAME_LENGTH - 1].rstrip() + "…"
        content = self.texted("PlainTextContent", text)
        return self.holding("Note", [content], guid=key, name=name, creationDateTime=NO_TIME)


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


def _coding_fields(coding: Coding) -> tuple[Fields, str]:
    """Give the lines of a coding's note, and the time of the coding."""
    known = is_time(coding.created_at) and coding.created_at != NO_TIME
    lines = {
        "read": "" if coding.code else "no code",
        "valence": coding.valence,
        "score": "" if coding.score is None else repr(coding.score),
        "model": quoted(coding.model) if coding.model else "",
        "origin": quoted(coding.origin) if coding.origin else "",
        "created": "" if known or not coding.created_at else quoted(coding.created_at),
    }
    return [(key, value) for key, value in lines.items() if value], coding.created_at if known else NO_TIME


def _suggested(suggestions: Iterable[Suggestion], decisions: Iterable[Decision]) -> list[tuple[Any, str]]:
    """Bring suggestions and what coders decided on them together: what was suggested, and the text of its note."""
    decided: dict[tuple[Any, ...], list[Decision]] = defaultdict(list)
    for decision in decisions:
        decided[_what(decision)].append(decision)
    found: list[tuple[Any, str]] = []
    for item in suggestions:
        lines = [*_score_fields(item), ("rank", str(item.rank))]
        lines += [("evidence", cells([e.segment, e.code, repr(e.similarity), e.text])) for e in item.evidence]
        found.append((item, write_note([*lines, *_decision_fields(decided.pop(_what(item), []))], "")))
    for rest in decided.values():
        found.append((rest[0], write_note([*_score_fields(rest[0]), *_decision_fields(rest)], "")))
    return sorted(found, key=lambda pair: (pair[0].start, pair[0].end, pair[0].model, pair[0].code, pair[1]))


def _what(item: Suggestion | Decision) -> tuple[Any, ...]:
    return (item.start, item.end, item.code, item.valence, item.score, item.threshold, item.model)


def _score_fields(item: Suggestion | Decision) -> Fields:
    valence = [("valence", item.valence)] if item.valence else []
    return [*valence, ("score", repr(item.score)), ("threshold", repr(item.threshold))]


def _decision_fields(decisions: Iterable[Decision]) -> Fields:
    return [("decision", cells([d.verdict, d.coder, d.decided_at, *([d.memo] if d.memo else [])])) for d in decisions]
