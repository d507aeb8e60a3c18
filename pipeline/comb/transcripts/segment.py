"""Cut transcripts into segments: sentences or turns. The only module that uses spaCy.

Spoken text has fillers, false starts, stray full stops and missing punctuation. The rules below were chosen against a
trained sentence recogniser by boundary F1 on hand-marked interviews: see ``tests/benchmarks/boundaries.py``.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from comb.records import Segment, Span, Transcript, speech_places, spoken
from comb.study.params import SegmentParams
from comb.transcripts.lazy_imports import import_spacy

if TYPE_CHECKING:
    from spacy.tokens import Doc

Splitter = Callable[[str], list[Span]]

CONTEXT_CHARACTERS = 400
ENDS = [".", "?", "!", "…", "。", "？", "！"]
_FILLER = r"(?:um+|uh+|er+m?|ah+|hm+|mm+|like|you know|i mean|so|and|but|well)"
_ONLY_FILLERS = re.compile(rf"\W*(?:{_FILLER}\W+)*{_FILLER}\W*", re.IGNORECASE)
# No English sentence ends in one of these: an automatic transcriber put the stop there.
_DANGLING = re.compile(
    r".*\b(?:the|a|an|our|my|your|their|its|and|or|because|of|to|from|as|into|than|if|that's|there's)[\s.,]*",
    re.IGNORECASE | re.DOTALL,
)
# Nor in one of these, whatever comes next.
_ABBREVIATED = re.compile(
    r".*\b(?:approx|excl|incl|esp|dept|depts|appt|appts|resp|viz|vs|cf|ca|est|avg|hosp)\.\s*", re.IGNORECASE | re.DOTALL
)
# These end one, unless a number follows: "no. 5", "3 hrs. 20".
_BEFORE_NUMBER = re.compile(
    r".*\b(?:nos?|vol|fig|figs|pp|ch|ext|tel|min|mins|max|hrs?|secs?|yrs?|wks?|mths?|tabs?)\.\s*", re.DOTALL
)
# The tokeniser takes "C." and "p.m." for abbreviations, which are never followed by one of these words in a name.
_STARTERS = (
    "A|After|All|Although|And|Are|As|At|Because|Before|Being|But|Can|Could|Did|Do|Does|Don['’]t|Even|Every|Everybody|"
    "Everyone|First|For|From|Had|Has|Have|He|Her|Here|His|How|However|I|If|In|Is|It|Its|Just|Like|Maybe|My|No|Nobody|"
    "Not|Nothing|Now|Of|Oh|Okay|On|Once|One|Or|Our|Perhaps|She|Should|Since|So|Some|Sometimes|Still|That|The|Their|"
    "Then|There|These|They|This|Those|Though|To|Um|Usually|Was|We|Well|Were|What|When|Where|Which|While|Who|Why|Will|"
    "With|Would|Yeah|Yes|You|Your"
)
_LETTER_END = re.compile(
    rf"(?:(?<![\w.])(?!I\.\s+I\b)[A-Z]|\b[ap]\.m|\betc|\b(?:Inc|Ltd|Co|Jr|Sr)|\bPh\.D|\bU\.(?:S|K)(?:\.A)?|\bN\.H\.S)"
    rf"\.[\"'”’)\]]*\s+(?=[\"'“‘(]?(?:{_STARTERS})(?:['’]\w+)?(?!\w))"
    # Welsh sentences often end in the pronoun "i", "o" or "e".
    r"|(?<=\w )[ioe]\.[\"'”’)\]]*\s+(?=[\"'“‘(]?[A-ZÂÊÎÔÛŴŶ])"
)
_NAMED_A = re.compile(r"\w\s+A\.[\s\"'”’)\]]*$")
_WORD = re.compile(r"\w")
_ONLY_NOTE = re.compile(r"\s*[\[(][^\])]*[\])][\s.]*")
_NOTES = re.compile(r"^\s*(?:\[[^\]]*\]\s*)+")
_OPENING = re.compile(r"(?<=\s)[\"“‘(\[]\s*$")
_LINE_END = re.compile(r"\n\s*\n|\n(?=\s*[-•*]\s)")
# Where a run-on may be cut, the best first: after a stop or dash, before a joining word after a comma, at a comma,
# before a joining word. Each group ends where the next piece begins.
_CUTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[.?!;:…–—]+[\"'”’)\]]*\s+|--+\s*",
        r",\s+(?=(?:and|but|so|because|cause|then|or|which|when|if|i|we|they|he|she|it|you)\b)",
        r",\s+",
        r"\s+(?=(?:and|but|so|because|cause|then|or)\b)",
        r"\s+",
    )
)


def segment_transcripts(transcripts: Iterable[Transcript], params: SegmentParams) -> list[Segment]:
    """Cut transcripts into segments, in their order.

    Only turns of the roles in ``params.roles`` give segments; every other turn is context. A segment's text is the
    speech in its span, without the turn's cuts; its context is the end of the preceding turn of another speaker.
    """
    split = splitter(params) if params.unit == "sentence" else _whole
    return [segment for transcript in transcripts for segment in _segments(transcript, params, split)]


def splitter(params: SegmentParams) -> Splitter:
    """Return a function from a turn's text to the spans of its sentences.

    Spans are in order, do not overlap, do not begin or end with white space, and together cover all but white space.
    """
    nlp = _rules()

    def split(text: str) -> list[Span]:
        paragraphs = _pieces(text, [m.end() for m in _LINE_END.finditer(text)])
        spans = [
            (start + a, start + b)
            for start, end in paragraphs
            for a, b in _join(text[start:end], _sentences(nlp, text[start:end]))
        ]
        return [piece for span in spans for piece in _cut(text, span, params.max_words)]

    return split


def _sentences(nlp: "Callable[[str], Doc]", text: str) -> list[Span]:
    """Split at the tokeniser's stops, and at a stop behind a letter (``Then comes C. It is I.``), but not in a word."""
    starts = {sentence.start_char for sentence in nlp(text).sents} | {m.end() for m in _LETTER_END.finditer(text)}
    return _pieces(text, sorted(start for start in starts if not _is_amid_word(text, start)))


