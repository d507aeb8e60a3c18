"""Find the lines that begin with a speaker's label: candidates by their form, and labels by their company.

Form. A candidate stands at the start of a line (after a stamp, list mark, markdown mark or ``@``), has at most 4 words
and 40 characters and no punctuation of prose. It ends

- strongly: with a colon (also full-width, also after spaces), a tab, the end of bold print, or a stamp;
- weakly: with a dash or another sign (``P03 - Yes``, ``Ann | Yes``), a bracket round it (``[Ann] Yes``, ``(I) Yes``)
  or, if it is short, a full stop (``Q. Why?``);
- or it stands alone on its line.

Company. A candidate with a strong end is a label if

1. it matches a pattern of the study's roles and reads like a name (capitals, digits, one word), or is generic
   (*Speaker 2*, *All*), or
2. it reads like a name and occurs twice, or once in a file where four paragraphs of five begin so, or
3. it occurs once beside other labels and its form tells it from prose (*HCP3*, *Dr Jones*, *Ann (nurse)*, *Daughter*),
4. it is in lower case or more than a name ("Older man"), and occurs three times;

never if it has a word such as *so*, *but*, *that* (``So here is the thing: ...``) or is one such as *note* or *date*,
unless a role pattern names it and it occurs twice. A name with a stamp counts once two lines are written so. A name
alone on its line, without stamp, counts only in a file where no label has a colon, unless it is in bold print, and not
if it answers the name above it. What ends weakly needs more company, see ``_decide_weak``. How somebody speaks,
``P (laughing):``, is no part of the name.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from comb.study.params import RoleParams
from comb.transcripts.roles import find_role, key
from comb.transcripts.speaker_names import (
    MAX_CHARS,
    MAX_WORDS,
    has_form,
    holds_remark,
    is_distinct,
    is_known,
    is_label,
    is_name_like,
    is_prose,
    is_seldom_name,
    is_title,
)
from comb.transcripts.timestamps import AT_END, UNITS, is_bare, is_stamp, stamp_at, time_of

__all__ = ["MAX_CHARS", "MAX_WORDS", "Head", "Labels", "Line", "decide", "parse_head"]

Style = Literal["colon", "bold", "stamped", "alone", "sign", "bracket", "stop", "none"]
WEAK: tuple[Style, ...] = ("sign", "bracket", "stop")

_REACH = 80
"""Characters of the longest name with what may stand in brackets behind it."""
_SHORT = 4
"""Characters of the longest name that a full stop may end, unless it is known by itself."""
_COVERED = 0.8
"""The share of paragraphs that begin with a label in a file where nearly all do."""
_HALF = 0.5
_IN_NAMES = frozenset(("Mn", "Mc", "So", "Sk", "Cf", "Zs"))
DASHES = r"\-‒–—―−"
_INVISIBLE = "\u200b\u200e\u200f\ufeff"
_UNITS = rf"(?!(?i:{UNITS})\b)"
_PREFIX = re.compile(
    rf"(?:[\s>*_•{DASHES}{_INVISIBLE}]|#(?!\s*\d))*"
    rf"(?:\d{{1,4}}(?:[.)\t]\s*|\s+{_UNITS}(?=[^\W\d_]))|[\[(]\d{{1,4}}[)\]]\s*(?=[^\W\d_][^:\n]{{0,40}}:)|¶\s*\d{{0,4}}\s+)?"
    r"[\s*_]*@?"
)
_GAP = re.compile(rf"[\s*_|@{DASHES}]*")
_AFTER_STAMP = re.compile(rf":?{_GAP.pattern}")
_AFTER = re.compile(r"[*_]*\s*[:：﹕]{1,2}[*_]*(?!//|\\)|\t")
_SIGN = re.compile(
    rf"\s*(?:[{DASHES}]{{1,3}}|[-=]*>{{1,2}}|[|→»=~;])\s+|\s+[{DASHES}](?=\S)|[—―](?=\S)|[ \u00a0]{{2,}}(?=\S)"
)
_AFTER_BRACKET = re.compile(r"\s+(?!\d{1,3}\s)")
_MANNER = re.compile(
    r"\s*[\[(](?i:laugh|smil|sigh|whisper|cry|sob|tear|chuckl|giggl|cough|paus|hesitat|nod|shout|interrupt|overlap|quiet|"
    r"soft|loud|angr|sarcas|emotional|inaudible|unclear|continu|cont\b|cont'?d\b)[^\])\n:]{0,20}[\])](?=\s*[:：])"
    r"|\?{1,3}(?=\s*[:：])|\s*[\[(]\?{1,3}[\])](?=\s*[:：])"
)
"""How somebody speaks, or that it is not certain who, which is no part of the name: ``P (laughing):``, ``P?:``."""
_NOBODY = re.compile(r"\?{1,4}\s*[:：]\s+")
_STOP = re.compile(r"[.)]\s+")
_TOGETHER = re.compile(r"\s*[,&+/]\s*|\s+and\s+")
_NOT_A_TIME = re.compile(r"\d[:：]\d")
_CLOSERS = {"[": "]", "<": ">", "(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the canonical text, without its line end; its first ``bold`` characters are in bold print."""

    start: int
    end: int
    bold: int = 0
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a line: perhaps a stamp, perhaps a candidate for a label. Offsets count from its start."""

    style: Style
    name: str = ""
    speech: int = 0
    """Where the speech begins if the candidate is a label."""
    prose: int = 0
    """Where the speech begins if the candidate is not a label."""
    end: int = 0
    time: float | None = None
    stamp: Literal["", "sure", "bare"] = ""
    """Whether the line begins with a stamp; a bare one, ``10:30``, may be a time of day in prose."""
    bold: bool = False
    opened: bool = False
    """Whether the name is in brackets."""
    unstamped: Style = "none"
    """How the name would end without the stamp behind it: ``INT – [00:05] Why?`` weakly, with a sign."""
    weak: "Head | None" = None
    """The candidate that ends weakly, if there is another that ends strongly."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A name with its end: start of the speech, and the time of a stamp beside it."""

    style: Style
    name: str
    speech: int
    time: float | None = None
    unstamped: Style = "none"


