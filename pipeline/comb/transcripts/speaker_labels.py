"""Which lines begin with a speaker's label: what could be one by its form, and what is one by its company.

The rule. A candidate stands at the start of a line (after a stamp, list mark or markdown mark), has at most 4 words
and 40 characters, at least one letter and no punctuation of prose. It ends with a colon (also full-width, also after
spaces), a tab or the end of bold print, or it stands with a stamp or alone on its line. It is a label if

1. it matches a pattern of the study's roles and reads like a name (capitals, digits, one word), or is generic
   (*Speaker 2*, *All*), or
2. it reads like a name and occurs twice, or once in a file where four paragraphs of five begin so, or
3. it is in lower case or more than a name ("Older man"), and occurs three times;

never if it holds a word such as *so*, *but*, *that* (``So here is the thing: ...``) or is one such as *note* or *date*,
unless a role pattern names it and it occurs twice. A name with a stamp counts once two lines are written so. A name
alone on its line, without stamp, counts only in a file where no label has a colon, unless it is in bold print. A dash
(``P03 - Yes``) ends a label only in a file where no label has a colon and a name before a dash matches a role.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from comb.study.params import RoleParams
from comb.transcripts.roles import find_role, key
from comb.transcripts.timestamps import AT_END, is_stamp, seconds, stamp_at

Style = Literal["colon", "bold", "stamped", "alone", "dash", "none"]

MAX_WORDS = 4
MAX_CHARS = 40
MAX_TITLE = 5
"""Characters of the longest abbreviation that a name may hold ("Prof.")."""

_IN_NAMES = frozenset(("Mn", "Mc", "So", "Sk", "Cf", "Zs"))
_INVISIBLE = "\u200b\u200e\u200f\ufeff"
_PREFIX = re.compile(rf"[\s>#*_\-–—•{_INVISIBLE}]*(?:\d{{1,4}}(?:[.)\t]\s*|\s+(?=[^\W\d_])))?[\s*_]*")
_GAP = re.compile(r"[\s*_|\-–—]*")
_AFTER = re.compile(r"[*_]*\s*[:：﹕][*_]*(?!//|\\)|\t")
_DASH = re.compile(r"\s+[-–—]\s+")
_GENERIC = re.compile(r"(?:speaker|voice|guest|person|group|all|everyone)(?: [a-z]?\d{0,3})?")
_NOT_A_TIME = re.compile(r"\d[:：]\d")
_LETTER = re.compile(r"[^\W\d_]")
_FUNCTION_WORDS = frozenset(
    """first firstly second secondly third thirdly finally lastly next about actually again all-right also am an and
    are as at because but by can cause cos did do does for from had has have he hello her here here's hey hi
    his how i'd i'll i'm i've if in is it it's its just let's like maybe me my never no not now of often oh ok
    okay on one's or our really right she so sometimes that that's the their them then there there's these
    they thing things this those though to too uh uh-huh um us very was we well were what what's when where
    which who why with yeah yep yes you you'd you're your aber also dann das die und ja nein mais donc alors
    et oui non est c'est pero entonces si sí que""".split()
)
_ORDINARY = frozenset(
    """abstract address age aim anecdote appendix applause background caution chapter clients comment comments
    conclusion contact crosstalk date definition doi duration e.g edit email end etc example examples exercise
    fax figure file from ftp gender goal hint http https i.e idea important inaudible interview interviewees
    interviewers introduction isbn key keywords language laughs laughter length location message method music
    n.b nb note notes objective observers page part participants patients pause phone place ps quote reason
    recorded recording reference remark respondents result results rule section setting silence source start
    step subject summary table tel theme time tip title to topic transcribed transcriber transcript
    transcription unclear unit url version warning web website""".split()
)
_PARTICLES = frozenset("al bin da de del della der di du el la le of one ten the two three four five van von y".split())


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the canonical text, without its line end; it opens with ``bold`` characters in bold print."""

    start: int
    end: int
    bold: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """What a line begins with: perhaps a stamp, perhaps a candidate for a label. Offsets count from its start."""

    style: Style
    name: str = ""
    speech: int = 0
    """Where the speech begins if the candidate is a label."""
    prose: int = 0
    """Where the speech begins if it is none."""
    end: int = 0
    time: float | None = None
    stamp: Literal["", "sure", "bare"] = ""
    """Whether the line begins with a stamp; a bare one, ``10:30``, may be a time of day in prose."""
    bold: bool = False


def parse_head(line: str, bold: int = 0, next_line: str = "") -> Head:
    """Read the candidate at the start of a line; ``next_line`` is the one after it that is not blank.

    >>> head = parse_head("[00:12:31] P03 : Well.")
    >>> head.style, head.name, head.speech, head.time
    ('colon', 'P03', 17, 751.0)
    """
    tail = AT_END.search(line)
    end = tail.start() if tail else len(line)
    at = _end(_PREFIX, line, 0)
    first = stamp_at(line, at)
    after = _end(_GAP, line, first.end()) if first else at
    time = seconds(first["time"]) if first else None
    prose = after if first else 0
    if after >= end:
        return Head("none", prose=end, end=end, time=time, stamp="sure" if first else "")
    printed = len(line[:bold].rstrip())
    label = _label(line, after, end, printed, stamped=first is not None or is_stamp(next_line))
    if label is None:
        return Head("none", prose=prose, end=end, time=time, stamp=_kind(first))
    style, name, speech, second = label
    is_bold = printed > 0 or line[:after].endswith("**")
    return Head(style, name, speech, prose, end, second if time is None else time, _kind(first), is_bold)


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    match = pattern.match(line, at)
    return match.end() if match else at


def _kind(stamp: re.Match[str] | None) -> Literal["", "sure", "bare"]:
    if stamp is None:
        return ""
    return "bare" if stamp[0][0].isdigit() and stamp["time"].count(":") == 1 else "sure"


def _label(line: str, at: int, end: int, bold: int, *, stamped: bool) -> tuple[Style, str, int, float | None] | None:
    """Find where the name ends: style, name, start of the speech and time of a stamp beside it."""
    opener = line[at] if line[at] in "[<" else ""
    start = at + len(opener)
    dashed: tuple[Style, str, int, float | None] | None = None
    for stop in range(start + 1, min(end, start + MAX_CHARS) + 1):
        if not _is_of_names(line[stop - 1]):
            return dashed
        closed = stop
        if opener:
            if line[stop : stop + 1] not in ("]", ">"):
                continue
            closed = stop + 1
        if found := _terminator(line, closed, end, bold, stamped=stamped):
            style, speech, time = found
            name = _clean(line[start:stop])
            if not _has_form(name) or (style == "alone" and (opener or dashed or name.endswith("."))):
                return dashed
            return style, name, speech, time
        if dashed is None and (dash := _DASH.match(line, stop)) and _has_form(line[start:stop]):
            dashed = "dash", _clean(line[start:stop]), dash.end(), None
    return dashed


def _is_of_names(char: str) -> bool:
    """Tell whether a character occurs in names: letters with their combining marks, digits, pictures, a few signs."""
    return char.isalnum() or char in " \u00a0\u3000.,'’&/()#+_-" or unicodedata.category(char) in _IN_NAMES


def _terminator(line: str, at: int, end: int, bold: int, *, stamped: bool) -> tuple[Style, int, float | None] | None:
    """Tell whether a name may end here, by what comes after."""
    rest = _end(_GAP, line, at)
    stamp = stamp_at(line, rest) if rest > at or line[at : at + 1] in ("(", "[") else None
    if stamp and not line[stamp.end() : end].strip("*_ \t:："):
        return "stamped", end, seconds(stamp["time"])
    if stamp and (colon := _AFTER.match(line, stamp.end())):
        return "colon", _skip(line, colon.end()), seconds(stamp["time"])
    if stamp and _kind(stamp) == "sure":
        return "colon", _skip(line, stamp.end()), seconds(stamp["time"])
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
    if stamp and (stamp[0][0] in "[(<" or stamp["time"].count(":") > 1 or stamp.end() == len(line)):
        return "colon", _skip(line, stamp.end()), seconds(stamp["time"])
    return "colon", at, None


def _skip(line: str, at: int) -> int:
    while at < len(line) and line[at].isspace():
        at += 1
    return at


def _clean(name: str) -> str:
    return " ".join(name.strip(f" \t\u00a0-–*_{_INVISIBLE}").split())


def _has_form(name: str) -> bool:
    """Tell whether a text could be a name at all.

    >>> [_has_form(name) for name in ("Interviewer 1", "10", "Dr. van der Berg", "All right. Then")]
    [True, False, True, False]
    """
    words = name.split()
    if not words or len(words) > MAX_WORDS or not _LETTER.search(name):
        return False
    return not any(word.endswith(".") and len(word) > MAX_TITLE for word in words[:-1])


def is_name_like(name: str) -> bool:
    """Tell whether each word has a capital or a digit, or belongs into names.

    >>> [is_name_like(name) for name in ("Carys Jones", "P03 (female)", "the thing", "Speaker one")]
    [True, True, False, True]
    """
    words = name.split()
    first = next(char for char in name if char.isalnum())
    return not first.islower() and all(
        word in _PARTICLES or word.startswith("(") or not word[0].islower() for word in words
    )


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels that a file uses, decided from all its candidates together."""

    names: frozenset[str]
    alone: frozenset[str]
    bold: frozenset[str]
    dashed: bool
    """The names are parted from the speech by dashes; else by anything but dashes."""

    def accepts(self, head: Head) -> bool:
        """Tell whether a candidate is a label."""
        if head.style == "none":
            return False
        if head.style == "alone":
            return key(head.name) in (self.bold if head.bold else self.alone)
        return key(head.name) in self.names and (head.style == "dash") == self.dashed