def _is_amid_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and bool(_WORD.match(text[at - 1]) and _WORD.match(text[at]))


def contexts(transcript: Transcript) -> list[str]:
    """Return, for each turn, the end of the preceding turn of another speaker."""
    found: list[str] = []
    context, before, speaker = "", "", None
    for turn in transcript.turns:
        if speaker is not None and turn.speaker != speaker:
            context = before
        found.append(context)
        speaker = turn.speaker
        before = spoken(transcript.text, turn.start, turn.end, turn.cuts)[-CONTEXT_CHARACTERS:]
    return found


def _segments(transcript: Transcript, params: SegmentParams, split: Splitter) -> Iterable[Segment]:
    for number, (turn, context) in enumerate(zip(transcript.turns, contexts(transcript), strict=True)):
        if turn.role not in params.roles:
            continue
        text, places = speech_places(transcript.text, turn.start, turn.end, turn.cuts)
        for start, end in split(text):
            if _WORD.search(text, start, end):
                place = (transcript.id, places[start], places[end - 1] + 1, number)
                yield Segment(*place, turn.speaker, turn.role, text[start:end], context)


def _whole(text: str) -> list[Span]:
    return _pieces(text, [])


def _pieces(text: str, cuts: Sequence[int], offset: int = 0) -> list[Span]:
    """Cut a text at offsets and trim white space from each piece, leaving out empty ones."""
    spans = []
    for start, end in pairwise([0, *cuts, len(text)]):
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        if left < right:
            spans.append((offset + left, offset + right))
    return spans


def _join(text: str, spans: Sequence[Span]) -> list[Span]:
    """Join what a splitter cut too finely: fillers alone, notes such as [laughs], and a stop within a clause."""
    joined: list[Span] = []
    for start, end in _pieces(text, [_before_quote(text, start) for start, _ in spans if start]):
        if joined and _belongs(text[slice(*joined[-1])], text[start:end]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _before_quote(text: str, cut: int) -> int:
    """Move a cut that lies behind an opening quotation mark to before it."""
    opening = _OPENING.search(text[max(cut - 8, 0) : cut])
    return cut - len(opening.group()) if opening else cut


def _belongs(before: str, after: str) -> bool:
    first = _NOTES.sub("", after).lstrip("\"'“‘(-–— ")[:1]
    stray = first.islower() and not after.startswith(("i ", "i'"))
    dangling = _DANGLING.fullmatch(before) and not _NAMED_A.search(before)
    unfinished = _ONLY_FILLERS.fullmatch(before) or dangling
    abbreviated = _ABBREVIATED.fullmatch(before) or (first.isdigit() and _BEFORE_NUMBER.fullmatch(before))
    return bool(stray or unfinished or abbreviated or _ONLY_NOTE.fullmatch(after) or not _WORD.search(after))


def _cut(text: str, span: Span, max_words: int) -> list[Span]:
    """Cut a run-on of more than ``max_words`` words near its middle, at the best place there is, until all fit."""
    start, end = span
    words = [m.start() for m in re.finditer(r"\S+", text[start:end])]
    if len(words) <= max_words:
        return [span]
    # Look in the middle half first, so that no piece is a mere rest.
    low, high = words[len(words) // 4], words[-(len(words) // 4)]
    middle = words[len(words) // 2]
    piece = text[start:end]
    for pattern in _CUTS:
        places = [m.end() for m in pattern.finditer(piece) if low <= m.end() <= high]
        if places:
            cut = min(places, key=lambda place: abs(place - middle))
            return [part for half in _pieces(piece, [cut], start) for part in _cut(text, half, max_words)]
    return [span]


@cache
def _rules() -> "Callable[[str], Doc]":
    """Return spaCy's tokeniser, which knows abbreviations, with sentence ends at stops."""
    import_spacy()
    from spacy.lang.en import English
    from spacy.pipeline import Sentencizer
    from spacy.tokenizer import Tokenizer
    from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex
    from spacy.vocab import create_vocab

    # What spacy.blank("en") makes, without looking up and checking a configuration of it.
    known = English.Defaults
    tokenizer = Tokenizer(
        create_vocab("en", known),
        rules=known.tokenizer_exceptions,
        prefix_search=compile_prefix_regex(known.prefixes or ()).search,
        suffix_search=compile_suffix_regex(known.suffixes or ()).search,
        infix_finditer=compile_infix_regex(known.infixes or ()).finditer,
        token_match=known.token_match,
        url_match=known.url_match,
    )
    ends = Sentencizer(punct_chars=ENDS)
    return lambda text: ends(tokenizer(text))
