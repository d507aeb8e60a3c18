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


@pytest.mark.parametrize(
    "pattern", ["{} ‒ {}", "{} ― {}", "{} − {}", "{}—{}", "{}:: {}", "{} @00:01:02: {}", "{} 0h01m02s: {}"]
)
@pytest.mark.parametrize("names", [("Interviewer", "Nurse 2"), ("NK", "TB")])
def test_rare_signs_and_stamps_behind_names(pattern: str, names: tuple[str, str]) -> None:
    transcript = read(interview(pattern, *names))
    assert said(transcript) == list(zip(names * 3, SAID, strict=True))


@pytest.mark.parametrize("manner", [" (laughing)", " [whispers]", " (cont'd)", "(crying softly)", " [sighs]"])
@pytest.mark.parametrize("names", [("I", "P1"), ("Interviewer", "Mary Lloyd")])
def test_how_somebody_speaks_is_no_part_of_the_name(manner: str, names: tuple[str, str]) -> None:
    lines = [f"{names[n % 2]}{manner if n in (1, 2, 3) else ''}: {words}" for n, words in enumerate(SAID)]
    assert said(read("\n".join(lines))) == list(zip(names * 3, SAID, strict=True))


@pytest.mark.parametrize("answer", ["Absolutely", "Twice", "Ward Six", "Kettle"])
def test_an_answer_of_one_word_below_a_name_is_no_name(answer: str) -> None:
    lines = [
        "Ana",
        "Does it help",
        "Joe",
        answer,
        "Ana",
        "And at night",
        "Joe",
        answer,
        "Ana",
        "Who else",
        "Joe",
        "my wife",
    ]
    expected = [("Ana", "Does it help"), ("Joe", answer), ("Ana", "And at night"), ("Joe", answer), ("Ana", "Who else")]
    assert said(read("\n".join(lines))) == [*expected, ("Joe", "my wife")]


@pytest.mark.parametrize("words", [("Monday", "Tuesday"), ("Breakfast", "Lunch"), ("Basically", "Honestly")])
def test_lists_that_come_back_are_speech_and_asked_about(words: tuple[str, str]) -> None:
    first, second = words
    day = f"{first}: toast.\n{second}: soup."
    transcript = read(f"INT: What then?\nP1: Like this.\n{day}\nINT: And now?\nP1: The same.\n{day}")
    assert [speaker for speaker, _ in said(transcript)] == ["INT", "P1", "INT", "P1"]
    assert doubts(transcript)


@pytest.mark.parametrize(
    "text",
    [
        "INT: Why? P1: It helps. INT: And? P1: No more.",
        "INT: Why?\nP1: It helps. INT: And at night? P1: No.\nINT: So?\nP1: Yes.",
        "Interviewer: Why?\nMary: It helps. Interviewer: And at night?\nMary: No.\nInterviewer: So?\nMary: Yes.",
    ],
)
def test_labels_amid_a_line_are_asked_about(text: str) -> None:
    (doubt,) = doubts(read(text))
    assert "within the words of another speaker" in doubt


@pytest.mark.parametrize(
    "speech",
    [
        "She said: no. And the nurse: yes.",
        "It is 2:1. At 10:30 we go.",
        "One thing. The point: money.",
        "See 3:16. I: no.",
    ],
)
def test_colons_amid_speech_are_no_labels(speech: str) -> None:
    transcript = read(f"INT: Why?\nP1: {speech}\nINT: So?\nP1: Yes.")
    assert said(transcript)[1] == ("P1", speech)


@pytest.mark.parametrize(
    "page",
    [
        "Interview 12\nDate: 3 May\nInterviewer: Ana Berg\nParticipant: P12 (female, 62)\nDuration: 45 minutes",
        "Participant ID: P12\nInterviewee: Joe Dunn, retired baker\nAlso present: his wife\nMethod: telephone",
        "Interviewer: Ana\nRespondent: Joe",
    ],
)
def test_facts_of_a_title_page_are_nobodys_words(page: str) -> None:
    transcript = read(page + "\n" + interview("{}: {}", "Ana", "Joe"))
    assert [one for one in said(transcript) if one[0]] == list(zip(("Ana", "Joe") * 3, SAID, strict=True))


@pytest.mark.parametrize("first", ["I: Hello Joe\nP: Hello Ana", "I: Ready\nP: Yes, go on", "I: Joe\nP: That is me"])
def test_a_greeting_is_no_title_page(first: str) -> None:
    transcript = read(first + "\n" + interview("{}: {}", "I", "P"))
    assert [speaker for speaker, _ in said(transcript)] == ["I", "P"] * 4


