"""Lines within speech that are not speech: page headers and footers, line numbers, notices of programs."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

EDGE = 3
"""Lines at the top and at the bottom of a page where a header or footer may stand."""
MAX_NOTICE = 300
"""Most characters of a notice."""
MIN_NUMBERED = 3
MOST = 0.8
"""The share of lines that must begin with a number for these to count as line numbers."""

_PAGE = re.compile(
    r"\W*(?:page|pages|pg\.?|p\.|seite|página|pagina|strona|sida)[\s|:]{0,3}(?P<number>\d{1,4})"
    r"(?:\s*(?:of|/|von|de|di|sur|z|av)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_PAGE_BEHIND = re.compile(r"\W*\d{1,4}\s*[|·–-]\s*page\W*", re.IGNORECASE)
_WITH_PAGE = re.compile(
    r".*\bpage \d{1,4}(?: (?:of|/) \d{1,4})?\W*|\W*page \d{1,4}(?: (?:of|/) \d{1,4})?\W.*", re.IGNORECASE
)
_NUMBER = re.compile(r"\s*[-–—|\[(]?\s*(?P<number>\d{1,4})\s*(?:(?:of|/)\s*\d{1,4}\s*)?[-–—|\])]?\s*", re.IGNORECASE)
_DRESSED = re.compile(r"\s*(?:[-–—|\[(]\s*\d{1,4}\s*[-–—|\])]|\d{1,4}\s*(?:of|/)\s*\d{1,4})\s*")
_LEADING = re.compile(r"[ \t]*(?P<number>\d{1,5})(?:[ \t]*[.|)]?[ \t]+|[ \t]*$)")
_SPEECH = re.compile(r".*[.?!…][\"'”’)\]]*")
"""What a repeated line is that is no header: a sentence."""
_LABEL = re.compile(r"[^:：]{1,40}[:：]\s")
_DIGITS = re.compile(r"\d+")
_NAME = r"(?:(?:Dr|Mr|Mrs|Ms|Prof)\. )?[A-Z][^\s.?!]*(?: [A-Za-z(][^\s.?!]*){0,5}"
_URL = r"(?:https?://\S+|(?:www\.)?[\w-]+\.(?:ai|com|io|app|net|org)\S*)"
_PROGRAM = (
    r"(?:otter|rev|trint|sonix|descript|temi|noscribe|atrain|whisper\w*|turboscribe|teams|zoom|happy ?scribe|"
    r"amberscript)"
)
_MADE = (
    r"(?:transcribed|generated|exported|created|captioned|subtitled)(?: automatically)? (?:by|with|using|from|on|in)"
)
_PARTS = r"(?:transcript(?:ion)?|recording|audio|tape|interview|file|audio ?file)(?: \d{1,2})?"
_TRANSCRIPTION = (
    r"(?:transkription(?:en)?|transkripsjonen?|transcripti(?:on|e)|transcripción|trascrizione|transcrição|transkrypcję)"
)
_AUXILIARY = r"(?:hat|heeft|ha|har)"
_BEGAN_OR_ENDED = (
    r"(?:(?:ha|a|hat|har|heeft) )?(?:gestartet|begonnen|beendet|angehalten|gestoppt|démarré|commencé|lancé|arrêté|"
    r"inició|iniciado|detuvo|detenido|finalizó|finalizado|avviato|iniziato|interrotto|arrestato|terminato|gestart|"
    r"gestopt|beëindigd|iniciou|parou|interrompeu|encerrou|startade|stoppade|startet|stoppet|stoppede|rozpoczęła|"
    r"rozpoczął|zatrzymała|zatrzymał)"
)
"""What Teams writes for "Ann started transcription" where its screens are not in English."""
_CLOCK_TIME = r"(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:[.,:]\d{1,3})?"
_SOUND = r"\.(?:wav|mp3|m4a|mp4|wma|ogg|flac|mov|aac|dss|ds2)"
_PROGRAM_NOTICES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\W*(?:this (?:transcript|file|document) (?:was|is) )?(?:automatically |auto-?|machine )?"
        rf"{_MADE}\b.*(?:{_URL}|\b{_PROGRAM}\b).*",
        rf"\W*(?:transcript|transcription|subtitles|captions)(?: provided| made| created)? (?:by|with|from)\b.*"
        rf"(?:{_URL}|\b{_PROGRAM}\b|community).*",
        r"\W*this (?:editable )?transcript (?:was|is|has been|may|might)\b.*"
        r"(?:exported|generated|automatic|edited|errors|ai).*",
        r"\W*ai[- ]generated (?:content|transcripts?|captions?)\b.*",
        rf"\W*powered by {_URL}.*",
        r"\W*(?:https?://|www\.)\S+\W*",
        r"\W*sonix is the world.s .*\btranscription\b.*",
        r"\W*automatically convert your \w+ files to text\b.*",
    )
)
_NOTICES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\W*(?:Transcribed|TRANSCRIBED|Typed) (?:by|BY)(?:: ?| (?=[A-Z]))[^?!]{2,60}",
        rf"{_NAME}\s+(?:has )?(?:started|stopped|paused|resumed) (?:the )?(?:transcription|recording|transcribing)\.?",
        rf"{_NAME}\s+(?:has )?(?:joined|left|entered) the (?:meeting|call|conference|waiting room|room)\.?",
        r"\W*(?i:(?:strictly |private (?:and|&) )*confidential|webvtt)\W*",
        r"\W*(?=[A-Z])(?i:(?:the )?(?:transcript(?:ion)?|recording|audio|tape|interview|meeting|video) (?:was |has )?"
        r"(?:begins?|began|starts?|started|ends?|ended|stops?|stopped|paused|resumed|resumes)"
        r"(?: (?:at |after )?\d{1,2}:\d\d[\d:. ]*)?)\W*",
        r"\W*END\W*",
        r"[-=_*~#•·–— ]{3,}",
        rf"\W*(?=[A-Z])(?i:(?:start|beginning|end) of (?:the )?{_PARTS})\W*",
        rf"{_NAME} (?i:(?:{_BEGAN_OR_ENDED}) (?:\w+ ){{0,2}}{_TRANSCRIPTION}|{_TRANSCRIPTION} (?:{_BEGAN_OR_ENDED})|"
        rf"{_AUXILIARY} (?:\w+ )?{_TRANSCRIPTION} (?:{_BEGAN_OR_ENDED}))\W*",
        r"[\[(]\s*\d{1,3}\s?(?:min(?:ute)?s?|Minuten)\.?\s*[\])]",
        rf"\W*(?i:time ?(?:stamp|code)?|tc|zeit)\W{{0,3}}{_CLOCK_TIME}\W*",
        rf"(?i:\W*(?:audio|media|video|recording) ?file(?:name)?:? \S.*{_SOUND}\W*)",
    )
)


def is_program_notice(line: str) -> bool:
    """Return whether a line is a remark in which a program names itself.

    >>> is_program_notice("Transcribed by https://otter.ai"), is_program_notice("Recording started")
    (True, False)
    """
    return len(line) < MAX_NOTICE and any(pattern.fullmatch(line.strip()) for pattern in _PROGRAM_NOTICES)


def is_notice(line: str) -> bool:
    """Return whether a line is a program's or transcriber's remark on the transcript, and nothing else.

    >>> [is_notice(line) for line in ("Transcribed by https://otter.ai", "Ann Lee started transcription")]
    [True, True]
    >>> [is_notice(line) for line in ("I started transcription work in May.", "My sister left the meeting early.")]
    [False, False]
    """
    short = len(line) < MAX_NOTICE
    return is_program_notice(line) or (short and any(pattern.fullmatch(line.strip()) for pattern in _NOTICES))


def find_page_lines(pages: Sequence[Sequence[str]]) -> list[set[int]]:
    """Return, for each page, which of its lines are headers, footers or page numbers, by their numbers from 0.

    A header or footer is one of the outermost ``EDGE`` lines and, apart from its digits, occurs on every second page
    and nowhere else. A bare number counts if it rises with the pages.
    """
    known, first = _repeated_at_edges(pages), _first_page_number(pages)
    return [_page_lines(page, known, first + number) for number, page in enumerate(pages)]


def _names_page(line: str) -> bool:
    return bool(_PAGE.fullmatch(line) or _PAGE_BEHIND.fullmatch(line))


def _edges(page: Sequence[str]) -> list[int]:
    filled = [number for number, line in enumerate(page) if line.strip()]
    return [*filled[:EDGE], *(number for number in filled[-EDGE:] if number not in filled[:EDGE])]


def _repeated_at_edges(pages: Sequence[Sequence[str]]) -> set[str]:
    at_edges = Counter(shape for page in pages for shape in {_shape(page[number]) for number in _edges(page)})
    everywhere = Counter(_shape(line) for page in pages for line in page)
    labelled = _labelled(everywhere)
    filled = sum(any(line.strip() for line in page) for page in pages)
    return {
        shape
        for shape, count in at_edges.items()
        if count >= max(2, 0.5 * filled)
        and count == everywhere[shape]
        and not _SPEECH.fullmatch(shape)
        and shape not in labelled
    }


def _labelled(shapes: Iterable[str]) -> set[str]:
    """Return the shapes of lines that begin with a label as other lines do: no headers, though they recur."""
    labels = {shape: match[0] for shape in shapes if (match := _LABEL.match(shape))}
    counts = Counter(labels.values())
    return {shape for shape, label in labels.items() if counts[label] > 1}


def _first_page_number(pages: Sequence[Sequence[str]]) -> int:
    """Return the number of the first page: 1, unless at least two numbers at the edges agree on another."""
    numbers = [
        int(match["number"]) - at
        for at, page in enumerate(pages)
        for number in _edges(page)
        if (match := _NUMBER.fullmatch(page[number]) or _PAGE.fullmatch(page[number]))
    ]
    counts = Counter(numbers)
    best = min(counts, key=lambda first: (-counts[first], abs(first - 1)), default=1)
    return best if counts[best] > 1 else 1


def _shape(line: str) -> str:
    return " ".join(_DIGITS.sub("#", line).split()).casefold()


def _page_lines(page: Sequence[str], known: set[str], page_number: int) -> set[int]:
    """Peel a page from both ends: a line is furniture only if all between it and the edge is."""
    edges = _edges(page)
    found = {number for number, line in enumerate(page) if _names_page(line)}
    for order in (edges[:EDGE], edges[::-1][:EDGE]):
        for number in order:
            bare = _NUMBER.fullmatch(page[number])
            is_number = bare is not None and int(bare["number"]) == page_number
            if number not in found and not is_number and _shape(page[number]) not in known:
                break
            found.add(number)
    return found


def find_marked_pages(lines: Sequence[str]) -> set[int]:
    """Find page numbers, and the headers beside them, in a text that has lost its pages.

    ``Page 2`` is one if it is alone on its line, or at the end of similar lines; ``- 2 -`` and ``2 / 5`` if there are
    two that count upwards. A line next to them is a header if, apart from its digits, it occurs next to at least two of
    them and to half of all, and nowhere else.
    """
    marks = {number for number, line in enumerate(lines) if _names_page(line)}
    dressed = [number for number, line in enumerate(lines) if _DRESSED.fullmatch(line)]
    values = [int(_DIGITS.findall(lines[number])[0]) for number in dressed]
    if len(values) > 1 and values == list(range(values[0], values[0] + len(values))):
        marks |= set(dressed)
    marks |= _lines_with_page_numbers(lines)
    return marks | (_headers_beside(lines, marks) if len(marks) > 1 else set())


def _lines_with_page_numbers(lines: Sequence[str]) -> set[int]:
    """Find headers that end or begin with the page's number, if there are two or more, alike but for the number."""
    found = {n: _shape(line) for n, line in enumerate(lines) if len(line) < MAX_NOTICE and _WITH_PAGE.fullmatch(line)}
    counts = Counter(found.values())
    return {number for number, shape in found.items() if counts[shape] > 1}


