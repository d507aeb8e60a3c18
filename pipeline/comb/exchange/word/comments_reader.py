"""Make codings, and decisions on suggestions, from the comments in the margin of a Word document."""

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from comb.codebook import Codebook
from comb.codings.code_labels import CodeNames, Written
from comb.codings.machine import model_of
from comb.codings.quote_finder import QuoteFinder
from comb.exchange.project import Project, Setting
from comb.exchange.word.comment_positions import Comment, Commented, read_comments
from comb.exchange.word.writer import THRESHOLD
from comb.records import Coding, Decision, Transcript, Verdict
from comb.transcripts.embedded_turns import xml_safe
from comb.transcripts.file_safety import read_bytes
from comb.transcripts.reader import read_transcript, transcript_id
from comb.transcripts.speaker_labels import MAX_CHARS, MAX_WORDS

YES = {"yes", "y", "ok", "okay", "accept", "accepted", "agree", "agreed", "right", "true", "✓", "✔", "+1", "👍"}
NO = {"no", "n", "reject", "rejected", "disagree", "wrong", "false", "✗", "✘", "-1", "👎"}
NOBODY = "unknown"
"""The coder of comments without an author."""
ORIGIN = "word"
SHOWN = 20
_PART = re.compile(r"word/comments\d*\.xml")
"""Comments that are no codings, of which so many are listed one by one."""


@dataclass(frozen=True)
class Margin:
    """The codings and decisions in the comments of a document."""

    codings: tuple[Coding, ...]
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]
    """Notes on comments that could not be used or were guessed: ids, authors and places, no participants' words."""