def decide(heads: Iterable[Head], roles: RoleParams) -> Labels:
    """Decide which candidates are labels, by the rule of this module.

    >>> heads = [parse_head(line) for line in ("INT: Why?", "Note: x", "Carys: Eh.", "Here: x", "Carys: Yes.")]
    >>> sorted(decide(heads, RoleParams()).names)
    ['carys', 'int']
    """
    heads = list(heads)
    inline = [head for head in heads if head.style in ("colon", "bold")]
    stamped = [head for head in heads if head.style == "stamped"]
    names = _decide(inline + stamped, roles, len(heads), stamped=len(stamped) > 1)
    dashed = [head for head in heads if head.style == "dash"]
    by_dash = not names and any(find_role(head.name, roles) for head in dashed)
    if by_dash:
        names = _decide(dashed, roles)
    alone = [head for head in heads if head.style == "alone" and _reads_like_speaker(head.name, roles)]
    in_bold = _decide([head for head in alone if head.bold], roles)
    return Labels(names, frozenset() if names else _decide(alone, roles), in_bold, dashed=by_dash)


def _reads_like_speaker(name: str, roles: RoleParams) -> bool:
    return is_name_like(name) or find_role(name, roles) is not None


def _decide(heads: list[Head], roles: RoleParams, paragraphs: int = 0, *, stamped: bool = False) -> frozenset[str]:
    counts = Counter(key(head.name) for head in heads)
    spelled = {key(head.name): head.name for head in reversed(heads)}
    sure = {name for name, count in counts.items() if _is_label(spelled[name], count, roles)}
    if stamped:
        sure |= {key(head.name) for head in heads if head.style == "stamped" and _is_label(head.name, 2, roles)}
    likely = {name for name in counts if _is_label(spelled[name], 2, roles)}
    if sure and sum(counts[name] for name in sure | likely) >= 0.8 * paragraphs > 0:
        sure |= likely
    return frozenset(sure)


def _is_label(name: str, count: int, roles: RoleParams) -> bool:
    words = key(name).split()
    plain = is_name_like(name)
    role = find_role(name, roles)
    if _is_prose(name):
        return role is not None and count > 1
    if (role is not None and (plain or len(words) == 1)) or _GENERIC.fullmatch(key(name)):
        return True
    if plain or role is not None:
        return count > 1
    return count > 2


def _is_prose(name: str) -> bool:
    """Tell whether the first word, or one in lower case, says that this is no name."""
    words = [word.strip(".,").replace("’", "'") for word in name.split()]
    if words[0].casefold() in _ORDINARY | _FUNCTION_WORDS:
        return True
    return any(word in _FUNCTION_WORDS and word not in _PARTICLES for word in words[1:])
