"""Annotation programs for machine learning: Label Studio's JSON and doccano's JSON lines, in and out.

Label Studio: a list of tasks, each with ``data`` (a text among it) and ``annotations`` of people, whose ``result``
has spans with ``labels``; positions count UTF-16 units, as browsers do. doccano: a line for each text, with ``label``
(or ``entities``), in code points. Both are checked against the words, if these are stored.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comb.codings.code_labels import CodeNames, Written, split_code, written
from comb.codings.machine import MODEL
from comb.codings.valence_words import as_valence
from comb.errors import BadInputError
from comb.exchange.code_tree import Entry, codebook_of
from comb.exchange.offset_alignment import align_quotes, rules_of
from comb.exchange.project import Project, Setting
from comb.exchange.tables.utterance_tables import file_name
from comb.records import Coding, Transcript
from comb.study.files import write_text
from comb.transcripts.file_safety import read_bytes, tidy
from comb.transcripts.turns import parse_turns

TEXTS = ("text", "transcript", "dialogue", "content")
"""Keys under which a task's text may be; otherwise, the longest text of its data counts."""
NAMES = ("transcript_id", "document", "filename", "file_name", "name", "title", "id")
NOBODY = "unknown"


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    quote: str
    label: str
    coder: str
    time: str = ""


@dataclass
class _Found:
    known: Mapping[str, Transcript]
    """The study's own transcripts, by their text."""
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    spans: dict[str, list[_Span]] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def is_label_studio(path: Path) -> bool:
    """Return whether a JSON file is an export of Label Studio."""
    data = _loaded(path)
    first = data[0] if isinstance(data, list) and data else None
    return isinstance(first, dict) and isinstance(first.get("data"), dict) and "annotations" in first


def is_doccano(path: Path) -> bool:
    """Return whether a file of JSON lines is an export of doccano."""
    first = next(iter(_lines(path)), None)
    labelled = isinstance(first, dict) and any(key in first for key in ("label", "labels", "entities"))
    return labelled and isinstance((first or {}).get("text"), str)


def read_label_studio(path: Path, setting: Setting) -> Project:
    """Read Label Studio's JSON. Raises BadInputError if no task has a text."""
    found = _Found({transcript.text: transcript for transcript in setting.transcripts().values()})
    for task in _loaded(path) or ():
        if isinstance(task, dict) and isinstance(task.get("data"), dict):
            text = _text_of(task["data"])
            spans = [span for one in _dicts(task.get("annotations")) for span in _results(one, found.counts)]
            _add(found, setting, text, _name_of({"id": task.get("id"), **task["data"]}), spans)
    return _project(path, setting, found)


def read_doccano(path: Path, setting: Setting) -> Project:
    """Read doccano's JSON lines. Raises BadInputError if no line has a text."""
    found = _Found({transcript.text: transcript for transcript in setting.transcripts().values()})
    for row in _lines(path):
        if isinstance(row, dict) and isinstance(row.get("text"), str):
            coder = str(row.get("annotator") or row.get("username") or NOBODY)
            labels = row.get("label") or row.get("labels") or row.get("entities") or []
            spans = [span for one in labels if (span := _label(one, coder)) is not None]
            found.counts["labels of a whole text"] += len(labels) - len(spans)
            _add(found, setting, row["text"], _name_of({**_dict(row.get("meta")), **row}), spans)
    return _project(path, setting, found)


def _results(annotation: Mapping[str, Any], counts: Counter[str]) -> Iterator[_Span]:
    by = annotation.get("completed_by")
    coder = str(by.get("email") or by.get("id")) if isinstance(by, dict) else str(by or NOBODY)
    time = str(annotation.get("created_at") or "")
    for result in _dicts(annotation.get("result")):
        value = _dict(result.get("value"))
        labels = next((value[key] for key in ("labels", "hypertextlabels", "paragraphlabels") if value.get(key)), None)
        start, end = value.get("start"), value.get("end")
        if labels is None or type(start) is not int or type(end) is not int:
            counts["results that mark no words of a text"] += 1
            continue
        yield from (_Span(start, end, str(value.get("text") or ""), str(label), coder, time) for label in labels)


def _label(row: Any, coder: str) -> _Span | None:
    if isinstance(row, list) and len(row) == 3:
        row = dict(zip(("start_offset", "end_offset", "label"), row, strict=True))
    found = _dict(row)
    start, end = found.get("start_offset"), found.get("end_offset")
    if type(start) is not int or type(end) is not int or not found.get("label"):
        return None
    return _Span(start, end, "", str(found["label"]), coder)


def _add(found: _Found, setting: Setting, raw: str, name: str, spans: Sequence[_Span]) -> None:
    """Take a text for a transcript: one that the study has, if it has the same words."""
    text = tidy(raw)
    if not text.strip():
        found.counts["tasks without a text"] += 1
        return
    there = [transcript for transcript in found.transcripts.values() if transcript.text == text]
    own = there[0] if there else found.known.get(text)
    name = own.id if own else file_name(name, found.transcripts)
    found.transcripts[name] = own or Transcript(name, text, parse_turns(text, setting.roles.patterns, name), "")
    found.spans.setdefault(name, []).extend(spans)
    found.raw[name] = raw