def _headers_beside(lines: Sequence[str], marks: set[int]) -> set[int]:
    everywhere = Counter(map(_shape, lines))
    labelled = _labelled(everywhere)
    found: set[int] = set()
    for step in (-1, 1):
        beside = [number + step for number in marks if 0 <= number + step < len(lines) and number + step not in marks]
        counts = Counter(_shape(lines[number]) for number in beside)
        found |= {
            number
            for number in beside
            if counts[shape := _shape(lines[number])] >= max(2, 0.5 * len(marks))
            and counts[shape] == everywhere[shape]
            and not _SPEECH.fullmatch(shape)
            and shape not in labelled
        }
    return found


def number_prefixes(lines: Sequence[str]) -> list[int]:
    """Return the length of the line number that each line begins with: all 0 where the lines are not numbered.

    Numbers count every line, or every fifth or tenth, with or without restart on a page, or stand on lines of their
    own between the lines.
    """
    matches = {at: match for at, line in enumerate(lines) if (match := _LEADING.match(line))}
    numbers = [(at, at, int(match["number"])) for at, match in matches.items()]
    alone = [at for at, match in matches.items() if match.end() == len(lines[at])]
    ranked = [(at, rank, int(matches[at]["number"])) for rank, at in enumerate(alone)]
    counting = _counting(numbers, len(lines)) or _counting(ranked, len(lines) // 2)
    return [matches[at].end() if at in counting else 0 for at in range(len(lines))]


def _counting(numbers: Sequence[tuple[int, int, int]], total: int) -> set[int]:
    """Return which lines carry a line number, if so many do that they number ``total`` lines.

    ``numbers`` contains, for each line that begins with a number, its place, what its number should rise with, and the
    number. A number counts if at least ``MIN_NUMBERED`` rise so from the same start.
    """
    starts = Counter(number - rank for _, rank, number in numbers)
    kept = [(at, rank) for at, rank, number in numbers if starts[number - rank] >= MIN_NUMBERED]
    if len(kept) < MIN_NUMBERED:
        return set()
    step = Counter(after - before for (_, before), (_, after) in pairwise(kept)).most_common(1)[0][0]
    return {at for at, _ in kept} if len(kept) * step >= MOST * total else set()
