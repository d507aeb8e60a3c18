"""Stamps, page furniture, line numbers, notices and divided words are no speech; offsets stay exact."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codings.codings_csv import read_codings_file
from comb.codings.quote_finder import QuoteFinder
from comb.errors import BadInputError
from comb.exchange.refi_qda.turns import dump_turns, load_turns, turns_of
from comb.records import Segment, Transcript, Turn, spoken
from comb.study.files import read_transcripts, write_transcripts
from comb.study.params import RoleParams, SegmentParams
from comb.transcripts.embedded_turns import keep_turns, kept_turns
from comb.transcripts.json_format import dump_transcript, read_json_transcript
from comb.transcripts.page_furniture import find_page_lines, is_notice, number_prefixes
from comb.transcripts.segment import segment_transcripts
from comb.transcripts.timestamps import is_stamp, seconds
from comb.transcripts.turns import parse_turns
from tests.transcripts.test_transcripts_formats import pdf

ROLES = RoleParams()


def read(text: str) -> Transcript:
    return Transcript("x", text, parse_turns(text, ROLES, "x.txt"), "x.txt")


def said(transcript: Transcript) -> list[tuple[str, str, float | None]]:
    text = transcript.text
    return [(turn.speaker, spoken(text, turn.start, turn.end, turn.cuts), turn.time) for turn in transcript.turns]


def sentences(transcript: Transcript) -> list[str]:
    return [segment.text for segment in segments(transcript)]


def segments(transcript: Transcript) -> list[Segment]:
    return segment_transcripts([transcript], SegmentParams())


STAMPS = [
    ("#00:00:05-3#", 5.0), ("#00:01:05#", 65.0), ("[00:00:09]", 9.0), ("[0:09]", 9.0), ("[00:00:09.54]", 9.54),
    ("<00:00:09>", 9.0), ("{00:00:09}", 9.0), ("(00:00:09)", 9.0), ("[00:00:09 - 00:00:12]", 9.0), ("00:00:09", 9.0),
    ("[0h 00m 09s]", 9.0), ("[02m09s]", 129.0), ("[00.02.09]", 129.0), ("0:0:9.0 --> 0:0:11.7", 9.0),
    ("00:00:09.000 --> 00:00:11.700", 9.0), ("[00:00:05:11]", 5.0), ("[3.4s]", 3.4),
]  # fmt: skip


@pytest.mark.parametrize(("stamp", "time"), STAMPS)
def test_stamp_before_the_label(stamp: str, time: float) -> None:
    transcript = read(f"{stamp} INT: Why?\n{stamp} P1: It helps. I sleep.\nINT: So?")
    assert said(transcript)[:2] == [("INT", "Why?", time), ("P1", "It helps. I sleep.", time)]


@pytest.mark.parametrize(("stamp", "time"), STAMPS)
def test_stamp_behind_the_label(stamp: str, time: float) -> None:
    transcript = read(f"INT: {stamp} Why?\nP1: {stamp} It helps. I sleep.\nINT: So?")
    assert said(transcript)[:2] == [("INT", "Why?", time), ("P1", "It helps. I sleep.", time)]


@pytest.mark.parametrize("stamp", [stamp for stamp, _ in STAMPS])
@pytest.mark.parametrize("gap", [" ", ""])
def test_stamp_amid_a_sentence_and_at_its_end(stamp: str, gap: str) -> None:
    if gap == "" and stamp[0].isdigit():
        pytest.skip("bare digits that touch a word are no stamp")
    transcript = read(f"INT: Why?\nP1: It helps{gap}{stamp}{gap}me. I sleep.{gap}{stamp}\nINT: So?")
    assert sentences(transcript) == ["It helps me.", "I sleep."]


@pytest.mark.parametrize("label", ["{} - ", "{} – ", "{} | ", "{}  ", "[{}] ", "({}) ", "@{} ", "{}. "])
@pytest.mark.parametrize("stamped", [(0, 1), (2, 3), (0, 3), (1, 2), (0,)])
def test_stamp_behind_a_label_without_colon_on_some_lines_only(label: str, stamped: tuple[int, ...]) -> None:
    words = ["Why?", "It helps.", "And now?", "I sleep."]
    names = ["INT", "P1", "INT", "P1"]
    lines = [f"{label.format(names[n])}{'[00:00:09] ' if n in stamped else ''}{words[n]}" for n in range(4)]
    assert [(name, spoken) for name, spoken, _ in said(read("\n".join(lines)))] == list(zip(names, words, strict=True))


@pytest.mark.parametrize(("stamp", "time"), STAMPS)
def test_stamp_on_a_line_of_its_own(stamp: str, time: float) -> None:
    transcript = read(f"INT: Why?\n{stamp}\nP1: It helps.\n{stamp}\nI sleep.\nINT: So?")
    assert said(transcript)[1:3] == [("P1", "It helps.", time), ("P1", "I sleep.", time)]


@pytest.mark.parametrize("stamp", ["0 minutes 9 seconds", "1 hour 2 minutes 9 seconds", "9 seconds", "0:09", "[0:09]"])
def test_stamp_below_the_name(stamp: str) -> None:
    transcript = read(f"Ana Lund\n{stamp}\nWhy?\nJoe Roe\n{stamp}\nIt helps.\nI sleep.\nAna Lund\n{stamp}\nSo?")
    assert [(speaker, words) for speaker, words, _ in said(transcript)] == [
        ("Ana Lund", "Why?"), ("Joe Roe", "It helps.\nI sleep."), ("Ana Lund", "So?"),
    ]  # fmt: skip
    assert transcript.turns[0].time == seconds(stamp.strip("[]"))


@pytest.mark.parametrize("stamp", ["0:0:9.0 --> 0:0:11.7", "00:00:09.000 --> 00:00:11.700", "[00:00:09]"])
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_stamp_above_the_name(stamp: str, between: str) -> None:
    blocks = [
        f"{stamp}\n{name}\n{words}"
        for name, words in (("Ana", "Why?"), ("Joe", "Fine"), ("Ana", "So?"), ("Joe", "Yes"))
    ]
    assert [(speaker, words) for speaker, words, _ in said(read(between.join(blocks)))] == [
        ("Ana", "Why?"), ("Joe", "Fine"), ("Ana", "So?"), ("Joe", "Yes"),
    ]  # fmt: skip


def test_times_of_day_stay() -> None:
    text = "INT: When?\nP1: We met (10:30) or (9:15) in the hall at 08:30. At 12:45 I left."
    assert "(10:30) or (9:15) in the hall at 08:30" in sentences(read(text))[0]


@pytest.mark.parametrize(
    "note", ["[inaudible 00:12:05]", "[unclear at 12:05]", "(crosstalk 0:12:05)", "[overlapping speech 00:12:05]"]
)
def test_notes_with_a_stamp(note: str) -> None:
    assert sentences(read(f"INT: Why?\nP1: It helps {note} me.\nINT: So?")) == ["It helps me."]


@pytest.mark.parametrize(
    "line",
    ["Transcribed by https://otter.ai", "Ann Lee started transcription", "Ann Lee stopped the recording",
     "Recording stopped", "[End of transcript]", "END OF INTERVIEW", "Dr. Lee joined the meeting",
     "This transcript was exported on May 1, 2024 - view latest version here.", "Transcribed with noScribe vers. 0.7",
     "(Transcribed by TurboScribe.ai. Go Unlimited to remove this message.)", "Transcribed by: T. Roe",
     "Subtitles by the Amara.org community", "AI-generated content may be incorrect", "Audio file: int 7.m4a",
     "Page 2", "Page 2 of 9", "p. 3", "Seite 4"],
)  # fmt: skip
@pytest.mark.parametrize("last", [True, False])
def test_notices_are_no_speech(line: str, last: bool) -> None:
    text = f"INT: Why?\nP1: It helps me when\n{line}\nI sleep.\nINT: So?" + (f"\nP1: Yes.\n\n{line}" if last else "")
    assert [words for _, words, _ in said(read(text))][:3] == ["Why?", "It helps me when\nI sleep.", "So?"]
    assert sentences(read(text)) == ["It helps me when\nI sleep.", *(["Yes."] if last else [])]


@pytest.mark.parametrize(
    "line",
    ["I started transcription work in May.", "My sister left the meeting early.", "the recording stopped",
     "We read page 2 of it.", "It was transcribed by hand, I think, and then typed again by my aunt. She is quick.",
     "This transcript is what I need.", "Amazon.com."],
)  # fmt: skip
def test_speech_that_resembles_a_notice(line: str) -> None:
    assert not is_notice(line)


def test_running_header_of_a_text_that_lost_its_pages() -> None:
    pages = "\n".join(f"{'abcd'[n - 1]} word\nStudy 5 - confidential\nPage {n}" for n in range(1, 5))
    assert sentences(read(f"INT: Why?\nP1: {pages}\nINT: So?"))[0] == "a word\nb word\nc word\nd word"


def test_footers_that_end_in_the_page_number() -> None:
    transcript = read(
        "INT: Why?\nInterview 5 – Page 1 of 3\nP1: It\nInterview 5 – Page 2 of 3\nhelps. I read page 5.\nINT: So?"
    )
    assert sentences(transcript) == ["It\nhelps.", "I read page 5."]


def test_form_feeds_part_pages() -> None:
    text = "STUDY 5\nINT: How are you when\nyou sleep?\n1\n\fSTUDY 5\nP1: Fine and\n2\n\fSTUDY 5\ngood.\nINT: Yes?\n3"
    assert [(speaker, words) for speaker, words, _ in said(read(text))] == [
        ("INT", "How are you when\nyou sleep?"), ("P1", "Fine and\ngood."), ("INT", "Yes?"),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", ["{}  ", "{}\t", "{} ", "{}. ", "  {} | "])
@pytest.mark.parametrize("first", [1, 37])
def test_line_numbers(mark: str, first: int) -> None:
    lines = [
        "INT: How do you track it?",
        "P1: By the kettle. Then I see",
        "20 of them in the morning.",
        "INT: So?",
        "P1: Yes.",
    ]
    text = "\n".join(mark.format(n) + line for n, line in enumerate(lines, first))
    assert sentences(read(text)) == ["By the kettle.", "Then I see\n20 of them in the morning.", "Yes."]


def test_line_numbers_that_begin_anew_and_every_fifth() -> None:
    assert number_prefixes([f"{n % 20 + 1} word" for n in range(60)])[0] == 2
    fifth = [f"{n}  word" if n % 5 == 0 else "20 or so" if n == 7 else "word" for n in range(1, 31)]
    assert [n for n, length in enumerate(number_prefixes(fifth), 1) if length] == [5, 10, 15, 20, 25, 30]


@pytest.mark.parametrize(
    "lines",
    [
        ["1. Wash", "2. Dry", "3. Pills", *["INT: a", "P1: b"] * 4],
        ["2 of us", "3 of them", "10 more"],
        ["1: a", "2: b", "1: c", "2: d"],
    ],
)
def test_numbers_that_count_no_lines(lines: list[str]) -> None:
    assert not any(number_prefixes(lines))


def test_pages_of_a_pdf() -> None:
    pages = [["Study 5", f"Page {n}", *words, f"- {n} -"] for n, words in enumerate((["a", "b"], ["7", "c"], ["d"]), 1)]
    assert find_page_lines(pages) == [{0, 1, 4}, {0, 1, 4}, {0, 1, 3}]
    assert find_page_lines([["INT: Why?", "P1: Yes."], ["INT: Why?", "P1: Yes."]]) == [set(), set()]
    assert find_page_lines([["P1: words", "20"]]) == [set()]


def test_pdf_header_page_numbers_and_divided_words(tmp_path: Path) -> None:
    from comb.transcripts.reader import read_transcript

    one = "Study 5 - draft\nINT: How do you track it?\nP1: I remem-\nber the eve-\n1"
    two = "Study 5 - draft\nning tablet, the well-\nknown one. My mother-\nin-law helps. It was a-\nbout ten.\n2"
    (tmp_path / "a.pdf").write_bytes(pdf(one, two))
    transcript = read_transcript(tmp_path / "a.pdf")
    assert sentences(transcript) == [
        "I remember the evening tablet, the well-known one.", "My mother-in-law helps.", "It was about ten.",
    ]  # fmt: skip


def test_false_starts_are_not_joined_where_lines_are_paragraphs() -> None:
    transcript = read("INT: Why?\nP1: I was go-\ning to-\nwell, never mind.\nINT: So?")
    assert transcript.turns[1].cuts == ()


@pytest.mark.parametrize("hyphen", ["-", "\u00ad", "\u2010"])
def test_divided_word_that_the_text_has_whole(hyphen: str) -> None:
    transcript = read(f"INT: Why the evening?\nP1: I like the eve{hyphen}\nning.\nINT: So?")
    assert sentences(transcript) == ["I like the evening."]


CODED = (
    "INT: Why? #00:00:05-3#\nP1: I put them #00:00:12-0# by the kettle. Then I see the eve-\nPage 2\n"
    "ning ones. The evening is best."
)


@pytest.mark.parametrize(
    "quote",
    ["I put them by the kettle.", "I put them #00:00:12-0# by the kettle.", "Then I see the evening ones.",
     "see the eve-\nPage 2\nning ones", "I put them by the kettle. Then I see the evening ones."],
)  # fmt: skip
def test_quotes_are_found_as_said_and_as_written(tmp_path: Path, quote: str) -> None:
    transcript = read(CODED)
    path = tmp_path / "a.csv"
    path.write_text('transcript,quote,code,coder\nx,"' + quote + '",a,Ann\n', encoding="utf-8")
    ((coding,), warnings) = read_codings_file(path, {"x": transcript})
    assert warnings == []
    assert quote in (
        transcript.text[coding.start : coding.end],
        spoken(CODED, coding.start, coding.end, transcript.cuts),
    )
    (place,) = QuoteFinder(CODED, transcript.turns).places(quote)
    assert place.spans == ((coding.start, coding.end),)


def test_segments_point_exactly_into_the_canonical_text() -> None:
    transcript = read(CODED)
    found = segments(transcript)
    assert [segment.text for segment in found] == [
        "I put them by the kettle.", "Then I see the evening ones.", "The evening is best.",
    ]  # fmt: skip
    assert [CODED[segment.start : segment.end] for segment in found] == [
        "I put them #00:00:12-0# by the kettle.", "Then I see the eve-\nPage 2\nning ones.", "The evening is best.",
    ]  # fmt: skip


def test_cuts_are_stored_and_files_of_before_are_read(tmp_path: Path) -> None:
    transcript = read(CODED)
    write_transcripts(tmp_path, [transcript])
    assert read_transcripts(tmp_path) == {"x": transcript}
    plain = Transcript("y", "P1: Yes.", (Turn("P1", "participant", 4, 8),))
    write_transcripts(tmp_path, [plain])
    assert "cuts" not in (tmp_path / "y.json").read_text()
    assert read_transcripts(tmp_path) == {"y": plain}


def test_cuts_survive_json_word_and_refi() -> None:
    transcript = read(CODED)
    text, turns = read_json_transcript(dump_transcript(transcript, ROLES), "x.json", ROLES)
    assert (text, turns) == (CODED, transcript.turns)
    assert kept_turns(keep_turns("x", CODED, turns), CODED, ROLES) == turns
    stored = load_turns(dump_turns({"x": transcript}))
    assert turns_of(next(iter(stored)), CODED, stored) == turns


@pytest.mark.parametrize("cuts", [[[1, 2, 3]], [["a", 30]], [[0, 3]], [[40, 30]], [[30, 999]], "x", [1]])
def test_cuts_that_cannot_be_are_refused(cuts: object) -> None:
    turn = {"speaker": "P1", "start": 27, "end": 40, "cuts": cuts}
    with pytest.raises(BadInputError, match=r"x.json"):
        read_json_transcript(json.dumps({"text": CODED, "turns": [turn]}).encode(), "x.json", ROLES)


WORDS = st.lists(
    st.sampled_from("alpha bravo kettle morning tablet nurse seven often maybe".split()), min_size=2, max_size=9
)
JUNK = st.sampled_from(
    ["", "", "#00:00:12-0#", "[00:01:02]", "{00:01:02}", "[inaudible 00:12:05]", "00:01:02.5 --> 00:01:04.0"]
)
LINES = st.sampled_from(
    ["Page 3", "Transcribed by https://otter.ai", "Ann Lee started transcription", "[00:03:01]", "Recording paused"]
)
STYLE = st.sampled_from(
    ["{}: {}", "{} – {}", "[{}] {}", "({}) {}", "[00:01:02] {}: {}", "#00:01:02-1# {}: {}", "{} (00:02): {}", "@{}: {}"]
)


@settings(max_examples=120, deadline=None)
@given(
    STYLE,
    st.lists(st.tuples(WORDS, JUNK, st.integers(0, 9), st.none() | LINES), min_size=4, max_size=10),
    st.sampled_from(["\n", "\n\n"]),
)
def test_no_word_is_lost_or_doubled_and_nothing_else_is_said(style: str, talk: list, between: str) -> None:
    paragraphs = []
    for number, (words, junk, at, line) in enumerate(talk):
        noisy = [*words[:at], junk, *words[at:]] if junk else words
        paragraphs.append(style.format(("INT", "P03")[number % 2], " ".join(noisy) + "."))
        paragraphs += [line] if line else []
    transcript = read(between.join(paragraphs))
    expected = [("INT", "P03")[number % 2] + ": " + " ".join(words) + "." for number, (words, *_) in enumerate(talk)]
    assert [f"{speaker}: {words}" for speaker, words, _ in said(transcript)] == expected
    check_offsets(transcript)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("PI3: \n\t[]0.12aé\u0301\U0001f600*-#<>|:&()@;\u00ad\f"), max_size=120), st.booleans())
def test_any_text_keeps_its_offsets(text: str, wrapped: bool) -> None:
    check_offsets(Transcript("x", text, parse_turns(text, ROLES, "x.txt", wrapped=wrapped)))


def check_offsets(transcript: Transcript) -> None:
    """Turns and cuts are in order, and what a segment says is what the canonical text and the cuts reproduce."""
    end = 0
    for turn in transcript.turns:
        places = [end, turn.start, *(place for cut in turn.cuts for place in cut), turn.end, len(transcript.text)]
        assert places == sorted(places)
        assert transcript.text[turn.start : turn.end].strip() == transcript.text[turn.start : turn.end]
        end = turn.end
    for segment in segments(transcript):
        assert spoken(transcript.text, segment.start, segment.end, transcript.cuts) == segment.text
        assert not any(
            is_stamp(word) for word in segment.text.split() if word.startswith(("[", "#", "{")) and ":" in word
        )


def test_example_of_many_styles_in_random_order_is_stable() -> None:
    random_ = random.Random(1)
    stamps = [stamp for stamp, _ in STAMPS]
    for _ in range(50):
        said_ = [f"word{n} and more." for n in range(8)]
        lines = [f"{('INT', 'P1')[n % 2]}: {words} {random_.choice(stamps)}" for n, words in enumerate(said_)]
        assert sentences(read("\n".join(lines))) == said_[1::2]


@pytest.mark.parametrize(
    "speech",
    [
        "I get up (7:00), eat (7:30), leave (8:15) and work (9:00). Then lunch (12:30).",
        "There is one bus (10:17), another (10:45) and a late one (22:05).",
        "I ran it in 03:45:12 and was proud.",
        "It goes so.\n7:00 I get up.\n7:30 I eat.\n8:15 I leave.",
        "At 10:30 - I think - I eat. Then at 12:15 and from 22:30 to 23:45.",
    ],
)
def test_times_of_day_are_speech(speech: str) -> None:
    transcript = read(f"INT: When?\nP1: {speech}\nINT: So?\nP1: Yes.")
    assert said(transcript)[1][:2] == ("P1", speech)


@pytest.mark.parametrize("stamp", ["({}:{:02})", "{}:{:02}"])
def test_ambiguous_stamps_that_keep_pace_with_the_words_are_cut(stamp: str) -> None:
    words = "and so we went on with it. " * 8
    lines = [f"{('INT', 'P1')[n % 2]}: {words}\n{stamp.format(5 + n // 3, n % 3 * 20 + 1)} {words}" for n in range(12)]
    transcript = read("\n".join(lines))
    assert {" ".join(speech.split()) for _, speech, _ in said(transcript)} <= {words.strip(), (words + words).strip()}


@pytest.mark.parametrize("stamp", ["[12'13]", "[12’13”]", "(12'13'')"])
def test_minutes_and_seconds_with_primes(stamp: str) -> None:
    assert said(read(f"INT: Why?\nP1: It helps. {stamp}\nINT: So?"))[1] == ("P1", "It helps.", None)
    assert seconds(stamp.strip("[]()")) == 733


@pytest.mark.parametrize("note", ["[00:12:13 inaudible]", "(12:15 phone rings)", "[inaudible at 12:17]"])
def test_notes_with_a_time_first_are_no_speech(note: str) -> None:
    assert sentences(read(f"INT: Why?\nP1: It {note} helps.\nINT: So?")) == ["It helps."]


@pytest.mark.parametrize(
    "line",
    [
        "Ann Lee hat die Transkription gestartet", "Zoë Roe a arrêté la transcription",
        "Ann Lee detuvo la transcripción",
        "Ann Lee heeft de transcriptie gestopt", "Ann Lee ha avviato la trascrizione", "Ann Lee iniciou a transcrição",
        "This editable transcript was computer generated and might contain errors.", "(5 min)", "[10 minutes]",
        "* * *", "-----", "*** END ***", "End of audio file 1", "INTERVIEW ENDS 01:02:03", "Transcript ends",
        "Time: 00:01:02", "Timecode 01:02", "Automatically convert your mp4 files to text (txt file) in minutes.",
    ],
)  # fmt: skip
def test_notices_of_programs_in_other_languages(line: str) -> None:
    transcript = read(f"INT: Why?\nP1: It helps.\n{line}\nINT: So?\nP1: Yes.\n{line}")
    assert sentences(transcript) == ["It helps.", "Yes."]


@pytest.mark.parametrize(
    "line",
    [
        "I began the transcription work in May",
        "He stopped my transcription",
        "The walk (5 min)",
        "Time: money",
        "My wife hat es gestartet",
    ],
)
def test_speech_about_programs_and_times_is_no_notice(line: str) -> None:
    assert not is_notice(line)


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("0 Minuten 9 Sekunden", 9), ("1 Stunde 2 Minuten 9 Sekunden", 3729), ("1 heure 2 minutes 9 secondes", 3729),
        ("0 minutos 9 segundos", 9), ("2 minuti 9 secondi", 129), ("1 uur 2 minuten 9 seconden", 3729),
    ],
)  # fmt: skip
def test_spelled_stamps_in_other_languages(stamp: str, time: float) -> None:
    text = f"Ann Lee\n{stamp}\nWhy?\nBen Roe\n{stamp}\nIt helps.\nAnn Lee\n{stamp}\nSo?\nBen Roe\n{stamp}\nYes."
    expected = [("Ann Lee", "Why?"), ("Ben Roe", "It helps."), ("Ann Lee", "So?"), ("Ben Roe", "Yes.")]
    assert said(read(text)) == [(*one, float(time)) for one in expected]


@pytest.mark.parametrize("top", ["P: Yeah", "I: Mm", "P: I do not know"])
def test_labelled_lines_at_the_tops_of_pages_are_no_headers(top: str) -> None:
    pages = [[top, "I: Why is that", "P: It helps"], [top, "I: And at night", "P: No"], [top, "I: So", "P: Yes"]]
    assert find_page_lines(pages) == [set(), set(), set()]
    assert find_page_lines([["Study: tablets", *page[1:]] for page in pages]) == [{0}, {0}, {0}]


def test_bare_stamps_behind_labels() -> None:
    lines = [f"{('INT', 'P1')[n % 2]}: {n}:{n * 7 % 60:02} It helps me a lot. So I go on with it." for n in range(8)]
    assert {speech for _, speech, _ in said(read("\n".join(lines)))} == {"It helps me a lot. So I go on with it."}
    late = "INT: When?\nP1: 7:30 I get up.\nINT: And?\nP1: 8:10 I eat.\nINT: And?\nP1: 9:05 I go."
    assert sentences(read(late)) == ["7:30 I get up.", "8:10 I eat.", "9:05 I go."]


@pytest.mark.parametrize(
    "line",
    [
        "I am (6'02\") tall",
        "She is [5'10\"]",
        "The recording stopped at 10.",
        "Meeting ended at 3",
        "Ann began transcription",
    ],
)
def test_sizes_and_hours_are_speech(line: str) -> None:
    assert said(read(f"INT: And?\nP1: Well.\n{line}\nINT: So?"))[1][1] == f"Well.\n{line}"


WRAPPED = """INT: So what do you and she do on a day like that, and do you and
she like it or would you like that day to be another one?
P1: So she and I do what we like on a day like that. I like it. And she-
that is what she and I do. On a Sun-
day to be sure, some-
thing that we like. So the eve-
ning is what she and I like on that day."""


@pytest.mark.parametrize("word", ["Sunday to be sure", "something that", "evening is", "she-\nthat is"])
def test_a_word_broken_off_at_a_lines_end_is_not_joined(word: str) -> None:
    transcript = Transcript("x", WRAPPED, parse_turns(WRAPPED, ROLES, "x.txt", wrapped=True))
    assert word in said(transcript)[1][1]
    check_offsets(transcript)


@pytest.mark.parametrize("note", ["[inaudible\n00:12:13]", "(unclear\n01:12:13)", "[phone rings\n12:13]"])
def test_a_note_that_is_wrapped(note: str) -> None:
    assert said(read(f"INT: Why?\nP1: It {note} helps.\nINT: So?"))[1][:2] == ("P1", "It helps.")


def test_a_speaker_who_breaks_off_is_no_label() -> None:
    lines = "I- and I think\nthat it helps.\nI-- There are many."
    assert said(read(f"INT: Why?\nP1: Well.\n{lines}\nINT: So?"))[1][:2] == ("P1", f"Well.\n{lines}")
