"""Tables of Label Studio (CSV): a row for each task and annotator, with its spans as JSON in a cell.

If a transcript of the study contains a task's text, the codings go there; all other texts become one transcript, named
after the file.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comb.codings.code_labels import CodeNames, split_code
from comb.errors import BadInputError
from comb.exchange.project import Project, Setting
from comb.records import Coding, Transcript, Turn
from comb.transcripts.file_safety import tidy
from comb.transcripts.reader import read_numbered_rows, transcript_id

ORIGIN = "label studio"
ONLY_CODER = "A"
_HOLDERS = ("labels", "hypertextlabels", "choices", "taxonomy")
_CODERS = ("annotator", "completed_by", "annotator_email")


@dataclass
class _Reader:
    names: CodeNames
    codings: list[Coding] = field(default_factory=list)
    unknown: dict[str, None] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def is_label_studio(path: Path) -> bool:
    """Return whether a table has a column of spans or choices in JSON, and a column of their texts."""
    header, rows = read_numbered_rows(path)
    return _columns(header, rows) is not None


def read_label_studio(path: Path, setting: Setting) -> Project:
    """Read an export of Label Studio. Spans that do not fit their text are left out, and counted in the warnings."""
    header, rows = read_numbered_rows(path)
    columns = _columns(header, rows)
    if columns is None:
        raise BadInputError("not a Label Studio export", where=path.name, remedy="Export it as CSV.")
    text, label, coder = columns
    known = setting.transcripts()
    new = _new_transcript(path, [tidy(row[text]).strip() for _, row in rows], known)
    everything = {**known, new.id: new} if new else known
    reader = _Reader(CodeNames(setting.codebook))
    for number, row in rows:
        _take(reader, number, tidy(row[text]).strip(), row[label], row[coder].strip() if coder else "", everything)
    return Project(
        path.stem,
        None,
        {new.id: new} if new else {},
        tuple(dict.fromkeys(reader.codings)),
        warnings=tuple(_warnings(reader)),
    )


def _columns(header: Sequence[str], rows: Sequence[tuple[int, Mapping[str, str]]]) -> tuple[str, str, str] | None:
    """Return the columns of the text, of its labels and of the annotator (``""`` without one)."""
    cells = [row for _, row in rows]
    label = next((name for name in header if any(_items(row[name]) for row in cells)), None)
    texts = [name for name in header if name != label and name.casefold() not in (*_CODERS, "id", "annotation_id")]
    if label is None or not texts:
        return None
    text = max(texts, key=lambda name: (name.casefold() in ("text", "dialogue"), sum(len(row[name]) for row in cells)))
    coder = next((name for name in header if name.casefold() in _CODERS), "")
    return text, label, coder


def _items(cell: str) -> list[Any]:
    """Return the spans or choices in a cell; nothing if it contains something else."""
    if cell.lstrip()[:1] not in ("[", "{"):
        return []
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return []
    items = value if isinstance(value, list) else [value]
    spans = [item for item in items if isinstance(item, dict) and any(name in item for name in _HOLDERS)]
    return items if spans else []


def _new_transcript(path: Path, texts: Sequence[str], known: Mapping[str, Transcript]) -> Transcript | None:
    """Make one transcript of the texts that stand in none of the study's, each once; None if there is none."""
    new = [text for text in dict.fromkeys(texts) if text and _home(text, known) is None]
    turns: list[Turn] = []
    at = 0
    for text in new:
        turns.append(Turn("", "participant", at, at + len(text)))
        at += len(text) + 2
    return Transcript(transcript_id(path), "\n\n".join(new), tuple(turns), path.name) if new else None


def _home(text: str, transcripts: Mapping[str, Transcript]) -> tuple[str, int] | None:
    """Return the transcript that a text stands in, once, and where; None if there is no or no single one."""
    found = [name for name, transcript in transcripts.items() if text in transcript.text]
    if len(found) != 1 or transcripts[found[0]].text.count(text) != 1:
        return None
    return found[0], transcripts[found[0]].text.index(text)


def _take(
    reader: _Reader, number: int, text: str, cell: str, coder: str, transcripts: Mapping[str, Transcript]
) -> None:
    home = _home(text, transcripts) if text else None
    items, lost = _items(cell), 0
    for item in items:
        place = _place(text, item) if isinstance(item, dict) else None
        if home is None or place is None:
            lost += 1
            continue
        start, end = home[1] + place[0], home[1] + place[1]
        words = transcripts[home[0]].text[start:end]
        for code, valence in _codes(reader, item):
            reader.codings.append(Coding(home[0], start, end, words, code, valence, coder or ONLY_CODER, origin=ORIGIN))
    if lost:
        reader.left_out.append(f"row {number}: spans that do not fit its text, left out: {lost}")


def _place(text: str, item: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return where a span lies in its text, by its words where the numbers are another program's; None if nowhere."""
    if "choices" in item or "taxonomy" in item:
        return 0, len(text)
    start, end, words = item.get("start"), item.get("end"), item.get("text")
    if not isinstance(words, str):
        fits = type(start) is int and type(end) is int and 0 <= start < end <= len(text)
        return (start, end) if fits else None  # type: ignore[return-value]
    words = tidy(words)
    if type(start) is int and text[start : start + len(words)] == words and words:
        return start, start + len(words)
    return (text.index(words), text.index(words) + len(words)) if words and text.count(words) == 1 else None


def _codes(reader: _Reader, item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    held: Any = next((item[name] for name in _HOLDERS if name in item), [])
    for name in held if isinstance(held, list) else [held]:
        part = str(name[-1] if isinstance(name, list) and name else name)
        found = reader.names.one(part)
        if found is None:
            found = split_code(part)
            reader.unknown[found.code] = None
        yield found.code, found.valence


def _warnings(reader: _Reader) -> Iterator[str]:
    yield from reader.left_out[:20]
    if len(reader.left_out) > 20:
        yield f"more rows with such spans: {len(reader.left_out) - 20}"
    if reader.unknown:
        yield f"not in configs/codebook.yaml yet: {', '.join(reader.unknown)}. Add these codes before dvc repro"
