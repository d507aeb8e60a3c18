"""Turns and speakers of text files, encodings, offsets. One small file per oddity, in tests/files/transcripts."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.records import Transcript, Turn
from comb.study.params import RoleParams
from comb.study.speakers import StudyRoles
from comb.transcripts.confirmed_roles import unknown_speakers
from comb.transcripts.doubts import doubts
from comb.transcripts.reader import find_role, read_folder, read_transcript
from comb.transcripts.turns import parse_turns

FILES = Path(__file__).parents[1] / "files" / "transcripts"


def spoken(transcript: Transcript) -> list[tuple[str, str, float | None, str]]:
    return [(t.speaker, t.role, t.time, transcript.text[t.start : t.end]) for t in transcript.turns]


def short(name: str) -> list[tuple[str, str]]:
    return [(speaker, speech) for speaker, _, _, speech in spoken(read_transcript(FILES / name))]


def test_space_before_colon_and_wide_characters() -> None:
    assert spoken(read_transcript(FILES / "space-before-colon.txt")) == [
        ("INT", "interviewer", None, "Why is that?"),
        ("P03", "participant", None, "Because I can."),
        ("INTERVIEWER 1", "interviewer", None, "And now?"),
    ]


def test_prose_with_colons_is_not_a_speaker() -> None:
    turns = short("prose-with-colons.txt")
    assert [speaker for speaker, _ in turns] == ["INT", "P03", "INT"]
    assert turns[1][1].startswith("I will tell")
    assert turns[1][1].endswith("A paragraph that goes on.")


def test_name_on_own_line() -> None:
    assert short("name-on-own-line.txt") == [
        ("", "Interview with a nurse"),
        ("Interviewer", "How do you start?"),
        ("Carys", "With the list.\nThen the round."),
        ("Interviewer", "And then?"),
        ("Carys", "Exactly that."),
    ]


def test_name_and_stamp_on_own_line() -> None:
    assert spoken(read_transcript(FILES / "name-and-stamp-on-own-line.txt")) == [
        ("Carys Jones", "other", 12.0, "Hello there."),
        ("Tom Ellis", "other", 3723.0, "Hello.\nGood to see you."),
    ]


def test_stamp_under_name() -> None:
    turns = spoken(read_transcript(FILES / "stamp-under-name.txt"))
    assert turns == [("Carys", "other", 12.0, "Hello."), ("Tom", "other", 14.0, "Hi.")]


def test_stamps_before_and_after_label() -> None:
    turns = spoken(read_transcript(FILES / "stamps-before-and-after-label.txt"))
    assert [time for _, _, time, _ in turns] == [1.0, 5.0, 12.0, 60.0, 65.0, 70.5]
    assert [speaker for speaker, _, _, _ in turns] == ["INT", "P03"] * 3
    assert [speech for _, _, _, speech in turns] == ["One.", "Two.", "Three.", "Four.", "Five.", "Six."]


def test_stamps_on_own_line_part_a_speech() -> None:
    assert spoken(read_transcript(FILES / "stamps-on-own-line.txt")) == [
        ("INT", "interviewer", 12.0, "Hi."),
        ("P03", "participant", 20.0, "Yes."),
        ("P03", "participant", 25.0, "More of it."),
    ]


def test_stamps_at_end_of_paragraph_tell_when_the_next_begins() -> None:
    turns = spoken(read_transcript(FILES / "stamps-at-end-of-paragraph.txt"))
    assert [(time, speech) for _, _, time, speech in turns] == [
        (None, "Was meinst du?"), (23.0, "Ja, das geht."), (30.0, "Gut."),
    ]  # fmt: skip


def test_bare_stamps_before_prose() -> None:
    turns = spoken(read_transcript(FILES / "bare-stamps-before-prose.txt"))
    assert [(time, speech) for _, _, time, speech in turns] == [
        (10.0, "so we went"), (20.0, "on and on"), (30.0, "to the end"),
    ]  # fmt: skip


def test_markdown_labels() -> None:
    assert short("markdown-labels.md") == [
        ("", "# Interview 7"),
        ("INT", "Why?"),
        ("P03", "*Because.*"),
        ("INT", "I see."),
        ("P03", "Just so."),
    ]


def test_tab_after_label() -> None:
    assert short("tab-after-label.txt") == [("P03", "I think so."), ("INT", "Why?"), ("P03", "It helps.")]


def test_no_labels_is_one_participant_and_says_so() -> None:
    transcript = read_transcript(FILES / "no-labels.txt")
    assert [turn.role for turn in transcript.turns] == ["participant", "participant"]
    assert short("no-labels.txt")[0] == ("", "A first paragraph\nwrapped by hand.")
    (doubt,) = doubts(transcript)
    assert doubt.startswith("no-labels.txt: no speaker labels were found")
    assert unknown_speakers([transcript], StudyRoles()) == {}


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("Note: a\nNote: b\nP1: c", ["", "P1"]),
        ("Here's the thing: a\nHere's the thing: b\nP1: c", ["", "P1"]),
        ("Carys: a\nTom: b\nCarys: c\nTom: d\nCarys: e\nAnn: f", ["Carys", "Tom", "Carys", "Tom", "Carys", "Ann"]),
        ("P1: a\nMonday: b\nand more\nmore still\nP1: c", ["P1", "P1"]),
        ("Older man: a\nINT: b\nOlder man: c\nOlder man: d", ["Older man", "INT", "Older man", "Older man"]),
        ("Dr. van der Berg: a\nDr. van der Berg: b", ["Dr. van der Berg"] * 2),
        ("int: a\nINT: b", ["int", "int"]),
        ("Q: a\nA: b\nQ: c\nA: d", ["Q", "A", "Q", "A"]),
        ("00:00:05 Speaker 1\na\n00:01:05 Speaker 2\nb", ["Speaker 1", "Speaker 2"]),
        (">> MODERATOR: a\n>> P1: b", ["MODERATOR", "P1"]),
        ("P1, P2: a\nINT: b", ["P1, P2", "INT"]),
        ("[Carys] 00:00:05\na\n[Tom] 00:00:09\nb", ["Carys", "Tom"]),
        ("P1: a\n[laughter]\nYes\nYes\nP1: b", ["P1", "P1"]),
        ("P1:\nINT: b", ["INT"]),
        ("P1: a\nSecond: b\nSecond: c", ["P1"]),
        ("P03 - Yes\nINT - Why - how?\nso - it goes\nCarys - a\nCarys - b", ["P03", "INT", "Carys", "Carys"]),
        ("P03 - Carys: Yes - no\nINT: a\nTom - b", ["P03 - Carys", "INT"]),
        ("Speaker A: a\nand on\nand on\nSpeaker B: b\nAll: c", ["Speaker A", "Speaker B", "All"]),
        ("P01 (female, 34): a\nINT (Carys): b\nINT.: c", ["P01 (female, 34)", "INT (Carys)", "INT."]),
        ("0001 INT: a\n0002 P1: b\n3. INT: c", ["INT", "P1", "INT"]),
        ("主持人：你好\n受访者：你好\n主持人：请", ["主持人", "受访者", "主持人"]),
        ("Participants: 6\nDate: today\nP1: b", ["", "P1"]),
        ("P1: a\nhttp://x.org: b\nhttp://x.org: c", ["P1"]),
    ],
)
def test_which_lines_open_a_turn(text: str, speakers: list[str]) -> None:
    assert [turn.speaker for turn in parse_turns(text, RoleParams(), "x.txt")] == speakers


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("P 03", "participant"), ("P-03", "participant"), ("INT 1", "interviewer"), ("Interviewee", "participant"),
        ("INTERVIEWER\u00a01", "interviewer"), ("Observer 2", "other"), ("Carys", None), ("Peter", None),
        ("Speaker 1", None), ("P03 (female)", "participant"), ("INT.", "interviewer"), ("INT (Carys)", "interviewer"),
    ],
)  # fmt: skip
def test_find_role(name: str, role: str | None) -> None:
    assert find_role(name, RoleParams()) == role


def test_most_specific_pattern_decides() -> None:
    roles = RoleParams(participant=("speaker *",), interviewer=("speaker 1", "speaker 2*"), other=("*",))
    names = ("Speaker 1", "Speaker 2b", "Speaker 3", "Ann")
    assert [find_role(name, roles) for name in names] == ["interviewer", "interviewer", "participant", "other"]


def test_unknown_speakers_are_reported_not_guessed() -> None:
    transcript = read_transcript(FILES / "name-and-stamp-on-own-line.txt")
    unknown = unknown_speakers([transcript], StudyRoles(RoleParams(other=("tom*",))))
    assert unknown == {"name-and-stamp-on-own-line": ["Carys Jones"]}


@pytest.mark.parametrize("name", ["utf16-le-bom", "utf16-be-bom", "utf16-le-no-bom", "utf16-be-no-bom", "windows-1252"])
def test_encodings(name: str) -> None:
    assert read_transcript(FILES / f"{name}.txt").text == "P03: café – “so”\n"


def test_byte_order_mark_and_line_ends() -> None:
    transcript = read_transcript(FILES / "utf8-bom.txt")
    assert transcript.text == "P03: café\nINT: why\nP03: so\n"
    assert transcript.turns[0] == Turn("P03", "participant", 5, 9)


def test_combining_marks_and_emoji_are_kept() -> None:
    transcript = read_transcript(FILES / "combining-marks-and-emoji.txt")
    assert transcript.text.encode() == (FILES / "combining-marks-and-emoji.txt").read_bytes()
    assert [turn.speaker for turn in transcript.turns] == ["Jose\u0301", "INT", "Jose\u0301"]
    assert spoken(transcript)[0][3] == "Cafe\u0301 \U0001f469\u200d\u2695\ufe0f “good”."


SPEECH = st.text(
    st.sampled_from("abcdé \u0301\u200d\U0001f600\U0001f469“”’\u00a0\u05d0ß.?"), min_size=1, max_size=30
).map(lambda text: f"x{text}y")
TURN = st.tuples(st.sampled_from(["INT", "P03", "Interviewer 1"]), st.sampled_from([": ", " : ", "：", ":\t"]), SPEECH)
STAMP = st.sampled_from(["", "[00:01:02] ", "00:12 "])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(STAMP, TURN), min_size=1, max_size=8), st.sampled_from(["\n", "\n\n", " \r\n"]))
def test_turns_cover_the_speech_and_nothing_else(said: list, end: str) -> None:
    written = end.join(f"{stamp}{label}{colon}{speech}" for stamp, (label, colon, speech) in said)
    text = written.replace("\r\n", "\n")
    turns = parse_turns(text, RoleParams(), "x.txt")
    assert [text[turn.start : turn.end] for turn in turns] == [speech for _, (_, _, speech) in said]
    assert [turn.speaker for turn in turns] == [label for _, (label, _, _) in said]
    assert [turn.time for turn in turns] == [{"": None, "[": 62.0, "0": 12.0}[stamp[:1]] for stamp, _ in said]


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("PI3: \n\t[]0.12aé\u0301\U0001f600*-#<>|:&"), max_size=80))
def test_any_text_gives_turns_in_order(text: str) -> None:
    end = 0
    for turn in parse_turns(text, RoleParams(), "x.txt"):
        assert end <= turn.start < turn.end <= len(text)
        assert text[turn.start : turn.end] == text[turn.start : turn.end].strip()
        end = turn.end


def test_read_folder(tmp_path: Path) -> None:
    for name in ("b/P02.txt", "P01.txt", "c/p01.vtt", "a/P00.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("INT: hi\n")
    for name in (".hidden.txt", "~$P01.docx", "Thumbs.db", "desktop.ini", "README.md", "audio.mp3", ".git/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    transcripts, errors = read_folder(tmp_path)
    assert [(one.id, one.source) for one in transcripts] == [("P00", "P00.md"), ("P02", "P02.txt")]
    assert [error.where for error in errors] == ["P01.txt and c/p01.vtt", "audio.mp3"]


def test_id_is_composed_unicode(tmp_path: Path) -> None:
    path = tmp_path / "Entrevista Jose\u0301.txt"
    path.write_text("P1: hi")
    assert read_transcript(path).id == "Entrevista Jos\u00e9"
