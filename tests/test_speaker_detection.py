"""Ways of marking who speaks: each must be found, or asked about; prose must not become speakers."""

from pathlib import Path
from typing import Any

import docx
import pytest

from comb.records import Transcript, spoken
from comb.study.params import RoleParams
from comb.transcripts.doubts import doubts
from comb.transcripts.reader import read_transcript
from comb.transcripts.turns import parse_turns

ROLES = RoleParams()
SAID = (
    "How is the clinic?",
    "Busy. We run late.",
    "And the forms?",
    "I fill them at night.",
    "Why?",
    "Nobody else does.",
)
ONCE = "INT: Who asks?\nP1: I do. It is quick.\nand it goes on\n{}: So do I.\nINT: Anyone else?\nmore of it\nP1: No."


def read(text: str) -> Transcript:
    return Transcript("x", text, parse_turns(text, ROLES, "x.txt"), "x.txt")


def said(transcript: Transcript) -> list[tuple[str, str]]:
    text = transcript.text
    return [(turn.speaker, spoken(text, turn.start, turn.end, turn.cuts)) for turn in transcript.turns]


def interview(pattern: str, asks: str, answers: str, between: str = "\n") -> str:
    return between.join(pattern.format((asks, answers)[n % 2], words) for n, words in enumerate(SAID))