def has_comments(path: Path) -> bool:
    """Return whether a Word document has comments."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(_PART.fullmatch(name) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False  # the reader of transcripts says what is wrong with it


def read_docx(path: Path, setting: Setting) -> Project:
    """Read a Word document whose comments may be codings.

    If the study has a transcript with its name, the comments belong to that one; otherwise the document itself is the
    transcript. Comments that are not codes of the codebook are listed in the warnings.
    """
    data = read_bytes(path)
    found = read_comments(data, path.name)
    name = transcript_id(path)
    known = setting.transcripts()
    own = known.get(name) or read_transcript(path, setting.roles)
    margin = read_margin(found, own, setting.codebook)
    if not margin.codings and not margin.decisions:
        own = read_transcript(path, setting.roles)  # no coded copy, but a transcript that somebody remarked on
    return Project(
        name,
        None,
        {name: own},
        margin.codings,
        decisions=margin.decisions,
        originals={} if name in known else {name: path},
        warnings=margin.notes,
    )


@dataclass
class _Reader:
    transcript: Transcript
    names: CodeNames
    same: bool
    """The document's text is the transcript's."""
    text: str
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    others: list[str] = field(default_factory=list)


def read_margin(found: Commented, transcript: Transcript, codebook: Codebook | None) -> Margin:
    """Make codings from the comments that are codes of the codebook; all others are listed in the notes.

    A comment is ``code``, ``code: memo``, or several codes separated by ``;``, each optionally followed by
    ``[barrier]``; or codes in its first paragraph and the memo in the others. Its author is the coder. A reply counts
    as a comment on the words of the comment that it answers; ``yes``, ``no`` or another code in reply to a model's
    suggestion decides on it. If the document's text differs from the transcript's, each comment's words are searched
    for in it.
    """
    reader = _Reader(transcript, CodeNames(codebook), found.text == xml_safe(transcript.text), found.text)
    by_id = {comment.id: comment for comment in found.comments}
    for number, comment in enumerate(found.comments, 1):
        _place(reader, number, by_id.get(comment.parent or "", comment), comment)
    codings: list[Coding] = []
    decisions: list[Decision] = []
    for number, comment in enumerate(found.comments, 1):
        parent = by_id.get(comment.parent or "")
        if comment.id not in reader.spans:
            continue
        if model_of(comment.author) is not None:
            reader.counts["suggestions"] += 1
        elif parent is not None and model_of(parent.author) is not None:
            _decide(reader, number, comment, parent, codings, decisions)
        else:
            codings += _codings(reader, number, comment)
    return Margin(tuple(dict.fromkeys(codings)), tuple(decisions), tuple(_notes(reader)))


def _place(reader: _Reader, number: int, marked: Comment, comment: Comment) -> None:
    """Find the span of a comment in the transcript, and note it."""
    start, end = (marked.start, marked.end) if marked.start is not None else (comment.start, comment.end)
    if start is None or end is None:
        reader.others.append(f"{_who(number, comment)} is outside the text")
        return
    if start == end:
        start, end = _line(reader.text, start)
        reader.counts["points"] += 1
    if not reader.same:
        places = QuoteFinder(reader.transcript.text, reader.transcript.turns).places(reader.text[start:end])
        if len(places) != 1:
            how = "are not in the transcript" if not places else f"occur {len(places)} times in the transcript"
            reader.others.append(f"the words of {_who(number, comment)} {how}")
            return
        start, end = places[0].spans[0][0], places[0].spans[-1][1]
    if start < end:
        reader.spans[comment.id] = (start, end)


def _line(text: str, at: int) -> tuple[int, int]:
    """Return the words of the paragraph that a place is in, or else of the one before."""
    at = len(text[:at].rstrip()) if not text[at : at + 1].strip() else at
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    words = text[start : len(text) if end < 0 else end]
    return start + len(words) - len(words.lstrip()), start + len(words.rstrip())


def _codings(reader: _Reader, number: int, comment: Comment) -> Iterator[Coding]:
    read = read_text(reader.names, comment.lines)
    if read is None:
        kind = "reply of" if comment.parent else "comment of"
        reader.others.append(f"{_who(number, comment, kind)} is not a code: {_short(comment.lines)}")
        return
    for item in read[0]:
        yield _coding(reader, comment, item, read[1])


def _coding(reader: _Reader, comment: Comment, item: Written, memo: str, model: str = "") -> Coding:
    start, end = reader.spans[comment.id]
    return Coding(
        reader.transcript.id,
        start,
        end,
        reader.transcript.text[start:end],
        item.code,
        item.valence,
        comment.author or NOBODY,
        memo,
        comment.date,
        ORIGIN,
        model,
        item.score,
    )


def _decide(
    reader: _Reader, number: int, reply: Comment, parent: Comment, codings: list[Coding], decisions: list[Decision]
) -> None:
    suggested = read_text(reader.names, parent.lines[:1])
    word, _, memo = "\n".join(reply.lines).strip().partition(":")
    answer = word.strip().casefold().rstrip(".!")
    other = read_text(reader.names, reply.lines)
    if suggested is None or (answer not in YES | NO and other is None):
        reader.others.append(f"{_who(number, reply, 'reply of')} is neither yes, no nor a code: {_short(reply.lines)}")
        return
    model = model_of(parent.author) or ""
    item = suggested[0][0]
    verdict: Verdict = "accepted" if answer in YES else "rejected" if answer in NO else "changed"
    memo = memo.strip() if answer in YES | NO else other[1] if other else ""
    taken = [item] if verdict == "accepted" else other[0] if other and verdict == "changed" else []
    for one in taken:
        kept = Written(one.code, one.valence, item.score)
        codings.append(_coding(reader, reply, kept, memo, model))
    start, end = reader.spans[reply.id]
    place = (reader.transcript.id, start, end, item.code, item.valence, item.score or 0.0)
    decisions.append(Decision(*place, _threshold(parent), model, verdict, reply.author or NOBODY, reply.date, memo))


def _threshold(comment: Comment) -> float:
    said = [line.removeprefix(THRESHOLD) for line in comment.lines if line.startswith(THRESHOLD)]
    return float(said[0]) if said and re.fullmatch(r"[01](\.\d+)?", said[0]) else 0.0


def read_text(names: CodeNames, lines: tuple[str, ...]) -> tuple[list[Written], str] | None:
    """Read a comment as known codes and a memo; None if it is something else."""
    first, rest = (lines[0], lines[1:]) if lines else ("", ())
    codes = names.parse(first)
    if codes:
        return codes, "\n".join(rest)
    for colon in reversed([match.start() for match in re.finditer(":", first)]):
        codes = names.parse(first[:colon])
        if codes:
            return codes, "\n".join((first[colon + 1 :].strip(), *rest)).strip()
    return None


def _who(number: int, comment: Comment, kind: str = "comment of") -> str:
    return f"{kind} {comment.author or NOBODY} (number {number})"


def _short(lines: tuple[str, ...]) -> str:
    """Show a comment that is short enough to be a code misspelt; a longer one may quote a participant."""
    text = " ".join(" ".join(lines).split())
    return repr(text) if len(text) <= MAX_CHARS and len(text.split()) <= MAX_WORDS else "(a longer text)"


def _notes(reader: _Reader) -> Iterator[str]:
    counts = reader.counts
    if not reader.same and reader.spans:
        yield "the document's text differs from the transcript's: comments were placed by their words"
    if counts["points"]:
        yield f"comments that mark no words, applied to the whole paragraph: {counts['points']}"
    if counts["suggestions"]:
        yield f"comments that are suggestions of a model, not codings: {counts['suggestions']}"
    yield from reader.others[:SHOWN]
    if len(reader.others) > SHOWN:
        yield f"more comments that were left out: {len(reader.others) - SHOWN}"