def _project(path: Path, setting: Setting, found: _Found) -> Project:
    if not found.transcripts:
        raise BadInputError("no task has a text", where=path.name, remedy="Export the project again, with its data.")
    names = CodeNames(setting.codebook)
    labels = dict.fromkeys(_split(names, span.label).code for spans in found.spans.values() for span in spans)
    known = {label: one for label in labels if (one := _known(names, label)) is not None}
    unknown = [label for label in labels if label not in known]
    book, ids = codebook_of(path.stem, [Entry(("label", label), label, ("label", None)) for label in unknown])
    codes = known | {label: Written(ids[("label", label)]) for label in unknown}
    codings = [coding for name in found.transcripts for coding in _codings(found, name, names, codes)]
    warnings = tuple(f"{what}, left out: {count}" for what, count in found.counts.items() if count)
    return Project(path.stem, book, found.transcripts, tuple(dict.fromkeys(codings)), warnings=warnings)


def _known(names: CodeNames, label: str) -> Written | None:
    """Find the code of a label; ``goals barrier`` is the code ``goals`` with a valence."""
    code = names.find(label)
    if code is not None:
        return Written(code)
    before, _, last = label.rpartition(" ")
    code, valence = names.find(before.rstrip(": ")), as_valence(last)
    return Written(code, valence) if code and valence else None


def _split(names: CodeNames, label: str) -> Written:
    """Part a label from the valence behind it, unless a code is called so as a whole (such as ``cost (1)``)."""
    return Written(label) if names.find(label) is not None else split_code(label)


def _codings(found: _Found, name: str, names: CodeNames, codes: Mapping[str, Written]) -> Iterator[Coding]:
    text, spans = found.transcripts[name].text, found.spans[name]
    placed = align_quotes(text, [(one.start, one.end, one.quote) for one in spans], rules_of(found.raw[name]))
    for span, place in zip(spans, placed.spans, strict=True):
        if place is None:
            found.counts["labels whose words occur nowhere, or several times, in their text"] += 1
            continue
        label = _split(names, span.label)
        code, quote = codes[label.code], text[slice(*place)]
        valence = label.valence or code.valence
        yield Coding(name, *place, quote, code.code, valence, span.coder, "", span.time, "annotations")


def write_label_studio(project: Project, path: Path) -> list[str]:
    """Write tasks as Label Studio imports them, an annotation for each coder and a prediction for each model."""
    tasks = []
    for number, (name, transcript) in enumerate(sorted(project.transcripts.items()), 1):
        wide = _wide(transcript.text)
        people: dict[str, list[dict[str, Any]]] = {}
        for coding in project.codings:
            if coding.transcript == name and coding.code:
                label = written(coding.code, coding.valence, None)
                people.setdefault(coding.coder, []).append(_result(coding.start, coding.end, coding.quote, label, wide))
        models: dict[str, list[dict[str, Any]]] = {}
        for item in project.suggestions:
            if item.transcript == name:
                result = _result(item.start, item.end, item.text, written(item.code, item.valence, None), wide)
                models.setdefault(item.model, []).append(result | {"score": item.score})
        annotations = [{"completed_by": {"email": coder}, "result": result} for coder, result in people.items()]
        predictions = [{"model_version": MODEL + model, "result": result} for model, result in models.items()]
        data = {"text": transcript.text, "transcript_id": name}
        tasks.append({"id": number, "data": data, "annotations": annotations, "predictions": predictions})
    write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
    return _lost(project)


def write_doccano(project: Project, path: Path) -> list[str]:
    """Write a line for each transcript and coder, as doccano imports them."""
    lines = []
    for name, transcript in sorted(project.transcripts.items()):
        own = [coding for coding in project.codings if coding.transcript == name and coding.code]
        for coder in dict.fromkeys(coding.coder for coding in own) or [""]:
            labels = [[c.start, c.end, written(c.code, c.valence, None)] for c in own if c.coder == coder]
            row = {"text": transcript.text, "label": labels, "transcript_id": name, "annotator": coder}
            lines.append(json.dumps(row, ensure_ascii=False))
    write_text(path, "\n".join(lines) + "\n")
    found = len(project.suggestions)
    return [*_lost(project), *([f"{found} suggestions: the format has no place for them"] if found else [])]


def _wide(text: str) -> list[int]:
    """Count the UTF-16 units before each place of a text."""
    places = [0]
    for char in text:
        places.append(places[-1] + (2 if ord(char) > 0xFFFF else 1))
    return places


def _result(start: int, end: int, quote: str, label: str, wide: Sequence[int]) -> dict[str, Any]:
    value = {"start": wide[start], "end": wide[end], "text": quote, "labels": [label]}
    return {"from_name": "label", "to_name": "text", "type": "labels", "value": value}


def _lost(project: Project) -> list[str]:
    memos = sum(bool(coding.memo) for coding in project.codings)
    return [f"{memos} memos: the format has no place for them"] if memos else []


def _text_of(data: Mapping[str, Any]) -> str:
    texts = [value for value in data.values() if isinstance(value, str)]
    named = [data[key] for key in TEXTS if isinstance(data.get(key), str)]
    return named[0] if named else max(texts, key=len, default="")


def _name_of(data: Mapping[str, Any]) -> str:
    found = next((str(data[key]) for key in NAMES if data.get(key) not in (None, "")), "transcript")
    return f"text {found}" if found.isdigit() else found


def _loaded(path: Path) -> Any:
    """Read JSON; None for anything else."""
    try:
        return json.loads(read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _lines(path: Path) -> Iterator[Any]:
    """Read JSON lines, or a list in one JSON file; nothing for anything else."""
    data = _loaded(path)
    if isinstance(data, list):
        yield from data
        return
    try:
        rows = read_bytes(path).decode("utf-8-sig").split("\n")
        yield from [json.loads(row) for row in rows if row.strip()]
    except (ValueError, RecursionError):
        return


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