NAMES = [
    ("I", "P1"),
    ("Interviewer", "Nurse 2"),
    ("Mod", "R3"),
    ("NK", "TB"),
    ("Ana", "Joe"),
    ("INT", "DC07"),
    ("M", "F"),
]
PATTERNS = [
    "{}: {}", "{}:{}", "{} : {}", "{}\t{}", "{} - {}", "{} – {}", "{} — {}", "{}- {}", "{} -- {}", "[{}] {}", "({}) {}",
    "<{}> {}", "{{{}}} {}", "[{}]: {}", "({}): {}", "@{}: {}", "@{} {}", "{} | {}", "{}> {}", "{}; {}", "{} -> {}",
    "**{}:** {}", "**{}** {}", "- {}: {}", "> {}: {}", "{}.: {}", "[00:01:02] {}: {}", "{} (00:01:02): {}",
    "00:01:02 {}: {}", "#00:01:02-3# {}: {}", "{}: [00:01:02] {}", "{} [00:01:02]: {}", "{}\n{}", "[{}]: \n{}",
    "{}   {}", "(1) {}: {}", "[3.4s] {}: {}",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_six_turns_of_two_speakers(pattern: str, names: tuple[str, str], between: str) -> None:
    transcript = read(interview(pattern, *names, between))
    expected = list(zip(names * 3, SAID, strict=True))
    assert said(transcript) == [(name.rstrip("."), words) for name, words in expected] or (
        pattern == "{}.: {}" and said(transcript) == [(f"{name}.", words) for name, words in expected]
    )
    assert doubts(transcript) == ()


@pytest.mark.parametrize("pattern", ["{}. {}", "{}) {}", "{}.\t{}", "{}: {}", "{} - {}", "({}) {}"])
@pytest.mark.parametrize("names", [("Q", "A"), ("I", "R"), ("IV", "P2"), ("Interviewer", "Participant")])
def test_short_labels(pattern: str, names: tuple[str, str]) -> None:
    found = [(speaker.rstrip("."), words) for speaker, words in said(read(interview(pattern, *names)))]
    assert found == list(zip(names * 3, SAID, strict=True))


@pytest.mark.parametrize("pattern", ["{}{}: {}", "{}{}. {}", "{} {}: {}", "{}{} - {}"])
@pytest.mark.parametrize("names", [("Q", "A"), ("Question", "Answer")])
def test_numbered_questions_are_two_speakers(pattern: str, names: tuple[str, str]) -> None:
    if pattern == "{}{}. {}" and names[0] == "Question":
        pytest.skip("a full stop ends short labels only")
    text = "\n".join(pattern.format(names[n % 2], n // 2 + 1, words) for n, words in enumerate(SAID))
    assert said(read(text)) == list(zip(names * 3, SAID, strict=True))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{}: {}", "{} – {}"),
        ("{} : {}", "{} - {}"),
        ("{}:\t{}", "{} — {}"),
        ("[{}] {}", "{}: {}"),
        ("{} - {}", "{} – {}"),
    ],
)
def test_two_ways_in_one_file(first: str, second: str) -> None:
    text = "\n".join((first, second)[n % 2].format(("I", "Nurse 1")[n % 2], words) for n, words in enumerate(SAID))
    assert said(read(text)) == list(zip(("I", "Nurse 1") * 3, SAID, strict=True))


@pytest.mark.parametrize(
    "name",
    ["Mary (midwife)", "Dr Osei", "Prof. Lund", "Nurse Abel", "GP4", "ID12", "Female 2", "Pharmacist_3", "HCA-2",
     "Daughter", "Husband", "Mrs Lee", "Tom (carer, 61)"],
)  # fmt: skip
def test_speaker_who_occurs_once(name: str) -> None:
    text = ONCE.format(name)
    assert [speaker for speaker, _ in said(read(text))] == ["INT", "P1", name, "INT", "P1"]


@pytest.mark.parametrize("name", ["Monday", "Breakfast", "Honestly", "Outcome"])
def test_a_capital_that_occurs_once_is_asked_about(name: str) -> None:
    transcript = read(ONCE.format(name))
    assert [speaker for speaker, _ in said(transcript)] == ["INT", "P1", "INT", "P1"]
    (doubt,) = doubts(transcript)
    assert doubt.startswith("x.txt: line 4: ")
    assert name not in doubt


def test_a_name_that_comes_back_before_dashes_is_asked_about() -> None:
    transcript = read(
        "INT: Who?\nP1: Me.\nTom – Not me.\nand on\nand on\nand on\nTom – Never.\nand on\nINT: So?\nand on"
    )
    (doubt,) = doubts(transcript)
    assert doubt.startswith("x.txt: line 3, 7: ")


@pytest.mark.parametrize(
    "text",
    [
        "I went home – it was late.\nYes – I think so.\nWell – maybe.\nYes – it is.\nSo it goes.",
        "(laughs) I went home.\n(pause) Yes.\n(laughs) No.\n(pause) So it is.",
        "[Phone rings] Hello.\nIt was late.\n[Phone rings] Bye.\nAnd then I slept.",
        "I - I don't know.\nIt was late.\nI - I went home.\nThen I slept.",
        "A. I see.\nIt was late, you know, and cold.\nThen B. came.\nAnd then we slept for long.",
        "My day: I get up.\nThe thing is this: I sleep.\nMy day: again.\nAnd so to bed.",
        "Yes; it is.\nNo; never.\nYes; it is.\nAlways so.",
    ],
)
def test_prose_is_no_speaker_and_is_asked_about(text: str) -> None:
    transcript = read(text)
    assert {speaker for speaker, _ in said(transcript)} == {""}
    (doubt,) = doubts(transcript)
    assert "no speaker labels were found" in doubt


@pytest.mark.parametrize(
    "line",
    [
        "I – I mean, well.",
        "Well – no.",
        "(laughs) No.",
        "[laughter]",
        "(P LAUGHS) No.\n(P LAUGHS) No.",
        "A. Smith came.",
        "Yes; so.",
        "so | so",
    ],
)
def test_prose_amid_labels_stays_with_its_speaker(line: str) -> None:
    transcript = read(f"I: How?\nP: Good.\n{line}\nand on\nand on\nI: And?\nP: OK.")
    assert [speaker for speaker, _ in said(transcript)] == ["I", "P", "I", "P"]


@pytest.mark.parametrize("pattern", ["**{}**", "*{}*", "__{}__", "_{}_", "***{}***"])
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_questions_set_off_in_markdown(pattern: str, between: str) -> None:
    asked = [pattern.format(words) if n % 2 == 0 else words for n, words in enumerate(SAID)]
    transcript = read(between.join(asked))
    assert [turn.role for turn in transcript.turns] == ["interviewer", "participant"] * 3
    assert "lines that are set off" in doubts(transcript)[0]


def test_a_title_above_questions_that_are_set_off() -> None:
    asked = "\n".join(f"**{words}**" if n % 2 == 0 else words for n, words in enumerate(SAID))
    transcript = read(f"**Interview 12**\n3 May, on the ward\n{asked}")
    assert [turn.role for turn in transcript.turns] == ["other", *["interviewer", "participant"] * 3]


def test_questions_in_capitals() -> None:
    transcript = read("\n".join(words.upper() if n % 2 == 0 else words for n, words in enumerate(SAID)))
    assert [turn.role for turn in transcript.turns] == ["interviewer", "participant"] * 3


@pytest.mark.parametrize("print_of", ["bold", "italic"])
@pytest.mark.parametrize("asking", [0, 1])
def test_questions_set_off_in_word(tmp_path: Path, print_of: str, asking: int) -> None:
    document = docx.Document()
    for number, words in enumerate(SAID):
        run = document.add_paragraph().add_run(words)
        setattr(run, print_of, number % 2 == asking)
    document.save(str(tmp_path / "a.docx"))
    transcript = read_transcript(tmp_path / "a.docx")
    assert [turn.role for turn in transcript.turns] == ["interviewer", "participant"] * 3
    assert [words for _, words in said(transcript)] == list(SAID)


@pytest.mark.parametrize(
    "build",
    [
        lambda add: [add(f"{('Interviewer', 'Nurse 1')[n % 2]}\n{words}") for n, words in enumerate(SAID)],
        lambda add: [add(line) for n, words in enumerate(SAID) for line in (("Ana Lund", "P4")[n % 2], words)],
        lambda add: [add(f"{('I', 'P4')[n % 2]}\t{words}") for n, words in enumerate(SAID)],
    ],
)
def test_word_layouts(tmp_path: Path, build: Any) -> None:
    document = docx.Document()
    build(document.add_paragraph)
    document.save(str(tmp_path / "a.docx"))
    transcript = read_transcript(tmp_path / "a.docx")
    assert [words for _, words in said(transcript)] == list(SAID)
    assert len({speaker for speaker, _ in said(transcript)}) == 2


def test_only_the_interviewer_is_labelled() -> None:
    transcript = read("Interviewer: How are you?\nFine.\nInterviewer: And now?\nStill fine.")
    (doubt,) = doubts(transcript)
    assert "'Interviewer' is the only speaker that was found" in doubt


@pytest.mark.parametrize(
    "page",
    [
        "Interview 12\nDate: 3 May\nInterviewer: Ana Lund\nParticipant: P12\nDuration: 40 min",
        "Transcriber: T. Roe\nParticipant: P12\nInterviewer: Ana Lund",
        "Interviewer: Ana Lund\nParticipant: P12",
    ],
)
def test_title_page_is_no_speech(page: str) -> None:
    transcript = read(f"{page}\n\n" + interview("{}: {}", "Interviewer", "Participant"))
    assert [words for speaker, words in said(transcript) if speaker] == list(SAID)


def test_labels_of_two_who_speak_together() -> None:
    transcript = read("Ana: Who?\nJoe: Me.\nAna: And?\nJoe: Yes.\nand on\nand on\nAna and Joe: Both.")
    assert said(transcript)[-1] == ("Ana and Joe", "Both.")