def parse_head(line: str, bold: int = 0, next_line: str = "") -> Head:
    """Read the candidate at the start of a line; ``next_line`` is the one after it that is not blank.

    >>> head = parse_head("[00:12:31] P03 : Well.")
    >>> head.style, head.name, head.speech, head.time
    ('colon', 'P03', 17, 751.0)
    """
    tail = AT_END.search(line)
    end = len(line[: tail.start()].rstrip()) if tail else len(line)
    at = _end(_PREFIX, line, 0)
    first = stamp_at(line, at)
    after = _end(_AFTER_STAMP, line, first.end()) if first else at
    time = time_of(first) if first else None
    prose = after if first else 0
    if after >= end:
        return Head("none", prose=end, end=end, time=time, stamp="sure" if first else "")
    printed = len(line[:bold].rstrip())
    plain = Head("none", prose=prose, end=end, time=time, stamp=_kind(first), opened=line[after] in _CLOSERS)
    is_bold = printed > 0 or line[:after].endswith("**")
    strong, weak = _candidates(line, after, end, printed, stamped=first is not None or is_stamp(next_line))
    heads = [
        replace(
            plain,
            style=one.style,
            name=one.name,
            speech=one.speech,
            bold=is_bold,
            time=_first(time, one.time),
            unstamped=one.unstamped,
        )
        for one in (strong, weak)
        if one is not None
    ]
    if len(heads) == len((strong, weak)):
        return replace(heads[0], weak=heads[1])
    return heads[0] if heads else plain


def _first(time: float | None, other: float | None) -> float | None:
    return other if time is None else time


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    match = pattern.match(line, at)
    return match.end() if match else at


def _kind(stamp: re.Match[str] | None) -> Literal["", "sure", "bare"]:
    if stamp is None:
        return ""
    return "bare" if is_bare(stamp) else "sure"


def _candidates(line: str, at: int, end: int, bold: int, *, stamped: bool) -> tuple[_Found | None, _Found | None]:
    """Find where the name may end: strongly, and before that weakly."""
    if unknown := _NOBODY.match(line, at):
        return _Found("colon", "Unknown", unknown.end()), None
    closer = _CLOSERS.get(line[at], "")
    start = at + len(closer)
    weak: _Found | None = None
    for stop in range(start + 1, min(end, start + _REACH) + 1):
        if not _is_of_names(line[stop - 1]):
            break
        if closer and line[stop : stop + 1] != closer:
            continue
        closed = _end(_MANNER, line, stop + len(closer))
        name = _clean(line[start:stop])
        weakly = _weak(line, closed, name, closed=bool(closer) or line[start - 1 : start] == "@")
        if found := _terminator(line, closed, end, bold, stamped=stamped):
            style, speech, time = found
            name = name.rstrip(",") if style == "stamped" else name
            fits = has_form(name) and not (style == "alone" and (weak or name.endswith(".")))
            plain = weak or weakly if time is not None else None
            if plain and name == f"{plain.name}.":
                name = plain.name
            return (_Found(style, name, speech, time, plain.style if plain else "none") if fits else None), weak
        weak = weak or weakly
        if closer:
            break
    return None, weak