def test_headings_of_word_are_nobodys_words(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("INT: Why?")
    document.add_paragraph("P1: It helps.")
    document.add_heading("Holidays", 2)
    document.add_paragraph("It does then too.")
    document.add_heading("INT: And now?", 2)
    document.add_paragraph("P1: No.")
    document.save(str(tmp_path / "a.docx"))
    expected = [
        ("INT", "Why?"),
        ("P1", "It helps."),
        ("", "Holidays"),
        ("P1", "It does then too."),
        ("INT", "And now?"),
    ]
    assert said(read_transcript(tmp_path / "a.docx")) == [*expected, ("P1", "No.")]


@pytest.mark.parametrize("heading", ["## Holidays", "# The kettle", "### Part 2"])
def test_headings_of_markdown_are_nobodys_words(heading: str) -> None:
    text = f"INT: Why?\nP1: It helps.\n{heading}\nINT: And now?\nP1: No."
    assert said(read(text))[2] == ("", heading)


@pytest.mark.parametrize(
    "lines",
    [
        "[Doctor] told me so.\n[Nurse 1] did too.\n[Doctor] was right.\n[Nurse 1] was not.",
        "Wife - she cooks.\nDaughter - she drives.\nWife - she is great.\nDaughter - too.",
        "[Name] is my doctor.\n[Name] is good.\n[Hospital] is far.\n[Hospital] is big.",
        "(Doctor) he said no.\n(Doctor) he said yes.",
    ],
)
def test_brackets_and_dashes_amid_labelled_speech_stay_speech(lines: str) -> None:
    transcript = read(f"INT: Who?\nP1: My friends.\n{lines}\nINT: So?\nP1: Yes.\nINT: And?\nP1: No.")
    assert said(transcript)[1] == ("P1", f"My friends.\n{lines}")
    assert doubts(transcript)


@pytest.mark.parametrize("thing", ["Ward 7", "Type 2", "Covid-19", "Bed 12", "Grade 3", "BMI"])
def test_numbered_things_are_no_speakers(thing: str) -> None:
    transcript = read(f"INT: Where?\nP1: There.\n{thing}: not good.\nINT: So?\nP1: Yes.\n{thing}: bad.")
    assert [speaker for speaker, _ in said(transcript)] == ["INT", "P1", "INT", "P1"]
    assert doubts(transcript)


@pytest.mark.parametrize("mark", ["P?", "P??", "P (?)", "P[?]"])
def test_an_uncertain_speaker(mark: str) -> None:
    text = f"I: {SAID[0]}\n{mark}: {SAID[1]}\nI: {SAID[2]}\nP: {SAID[3]}\nI: {SAID[4]}\n??: {SAID[5]}"
    assert said(read(text)) == list(zip(("I", "P", "I", "P", "I", "Unknown"), SAID, strict=True))


@pytest.mark.parametrize("name", ["Unidentified male", "Female voice", "Male participant 2", "Unknown woman"])
def test_somebody_without_a_name(name: str) -> None:
    assert [speaker for speaker, _ in said(read(ONCE.format(name)))] == ["INT", "P1", name, "INT", "P1"]


@pytest.mark.parametrize("end", ["\v", "\u2028", "\u2029", "\x85", "\r\n"])
def test_other_line_ends(end: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(interview("{}: {}", "INT", "Ana", end).encode())
    assert said(read_transcript(tmp_path / "a.txt")) == list(zip(("INT", "Ana") * 3, SAID, strict=True))


@pytest.mark.parametrize("line", ["Topic 2: Holidays", "SECTION III - HELP", "Theme 4"])
def test_numbered_sections_are_headings(line: str) -> None:
    assert said(read(f"INT: Why?\nP1: So.\n{line}\nINT: And?\nP1: No."))[2] == ("", line)
    assert said(read(f"INT: Why?\nP1: So.\n{line} was hard.\nINT: And?"))[1] == ("P1", f"So.\n{line} was hard.")


@pytest.mark.parametrize("pattern", ["{}, 01:02\n{}", "01:02: {}: {}", "00:01:02: {}: {}", "{}, [00:01:02]\n{}"])
@pytest.mark.parametrize("names", [("I", "P1"), ("Ana Berg", "Joe Dunn"), ("Speaker 1", "Speaker 2")])
def test_commas_and_colons_beside_stamps(pattern: str, names: tuple[str, str]) -> None:
    assert said(read(interview(pattern, *names))) == list(zip(names * 3, SAID, strict=True))


@pytest.mark.parametrize(
    "key", ["I: Interviewer\nP: Participant", "I: Researcher\nP: Participant 7", "I = Moderator\nP = Joe"]
)
def test_a_key_of_labels_is_nobodys_words(key: str) -> None:
    transcript = read(key + "\n\n" + interview("{}: {}", "I", "P"))
    assert [one for one in said(transcript) if one[0]] == list(zip(("I", "P") * 3, SAID, strict=True))


@pytest.mark.parametrize("name", ["THE WITNESS", "THE COURT", "THE PATIENT"])
def test_labels_of_hearings(name: str) -> None:
    assert said(read(interview("{}: {}", "MR. DUNN", name))) == list(zip(("MR. DUNN", name) * 3, SAID, strict=True))
