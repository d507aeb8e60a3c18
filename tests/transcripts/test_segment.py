"""Segments: what a researcher codes."""

import subprocess
import sys
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.records import Transcript, Turn
from comb.study.params import SegmentParams
from comb.transcripts.lazy_imports import import_spacy
from comb.transcripts.reader import read_transcript
from comb.transcripts.segment import CONTEXT_CHARACTERS, ENDS, _rules, segment_transcripts, splitter

split = splitter(SegmentParams())


def texts(text: str, **params: object) -> list[str]:
    return [text[a:b] for a, b in splitter(SegmentParams(**params))(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I went home. Did you? Yes!", ["I went home.", "Did you?", "Yes!"]),
        ("Dr. Rees said 3.5 mg, e.g. at night. Fine.", ["Dr. Rees said 3.5 mg, e.g. at night.", "Fine."]),
        ("Um. I did it.", ["Um. I did it."]),
        ("I went there [laughs]. [pause] So that was it.", ["I went there [laughs].", "[pause] So that was it."]),
        ("They sent it to. The hospital.", ["They sent it to. The hospital."]),
        ("He stopped... and went on.", ["He stopped... and went on."]),
        ("“I can’t,” she said. “No.” 🙂 Right.", ["“I can’t,” she said.", "“No.”", "🙂 Right."]),
        ("One.\n\nTwo", ["One.", "Two"]),
        (
            "Say A. Then comes C. It is I. Do not be afraid.",
            ["Say A.", "Then comes C.", "It is I.", "Do not be afraid."],
        ),
        ("Hepatitis C. My GP told me.", ["Hepatitis C.", "My GP told me."]),
        ("At 3 p.m. Then I eat. It is Plan B. Why not?", ["At 3 p.m.", "Then I eat.", "It is Plan B.", "Why not?"]),
        (
            "J. Smith and Dr. A. Brown and John F. Kennedy came.",
            ["J. Smith and Dr. A. Brown and John F. Kennedy came."],
        ),
        ("And then I. I went home.", ["And then I. I went home."]),
        ("It takes approx. 100 days, incl. Sundays. I know.", ["It takes approx. 100 days, incl. Sundays.", "I know."]),
        ("I take no. 5, vol. 2. Fine.", ["I take no. 5, vol. 2.", "Fine."]),
        ("The dept. Head said no. Fine.", ["The dept. Head said no.", "Fine."]),
        ("a line that is wrapped\nby a PDF. Next", ["a line that is wrapped\nby a PDF.", "Next"]),
        ("", []),
        ("   ", []),
    ],
)
def test_sentences_of_spoken_text(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_a_run_on_is_cut_at_joining_words_and_nothing_is_lost() -> None:
    text = ", and ".join(f"then the nurse number {n} came in and looked at me" for n in range(30))
    pieces = texts(text, max_words=60)
    assert all(len(piece.split()) <= 60 for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert all(piece.startswith(("and", "then")) for piece in pieces)


def test_a_run_on_without_any_punctuation_is_still_cut() -> None:
    assert max(len(piece.split()) for piece in texts("word " * 1000, max_words=60)) <= 60


@given(st.text(alphabet=st.sampled_from("ab .?!,\n[]“”’🙂é\u0301-0I"), max_size=120))
def test_spans_are_in_order_and_leave_out_only_white_space(text: str) -> None:
    spans = split(text)
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())
    assert all(a < b for a, b in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)


def two_turns() -> Transcript:
    text = "INT: Why not? Tell me.\nP1: I forgot. [coughs] My wife does it."
    turns = (Turn("INT", "interviewer", 5, 22), Turn("P1", "participant", 27, len(text)))
    return Transcript("t", text, turns)


def test_only_participants_speech_is_coded_and_the_question_is_context() -> None:
    segments = segment_transcripts([two_turns()], SegmentParams())
    assert [s.text for s in segments] == ["I forgot.", "[coughs] My wife does it."]
    assert {s.context for s in segments} == {"Why not? Tell me."}
    assert all(two_turns().text[s.start : s.end] == s.text for s in segments)
    assert segments[0].id == "t:27-36"


def test_params_can_code_interviewers_and_whole_turns() -> None:
    params = SegmentParams(unit="turn", roles=("participant", "interviewer"))
    assert [s.text for s in segment_transcripts([two_turns()], params)] == [
        "Why not? Tell me.",
        "I forgot. [coughs] My wife does it.",
    ]


def test_context_is_the_end_of_a_long_turn() -> None:
    text = "x" * 1000 + " Why? Yes."
    turns = (Turn("I", "interviewer", 0, 1005), Turn("P", "participant", 1006, 1010))
    assert len(segment_transcripts([Transcript("t", text, turns)], SegmentParams())[0].context) == CONTEXT_CHARACTERS


def test_a_three_hour_focus_group_is_segmented() -> None:
    text = "I think so. " * 30_000
    turns = (Turn("P", "participant", 0, len(text)),)
    assert len(segment_transcripts([Transcript("t", text, turns)], SegmentParams())) == 30_000


def test_spacy_comes_without_torch() -> None:
    code = (
        "import sys; from comb.study.params import SegmentParams; from comb.transcripts.segment import splitter;"
        "splitter(SegmentParams())('One. Two.'); assert 'spacy' in sys.modules; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


PIECES = [*"aé .?!…\"'()\n", "Dr. ", "e.g. ", "don't ", "10.30 ", "www.nhs.uk ", "U.K. "]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_sentences_end_where_spacys_own_english_pipeline_ends_them(text: str) -> None:
    nlp = _blank_english()
    assert [s.text for s in _rules()(text).sents] == [s.text for s in nlp(text).sents]


@cache
def _blank_english():
    nlp = import_spacy().blank("en")
    nlp.add_pipe("sentencizer", config={"punct_chars": ENDS})
    return nlp


def test_real_interviews_keep_every_word(shared) -> None:
    for path in sorted((shared / "transcripts" / "mlss").glob("*.txt")):
        transcript = read_transcript(path)
        for turn in transcript.turns:
            text = transcript.text[turn.start : turn.end]
            assert "".join("".join(text[a:b] for a, b in split(text)).split()) == "".join(text.split())