def _weak(line: str, at: int, name: str, *, closed: bool) -> _Found | None:
    if not has_form(name):
        return None
    if closed and _AFTER_BRACKET.match(line, at):
        return _Found("bracket", name, _skip(line, at))
    if sign := _SIGN.match(line, at):
        return _Found("sign", name, sign.end())
    stop = _STOP.match(line, at)
    return _Found("stop", name, stop.end()) if stop and not is_title(name) else None


def _is_of_names(char: str) -> bool:
    """Return whether a character occurs in names: letters with their combining marks, digits, pictures, a few signs."""
    return char.isalnum() or char in " \u00a0\u3000.,'’&/()#+_-" or unicodedata.category(char) in _IN_NAMES


def _terminator(line: str, at: int, end: int, bold: int, *, stamped: bool) -> tuple[Style, int, float | None] | None:
    """Return whether a name may end strongly here, or alone, by what comes after."""
    rest = _end(_GAP, line, at)
    stamp = stamp_at(line, rest) if rest > at or line[at : at + 1] in _CLOSERS else None
    if stamp and not line[stamp.end() : end].strip("*_ \t:："):
        return "stamped", end, time_of(stamp)
    if stamp and (colon := _AFTER.match(line, stamp.end())):
        return "colon", _skip(line, colon.end()), time_of(stamp)
    if stamp and not is_bare(stamp):
        return "colon", _skip(line, stamp.end()), time_of(stamp)
    if (colon := _AFTER.match(line, at)) and not _NOT_A_TIME.match(line, max(colon.end() - 2, 0)):
        return _with_stamp_after(line, colon.end())
    if rest >= end:
        return ("stamped" if stamped else "alone"), end, None
    if (bold and at == bold and line[at : at + 1].isspace()) or (line.startswith("**", at) and "**" in line[:at]):
        return "bold", rest, None
    return None


def _with_stamp_after(line: str, at: int) -> tuple[Style, int, float | None]:
    at = _skip(line, at)
    stamp = stamp_at(line, at)
    if stamp and (line[at] in "[(<{#" or stamp["time"].count(":") > 1 or stamp.end() == len(line)):
        return "colon", _skip(line, stamp.end()), time_of(stamp)
    return "colon", at, None


def _skip(line: str, at: int) -> int:
    while at < len(line) and line[at].isspace():
        at += 1
    return at


def _clean(name: str) -> str:
    return " ".join(name.strip(f" \t\u00a0-–*_{_INVISIBLE}").split())


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a file, decided from all its candidates together."""

    names: frozenset[str]
    alone: frozenset[str]
    bold: frozenset[str]
    weak: frozenset[tuple[Style, str]]

    def choose(self, head: Head) -> Head | None:
        """Return the candidate of a line that is a label; None if none is."""
        return next((one for one in (head, head.weak) if one is not None and self._accepts(one)), None)

    def _accepts(self, head: Head) -> bool:
        name = key(head.name)
        if head.style == "alone":
            return name in (self.bold if head.bold else self.alone)
        if head.style in WEAK:
            return (head.style, name) in self.weak
        return head.style != "none" and name in self.names


def decide(heads: Iterable[Head], roles: RoleParams) -> Labels:
    """Decide which candidates are labels, by the rule of this module.

    >>> heads = [parse_head(line) for line in ("INT: Why?", "Note: x", "Carys: Eh.", "Here: x", "Carys: Yes.")]
    >>> sorted(decide(heads, RoleParams()).names)
    ['carys', 'int']
    """
    heads = [head for head in heads if head.style != "none" or head.prose < head.end]
    inline = [head for head in heads if head.style in ("colon", "bold")]
    stamped = [head for head in heads if head.style == "stamped"]
    names = _decide(inline + stamped, roles, len(heads), stamped=len(stamped) > 1)
    weak = _decide_weak(heads, names, roles)
    alone = _alone(heads, roles)
    in_bold = _decide([head for head in alone if head.bold], roles)
    return Labels(names, frozenset() if names or weak else _decide(alone, roles), in_bold, weak)


def _alone(heads: Sequence[Head], roles: RoleParams) -> list[Head]:
    """Return the names alone on their lines, without those that are answers of one word.

    No speech follows an answer, or another name stands above it, for most of the times that it is there.
    """
    found = [head if head.style == "alone" and _reads_like_speaker(head, roles) else None for head in heads]
    named = [(key(head.name), head, at) for at, head in enumerate(found) if head]
    after, before = [*found[1:], None], [None, *found[:-1]]
    counts = Counter(name for name, _, _ in named)
    heard = Counter(name for name, _, at in named if after[at] is None)
    below = Counter(name for name, _, at in named if before[at] is not None)
    answers = {
        name
        for name in counts
        if not heard[name] or (2 * heard[name] < counts[name] and 2 * below[name] > counts[name])
    }
    return [head for name, head, _ in named if name not in answers or is_known(head.name, roles)]


def _reads_like_speaker(head: Head, roles: RoleParams) -> bool:
    return is_known(head.name, roles) or (is_name_like(head.name) and not head.opened)


def _decide(heads: list[Head], roles: RoleParams, paragraphs: int = 0, *, stamped: bool = False) -> frozenset[str]:
    counts = Counter(key(head.name) for head in heads)
    spelled = {key(head.name): head.name for head in reversed(heads)}
    sure = {name for name, count in counts.items() if is_label(spelled[name], count, roles)}
    if stamped:
        sure |= {key(head.name) for head in heads if head.style == "stamped" and is_label(head.name, 2, roles)}
    distinct = {name for name in counts if is_distinct(spelled[name]) and not is_prose(spelled[name])}
    if any(counts[name] > 1 for name in sure) or (paragraphs and len(sure | distinct) > 1):
        sure |= distinct
    likely = {name for name in counts if is_label(spelled[name], 2, roles)}
    if (sure or len(likely) > 1) and sum(counts[name] for name in sure | likely) >= _COVERED * paragraphs > 0:
        sure |= likely
    together = {name for name in counts if len(parts := _TOGETHER.split(name)) > 1 and sure.issuperset(parts)}
    return frozenset(sure | together)


def _decide_weak(heads: Sequence[Head], names: frozenset[str], roles: RoleParams) -> frozenset[tuple[Style, str]]:
    """Decide which names that end weakly are labels.

    Dashes, brackets and full stops stand in prose, so that one name is not enough: they count where two names or more
    are written so and nearly all paragraphs begin with a label, or half of them with two names that come back.
    Otherwise each must be known by itself (a role, a number, a title) and come back. ``I - I mean`` beside ``I:`` is
    none.
    """
    rest = [head for head in heads if not (head.style in ("colon", "bold", "stamped") and key(head.name) in names)]
    found = [one for head in rest for one in (head, head.weak) if one is not None and one.style in WEAK]
    accepted: set[tuple[Style, str]] = set()
    for style in WEAK:
        own = [head for head in found if head.style == style and _may_end_weakly(head, roles)]
        stamped = Counter(key(head.name) for head in heads if head.unstamped == style)
        found_names = _weak_names(own, stamped, len(heads) - len(rest), len(heads), names, roles)
        accepted |= {(style, name) for name in found_names}
    return frozenset(accepted)


def _may_end_weakly(head: Head, roles: RoleParams) -> bool:
    long = head.style == "stop" and len(head.name) > _SHORT
    if holds_remark(head.name) or not is_name_like(head.name) or (long and not is_known(head.name, roles)):
        return False
    return not (is_prose(head.name) or is_seldom_name(head.name)) or find_role(head.name, roles) is not None


def _weak_names(
    heads: list[Head],
    stamped: Counter[str],
    labelled: int,
    paragraphs: int,
    names: frozenset[str],
    roles: RoleParams,
) -> frozenset[str]:
    """Choose among the names that end weakly; ``stamped`` counts those that end so before a stamp."""
    counts = Counter(key(head.name) for head in heads if len(head.name) > 1 or key(head.name) not in names)
    spelled = {key(head.name): head.name for head in heads}
    known = {name for name in counts if is_known(spelled[name], roles) or is_distinct(spelled[name])}
    repeated = {name for name, count in counts.items() if count + stamped[name] > 1}
    share = (labelled + counts.total()) / max(paragraphs, 1)
    if len(names) > 1:
        return frozenset(name for name in repeated if len(name) > 1 and (name in names or find_role(name, roles)))
    if len(names | counts.keys()) > 1 and (repeated or known) and share >= _COVERED:
        return frozenset(counts)
    if not names and len(repeated) > 1 and share >= _HALF:
        return frozenset(known | repeated)
    if names:
        return frozenset(name for name in known & repeated if len(name) > 1)
    return frozenset(known | repeated) if len(known & repeated) > 1 else frozenset()
