"""Who is interviewer and who participant: proposed, asked, confirmed; never guessed in silence."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from comb.errors import BadInputError
from comb.records import Role, Segment, Transcript
from comb.stages.listener import Listener
from comb.stages.loading import read_files
from comb.stages.speakers import accept_proposals, who_speaks
from comb.study.files import read_records, write_rows
from comb.study.layout import Study
from comb.study.params import RoleParams
from comb.study.speakers import SpeakerRow, StudyRoles, read_speakers, write_speakers
from comb.transcripts.confirmed_roles import confirm, stale_rows, unknown_speakers
from comb.transcripts.questions import asks
from comb.transcripts.reader import read_folder
from comb.transcripts.role_proposals import begins_name, propose_roles
from comb.transcripts.roles import find_lasting_role, find_role, in_brackets, is_numbered
from comb.transcripts.turns import parse_turns
from tests.conftest import ROOT, Comb

QUESTIONS = (
    "How do you fit the exercises into your week?",
    "What gets in the way of it?",
    "And who reminds you?",
    "Could you tell me about last Tuesday?",
    "Is there anything that would help?",
)
ANSWERS = (
    "I do them before breakfast, on the mat in the hall.",
    "The knee mostly, and the cold in that hall.",
    "My sister rings, she does hers at the same time.",
    "It rained and I stayed in bed, to be honest with you.",
    "A warmer room, and somebody to do them with me.",
)
PAIRS = tuple(zip(QUESTIONS, ANSWERS, strict=True))


def dialogue(asker: str, teller: str, pairs: Sequence[tuple[str, str]] = PAIRS) -> list[tuple[str, str]]:
    """List the turns of an interview: who, and what."""
    return [turn for question, answer in pairs for turn in ((asker, question), (teller, answer))]


def written(turns: Sequence[tuple[str, str]]) -> str:
    return "\n\n".join(f"{name}: {speech}" for name, speech in turns) + "\n"


def transcript(name: str, turns: Sequence[tuple[str, str]], patterns: RoleParams = RoleParams()) -> Transcript:  # noqa: B008
    """Read turns as a file of that name would be read."""
    text = written(turns)
    return confirm(Transcript(name, text, parse_turns(text, patterns, name), f"{name}.txt"), StudyRoles(patterns))


def proposed(transcripts: Sequence[Transcript], roles: StudyRoles = StudyRoles()) -> dict[str, dict[str, Role | None]]:  # noqa: B008
    """Give the proposals by transcript and speaker."""
    found: dict[str, dict[str, Role | None]] = {}
    for item in propose_roles(transcripts, roles):
        if item.source == "proposed":
            found.setdefault(item.transcript, {})[item.speaker] = item.role
    return found


def roles_of(transcript: Transcript) -> dict[str, Role]:
    return {turn.speaker: turn.role for turn in transcript.turns}


def put(study: Study, name: str, turns: Sequence[tuple[str, str]], folder: str = "raw") -> None:
    (study.data / folder / f"{name}.txt").write_text(written(turns), encoding="utf-8")


def coded(study: Study) -> Counter[tuple[str, str]]:
    """Count the segments by transcript and speaker."""
    return Counter((s.transcript, s.speaker) for s in read_records(study.segments, Segment))


# Numbers of machines


@pytest.mark.parametrize(
    "name",
    ["SPEAKER_00", "Speaker 1", "SPEAKER 2", "S01", "S1", "spk_0", "Person A", "Unknown 2", "Guest-1",
     "Unknown Speaker 3", "Sprecher 2", "Voice 1"],
)  # fmt: skip
def test_numbered_names(name: str) -> None:
    assert is_numbered(name)
    everything = RoleParams(participant=("*",), interviewer=(), other=())
    assert find_role(name, everything) == "participant"
    assert find_lasting_role(name, everything) is None


@pytest.mark.parametrize(
    "name", ["P01", "Sam", "Interviewer 1", "Personnel", "S", "Speaker", "GP1", "Guest", "Female 1", "S B", "Usha 2"]
)
def test_names_that_people_give(name: str) -> None:
    assert not is_numbered(name)


@pytest.mark.parametrize(
    ("first", "second"),
    [("SPEAKER_00", "SPEAKER_01"), ("Speaker 1", "Speaker 2"), ("S00", "S01"), ("Person A", "Person B")],
)
def test_swapped_numbers_are_asked_about_file_by_file(comb: Comb, study: Study, first: str, second: str) -> None:
    put(study, "mon", dialogue(first, second))
    put(study, "tue", dialogue(second, first))
    params = study.root / "configs" / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(re.sub(r"participant: \[", f'participant: ["{second}", "speaker*", "person*", ', text, count=1))
    printed = comb("segment", code=1)
    assert f"mon: speakers of unknown role, not coded: {first!r} (interviewer?), {second!r} (participant?)" in printed
    assert f"tue: speakers of unknown role, not coded: {second!r} (interviewer?), {first!r} (participant?)" in printed
    assert "comb speakers --accept" in printed
    comb("speakers", "--accept")
    comb("segment")
    assert set(coded(study)) == {("mon", second), ("tue", first)}


def test_a_numbered_name_is_not_given_one_role_across_files(comb: Comb, study: Study) -> None:
    for name in ("mon", "tue"):
        put(study, name, dialogue("Speaker 1", "Speaker 2"))
    printed = comb("speakers", "--role", "Speaker 1=interviewer", code=1)
    assert "numbered by a program" in printed
    assert 'comb speakers "mon" --role "Speaker 1=interviewer"' in printed
    comb("speakers", "mon", "--role", "Speaker 1=interviewer", "--role", "Speaker 2=participant")
    assert {row.transcript for row in study.roles.rows} == {"mon"}


def test_confirmed_numbers_are_no_evidence_elsewhere() -> None:
    rows = tuple(SpeakerRow(f"old {n}", "Speaker 1", "participant") for n in range(9))
    found = [transcript("new", dialogue("Speaker 1", "Speaker 2"))]
    assert proposed(found, StudyRoles(rows=rows)) == {"new": {"Speaker 1": "interviewer", "Speaker 2": "participant"}}


def test_a_role_in_brackets_tells_a_number() -> None:
    found = transcript("a", dialogue("Speaker 1 (interviewer)", "Speaker 2 (participant)"))
    assert roles_of(found) == {"Speaker 1 (interviewer)": "interviewer", "Speaker 2 (participant)": "participant"}


# A study of thirty


def test_thirty_interviews_come_right_with_one_confirmation(comb: Comb, study: Study) -> None:
    for number in range(1, 31):
        put(study, f"DC{number:02}_transcript", dialogue("Kay", f"DC{number:02}"))
    printed = comb("segment", code=1)
    assert "25 more transcripts have such speakers" in printed
    assert ": 60. Run: dvc repro." in comb("speakers", "--accept")
    printed = comb("segment")
    assert "unknown" not in printed
    assert coded(study) == {(f"DC{n:02}_transcript", f"DC{n:02}"): len(ANSWERS) for n in range(1, 31)}
    put(study, "DC31_transcript", [("Kay", "Right then."), ("DC31", "Well, I did the lot."), ("Kay", "Good.")])
    assert "'Kay' (interviewer?), 'DC31' (participant?)" in comb("segment")


# Recurring interviewers, one or two


@pytest.mark.parametrize("count", [3, 4, 12])
def test_who_recurs_is_the_interviewer_even_without_questions(count: int) -> None:
    flat = [("Go on.", answer) for _, answer in PAIRS]
    found = [transcript(f"{n:02}", dialogue("Olwen", f"Resident {chr(64 + n)}", flat)) for n in range(1, count + 1)]
    for transcript_id, roles in proposed(found).items():
        assert roles["Olwen"] == "interviewer", transcript_id


def test_two_interviewers_in_one_talk() -> None:
    turns = [
        turn
        for number, (question, answer) in enumerate(PAIRS)
        for turn in ((("Ann", "Bo")[number % 2], question), ("Carl", answer))
    ]
    assert proposed([transcript("a", turns)]) == {
        "a": {"Ann": "interviewer", "Bo": "interviewer", "Carl": "participant"}
    }


def test_two_interviewers_who_share_a_study() -> None:
    found = [transcript(f"MR{n}_talk", dialogue(("Ann", "Bo")[n % 2], f"MR{n}")) for n in range(1, 9)]
    assert proposed(found) == {
        f"MR{n}_talk": {("Ann", "Bo")[n % 2]: "interviewer", f"MR{n}": "participant"} for n in range(1, 9)
    }


def test_a_second_interviewer_who_hardly_speaks_is_no_participant() -> None:
    turns = [*dialogue("Ann", "Carl"), ("Bo", "Can I ask, who is your nurse?"), ("Carl", "Mrs Pugh.")]
    assert proposed([transcript("a", turns)])["a"]["Bo"] != "participant"


def test_somebody_interviewed_again_and_again_is_a_participant() -> None:
    found = [transcript(f"HW{n}_visit{visit}", dialogue("Ann", f"HW{n}")) for n in range(4) for visit in (1, 2, 3)]
    assert all(roles == {"Ann": "interviewer", name[:3]: "participant"} for name, roles in proposed(found).items())


# Names of files


@pytest.mark.parametrize(
    ("speaker", "name", "begins"),
    [
        ("DC07", "DC07_transcript", True),
        ("DC 7", "dc-07 transcript", True),
        ("Núria", "Nu\u0301ria interview", True),
        ("DC0", "DC07", False),
        ("DC1", "DC12", False),
        ("Al", "Alice", False),
        ("A", "A.srt", False),
        ("", "x", False),
    ],
)
def test_whose_name_begins_the_file(speaker: str, name: str, *, begins: bool) -> None:
    assert begins_name(speaker, name) is begins


def test_the_interviewers_name_before_every_file_is_no_sign_of_a_participant() -> None:
    found = [transcript(f"Ann_W{n}", dialogue("Ann", f"W{n}")) for n in range(1, 7)]
    assert all(roles["Ann"] == "interviewer" for roles in proposed(found).values())


# Focus groups, long questions, no question marks, one voice


GROUP = ("Mali", "Rhys", "Tom", "Nesta", "Gwen", "Huw")


@pytest.mark.parametrize("moderator", ["Jo", "Moderator", "SPEAKER_06"])
def test_a_moderator_and_six_people(moderator: str) -> None:
    turns = [(moderator, QUESTIONS[0])]
    for number, name in enumerate(GROUP * 3):
        turns.append((name, ANSWERS[number % 5]))
        if number % 3 == 2:
            turns.append((moderator, QUESTIONS[number % 5]))
    found = propose_roles([transcript("group", turns)], StudyRoles())
    assert {item.speaker: item.role for item in found} == {moderator: "interviewer"} | dict.fromkeys(
        GROUP, "participant"
    )


@pytest.mark.parametrize(("asker", "teller"), [("Ann", "Bo"), ("SPEAKER_01", "SPEAKER_00"), ("AL", "BR")])
def test_an_interviewer_who_speaks_more(asker: str, teller: str) -> None:
    long = "Let me say first that this is about the exercises, and that nobody else will hear what you say to me. "
    turns = dialogue(asker, teller, [(long + question, "Well, yes.") for question in QUESTIONS])
    assert proposed([transcript("x", turns)]) == {"x": {asker: "interviewer", teller: "participant"}}


@pytest.mark.parametrize(
    ("question", "asking"),
    [
        ("so how do you fit the exercises into your week", True),
        ("okay and what gets in the way of it", True),
        ("could you tell me about last tuesday", True),
        ("right i wanted to ask how often do you do them", True),
        ("is there anything that would help", True),
        ("i do them before breakfast on the mat", False),
        ("my sister rings she does hers at the same time", False),
        ("that is what i do when it rains", False),
    ],
)
def test_questions_without_question_marks(question: str, *, asking: bool) -> None:
    assert asks(question) is asking


@pytest.mark.parametrize(("asker", "teller"), [("Speaker 1", "Speaker 2"), ("Kim", "Lou"), ("S01", "S00")])
def test_machine_transcripts_without_punctuation(asker: str, teller: str) -> None:
    plain = [(re.sub(r"[^\w\s]", "", q).lower(), re.sub(r"[^\w\s]", "", a).lower()) for q, a in PAIRS]
    assert proposed([transcript("x", dialogue(asker, teller, plain))]) == {
        "x": {asker: "interviewer", teller: "participant"}
    }


def test_one_voice_is_a_participant() -> None:
    diary = [("Maria", answer) for answer in ANSWERS]
    assert proposed([transcript("diary", diary)]) == {"diary": {"Maria": "participant"}}
    numbered = [("Speaker 1", answer) for answer in ANSWERS]
    assert proposed([transcript("diary", numbered)]) == {"diary": {"Speaker 1": "participant"}}


@pytest.mark.parametrize("label", ["P1", "Maria", "Speaker 1"])
def test_one_voice_that_asks_and_answers_is_asked_about(label: str) -> None:
    glued = [(label, f"{question} {answer}") for question, answer in PAIRS]
    assert proposed([transcript("x", glued)]) == {"x": {label: None}}
    assert roles_of(transcript("x", glued)) == {label: "other"}


@pytest.mark.parametrize("mark", ["", "– ", "* "])
def test_an_interview_without_labels_is_asked_about(comb: Comb, study: Study, mark: str) -> None:
    text = "\n\n".join(f"{mark}{speech}" for _, speech in dialogue("", ""))
    (study.raw / "bare.txt").write_text(text, encoding="utf-8")
    assert "bare: speakers of unknown role, not coded: '(not named)'" in comb("segment", code=1)
    comb("speakers", "bare", "--role", "=participant")
    comb("segment")
    assert sum(coded(study).values()) == 2 * len(PAIRS)


def test_a_text_without_labels_or_questions_is_one_participants(comb: Comb, study: Study) -> None:
    (study.raw / "diary.txt").write_text("\n\n".join(ANSWERS), encoding="utf-8")
    comb("segment")
    assert sum(coded(study).values()) == len(ANSWERS)


@pytest.mark.parametrize("flat", [("Felly.", "Wn i ddim."), ("Så.", "Det vet jag inte."), ("And.", "I forget.")])
def test_beside_a_known_interviewer_the_only_other_is_a_participant(flat: tuple[str, str]) -> None:
    assert proposed([transcript("x", dialogue("INT", "Bo", [flat] * 3))]) == {"x": {"Bo": "participant"}}


def test_nobody_asks_so_nothing_is_proposed() -> None:
    flat = [("Ann", ANSWERS[0]), ("Bo", ANSWERS[1]), ("Ann", ANSWERS[2]), ("Bo", ANSWERS[3])]
    assert proposed([transcript("x", flat)]) == {"x": {"Ann": None, "Bo": None}}


def test_both_ask_so_nothing_is_proposed() -> None:
    both = [("Ann", QUESTIONS[0]), ("Bo", QUESTIONS[1]), ("Ann", QUESTIONS[2]), ("Bo", QUESTIONS[3])]
    assert proposed([transcript("x", both)]) == {"x": {"Ann": None, "Bo": None}}


# Patterns, brackets, initials, names that collide


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Ivy", None),
        ("Quentin", None),
        ("Paula", None),
        ("Modesty", None),
        ("I", "interviewer"),
        ("I2", "interviewer"),
        ("I-2", "interviewer"),
        ("Interviewer", "interviewer"),
        ("Moderator 2", "interviewer"),
        ("Q", "interviewer"),
        ("P07", "participant"),
        ("Participant 3", "participant"),
        ("Patient", "participant"),
    ],
)
def test_patterns_of_a_few_letters_take_in_no_names(name: str, role: Role | None) -> None:
    wide = RoleParams(participant=("p*", "r*"), interviewer=("i*", "q*", "mod*"))
    assert find_role(name, wide) == role


def test_collisions_are_asked_about() -> None:
    wide = RoleParams(interviewer=("i*", "q*"))
    for name in ("Ivy", "Quentin", "Iolo"):
        found = transcript("x", dialogue("Q", name), wide)
        assert roles_of(found) == {"Q": "interviewer", name: "other"}
        assert proposed([found], StudyRoles(wide)) == {"x": {name: "participant"}}


@pytest.mark.parametrize(("asker", "teller"), [("R", "P"), ("R", "I"), ("KL", "IV"), ("R1", "P1"), ("SM", "MOD")])
def test_short_labels_that_contradict_who_asks_are_asked_about(asker: str, teller: str) -> None:
    found = transcript("x", dialogue(asker, teller))
    right = {asker: "interviewer", teller: "participant"}
    told = {name: find_role(name, RoleParams()) for name in right}
    wrong = {name for name, role in told.items() if role not in (None, right[name])}
    assert wrong
    assert {roles_of(found)[name] for name in wrong} == {"other"}
    assert {**roles_of(found), **proposed([found])["x"]} == right


@pytest.mark.parametrize(("asker", "teller"), [("I", "R"), ("INT", "P01"), ("Q", "P"), ("IV", "KL"), ("Mod", "R2")])
def test_short_labels_that_fit_are_not_asked_about(asker: str, teller: str) -> None:
    assert asker not in proposed([transcript("x", dialogue(asker, teller))]).get("x", {})


@pytest.mark.parametrize("label", ["Therapist", "Facilitator", "Host", "Moderator 2"])
def test_who_answers_an_interviewer_at_length_is_asked_about_whatever_the_label(label: str) -> None:
    found = transcript("x", [*dialogue("Int", label), ("Patient", "I chose the stairs.")])
    assert roles_of(found) == {"Int": "interviewer", label: "other", "Patient": "participant"}
    assert proposed([found])["x"] == {label: "participant"}


@pytest.mark.parametrize("label", ["Facilitator", "Moderator 2"])
def test_a_second_interviewer_who_says_little_is_not_asked_about(label: str) -> None:
    asides = [(label, "Mm-hm."), (label, "Thank you."), (label, "I see.")]
    found = transcript("x", [*dialogue("Int", "P1"), *(turn for one in asides for turn in (one, ("P1", "Yes.")))])
    assert roles_of(found)[label] == "interviewer"


def test_longer_patterns_still_take_in_names() -> None:
    assert find_role("Nurses", RoleParams(participant=("nurse*",))) == "participant"
    assert find_role("Dr Jones", RoleParams(participant=("dr *",))) == "participant"
    assert find_role("GP trainee", RoleParams(participant=("gp*",))) == "participant"


@pytest.mark.parametrize(("asker", "teller"), [("KL", "JB"), ("A.M.", "T.R."), ("M", "F"), ("Q", "A")])
def test_initials(asker: str, teller: str) -> None:
    found = propose_roles([transcript("x", dialogue(asker, teller))], StudyRoles())
    assert [item.role for item in found] == ["interviewer", "participant"]


def test_initials_that_swap_between_files_are_told_file_by_file() -> None:
    found = [transcript(f"{n}", dialogue(*(("M", "F") if n % 2 else ("F", "M")))) for n in range(6)]
    assert proposed(found) == {
        f"{n}": {("M" if n % 2 else "F"): "interviewer", ("F" if n % 2 else "M"): "participant"} for n in range(6)
    }


@pytest.mark.parametrize(
    ("name", "inside", "role"),
    [
        ("Ann (interviewer)", "interviewer", "interviewer"),
        ("Ann (I)", "I", "interviewer"),
        ("Sarah (participant 2)", "participant 2", "participant"),
        ("Bo (moderator)", "moderator", "interviewer"),
        ("Sarah (practice nurse)", "practice nurse", None),
        ("P03 (female)", "female", "participant"),
        ("Sarah", "", None),
    ],
)
def test_roles_in_brackets(name: str, inside: str, role: Role | None) -> None:
    assert in_brackets(name) == inside
    assert find_role(name, RoleParams()) == role


def test_what_stands_in_brackets_is_a_reason() -> None:
    found = propose_roles([transcript("x", dialogue("Jo", "Sarah (practice nurse)"))], StudyRoles())
    assert found[1].role == "participant"
    assert "described as 'practice nurse'" in found[1].reasons


def test_how_a_role_is_known_is_true_of_names_files_and_nobody_named(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text(written(dialogue("INT", "Glenys")), encoding="utf-8")
    rows = [("interviewer" if name == "Kim" else "participant", name, said) for name, said in dialogue("Kim", "Bo")]
    write_rows(tmp_path / "file.csv", ("role", "speaker", "text"), rows)
    (tmp_path / "nobody.txt").write_text("\n\n".join(ANSWERS), encoding="utf-8")
    patterns = RoleParams(participant=("glenys",))
    found = propose_roles(read_folder(tmp_path, StudyRoles(patterns))[0], StudyRoles(patterns))
    known = {item.speaker: item.reasons for item in found if item.source == "pattern"}
    assert known == {
        "INT": ("a common label for an interviewer",),
        "Glenys": ("listed in configs/params.yaml",),
        "Kim": ("from the file",),
        "Bo": ("from the file",),
        "": ("no speaker is named, so all of it is one participant's",),
    }


# The table of the study


def test_a_row_beats_the_pattern(comb: Comb, study: Study) -> None:
    put(study, "x", dialogue("Client", "Interviewer"))
    comb("segment")
    assert set(coded(study)) == {("x", "Client")}
    write_speakers(
        study.speakers, [SpeakerRow("x", "Client", "interviewer"), SpeakerRow("x", "Interviewer", "participant")]
    )
    comb("segment")
    assert set(coded(study)) == {("x", "Interviewer")}


@pytest.mark.parametrize(
    ("row", "speaker"), [("DENISE", "Denise"), ("denise ", "Denise"), ("Zoe", "Zoë"), ("JOSE\u0301", "José")]
)
def test_case_accents_and_spaces_do_not_matter(row: str, speaker: str) -> None:
    found = transcript("A Talk", dialogue("INT", speaker))
    for name in ("a talk", "A TALK", "A Talk.txt"):
        done = confirm(found, StudyRoles(rows=(SpeakerRow(name, row, "participant"),)))
        assert roles_of(done)[speaker] == "participant"


def test_an_accent_matters_where_two_people_could_be_meant() -> None:
    found = transcript("x", [*dialogue("INT", "Zoë"), *dialogue("INT", "Zoé")])
    row = SpeakerRow("x", "Zoe", "participant")
    assert roles_of(confirm(found, StudyRoles(rows=(row,))))["Zoë"] == "other"
    assert list(stale_rows([found], [row]))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            SpeakerRow("gone", "Ann", "participant", number=2),
            "row 2, column transcript: the study has no such transcript",
        ),
        (
            SpeakerRow("x", "Anna", "participant", number=3),
            "row 3, column speaker: not one of x; its speakers: 'INT', 'Ann'",
        ),
        (SpeakerRow("x", "Speaker 1", "other", number=4), "row 4, column speaker: not one of x"),
    ],
)
def test_a_stale_row_is_said(comb: Comb, study: Study, row: SpeakerRow, said: str) -> None:
    put(study, "x", dialogue("INT", "Ann"))
    fill = [SpeakerRow("x", "Ann", "participant"), *[SpeakerRow("x", "INT", "interviewer")] * (row.number - 3)]
    write_speakers(study.speakers, [row] if row.number == 2 else [*fill, row])
    (study.raw / "y.txt").write_text(written(dialogue("INT", "P1")), encoding="utf-8")
    number = next(one.number for one in study.roles.rows if one.speaker == row.speaker)
    said = said.replace(f"row {row.number}", f"row {number}")
    for command in ("segment", "speakers"):
        assert said in comb(command)


def test_rows_of_new_transcripts_are_not_stale_for_the_old(comb: Comb, study: Study) -> None:
    put(study, "old", dialogue("INT", "P1"))
    put(study, "young", dialogue("INT", "Ann"), "new")
    comb("speakers", "--accept")
    assert "speakers.csv" not in comb("segment")


def test_all_wrong_rows_are_listed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "speakers.csv"
    lines = [
        "transcript,speaker,role",
        "x,Ann,interviwer",
        "x,Bo,respondent",
        ",Cy,other",
        "y,Di,other",
        "Y,di,participant",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BadInputError) as error:
        read_speakers(path)
    for said in (
        "row 2, column role: not a role (did you mean interviewer?)",
        "row 3, column role: not a role (did you mean participant?)",
        "row 4, column transcript: no transcript",
        "rows 5 and 6: the same speaker has two roles",
    ):
        assert said in str(error.value)


@pytest.mark.parametrize("form", ["transcript;speaker;role;pseudonym;note\r\nX;ANN;Participant;;said by phone\r\n",
                                  "\ufefftranscript,speaker,role\nx,Ann,PARTICIPANT\n",
                                  "speaker,role,transcript\nAnn,participant,x.txt\n"])  # fmt: skip
def test_tables_that_spreadsheets_wrote(comb: Comb, study: Study, form: str) -> None:
    put(study, "x", dialogue("INT", "Ann"))
    study.speakers.write_text(form, encoding="utf-8")
    comb("segment")
    assert set(coded(study)) == {("x", "Ann")}


def test_accepting_keeps_what_was_confirmed(comb: Comb, study: Study) -> None:
    put(study, "x", dialogue("Jo", "Ann"))
    write_speakers(study.speakers, [SpeakerRow("x", "Jo", "other"), SpeakerRow("gone", "A", "other", "B")])
    comb("speakers", "--accept")
    kept = [(row.transcript, row.speaker, row.role, row.pseudonym) for row in study.roles.rows]
    assert kept == [("x", "Jo", "other", ""), ("gone", "A", "other", "B"), ("x", "Ann", "participant", "")]
    before = study.speakers.read_bytes()
    comb("speakers", "--accept")
    assert study.speakers.read_bytes() == before


def test_what_is_not_clear_is_not_accepted(comb: Comb, study: Study) -> None:
    put(study, "x", [("Ann", ANSWERS[0]), ("Bo", ANSWERS[1]), ("Ann", ANSWERS[2]), ("Bo", ANSWERS[3])])
    printed = comb("speakers", "--accept")
    assert "Speakers without a proposed role: 2." in printed
    assert study.roles.rows == ()
    assert "not coded: 'Ann' (who is this?), 'Bo' (who is this?)" in comb("segment", code=1)
    comb("speakers", "--role", "ann = Interviewer", "--role", "Bo=participant")
    comb("segment")
    assert set(coded(study)) == {("x", "Bo")}


def test_transcripts_without_a_participant_are_named(comb: Comb, study: Study) -> None:
    put(study, "x", dialogue("INT", "P1"))
    put(study, "empty", [("INT", question) for question in QUESTIONS])
    assert "empty: it has no speaker whose speech is coded" in comb("segment")


def test_wrong_use_is_refused(comb: Comb, study: Study) -> None:
    put(study, "x", dialogue("Jo", "Ann"))
    assert "SPEAKER=ROLE" in comb("speakers", "--role", "Ann", code=2)
    assert "no speaker is named 'Al'" in comb("speakers", "--role", "Al=other", code=1)
    assert "there is no transcript 'z'" in comb("speakers", "z", code=1)


def test_json_and_files_outside_the_study(comb: Comb, study: Study, tmp_path: Path) -> None:
    put(study, "x", dialogue("Jo", "Ann"))
    path = tmp_path / "outside.txt"
    path.write_text(written(dialogue("Jo", "Bo")), encoding="utf-8")
    found = json.loads(comb("speakers", path, "--json").partition("\n]")[0] + "\n]")
    assert [(one["transcript"], one["speaker"], one["role"], one["source"]) for one in found] == [
        ("outside", "Jo", "interviewer", "proposed"),
        ("outside", "Bo", "participant", "proposed"),
    ]


def test_a_file_outside_the_study_is_named_in_the_remedy(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "outside talk.txt"
    path.write_text(written(dialogue("Jo", "Bo")), encoding="utf-8")
    listener = Listener()
    read_files(study, [path], listener)
    assert listener.notes == [
        "comb: outside talk: speakers of unknown role, not coded: 'Jo' (interviewer?), 'Bo' (participant?). "
        'Confirm with: comb speakers "outside talk.txt" --accept.'
    ]
    accept_proposals(study, who_speaks(study, files=[path]).speakers)
    listener = Listener()
    assert roles_of(read_files(study, [path], listener)[0]) == {"Jo": "interviewer", "Bo": "participant"}
    assert listener.notes == []


def test_import_asks_at_once(comb: Comb, study: Study, tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text(written(dialogue("Jo", "Ann")), encoding="utf-8")
    printed = comb("import", path)
    assert "talk: speakers of unknown role, not coded: 'Jo' (interviewer?), 'Ann' (participant?)" in printed


def test_a_table_without_file_is_made_again_and_empty_rows_confirm_nothing(comb: Comb, study: Study) -> None:
    assert study.speakers.read_text(encoding="utf-8") == "transcript,speaker,role,pseudonym\n"
    study.speakers.unlink()
    put(study, "x", dialogue("INT", "Ann"))
    comb("segment", code=1)
    assert study.speakers.exists()
    write_speakers(study.speakers, [SpeakerRow("x", "Ann")])
    assert "'Ann' (participant?)" in comb("segment", code=1)


def test_no_message_holds_words(comb: Comb, study: Study) -> None:
    put(study, "x", dialogue("Jo", "Ann"))
    (study.raw / "bare.txt").write_text("\n\n".join(speech for _, speech in dialogue("", "")), encoding="utf-8")
    printed = comb("speakers") + comb("segment", code=1)
    assert not [word for word in ("breakfast", "knee", "sister", "Tuesday", "reminds") if word in printed]


# Pseudonyms


def test_a_pseudonym_replaces_the_name_but_not_the_text(comb: Comb, study: Study) -> None:
    put(study, "x", dialogue("INT", "Denise"))
    write_speakers(study.speakers, [SpeakerRow("x", "denise", "participant", "P07")])
    assert "unknown" not in comb("segment")
    assert set(coded(study)) == {("x", "P07")}
    kept = json.loads((study.transcripts / "x.json").read_text(encoding="utf-8"))
    assert kept["text"] == written(dialogue("INT", "Denise"))
    assert {turn["speaker"] for turn in kept["turns"]} == {"INT", "P07"}


@pytest.mark.parametrize("pseudonym", ["INT", "int", "Rhys"])
def test_a_pseudonym_makes_two_people_never_one(comb: Comb, study: Study, pseudonym: str) -> None:
    put(study, "x", [*dialogue("INT", "Denise"), *dialogue("INT", "Rhys")])
    put(study, "y", dialogue("INT", "P1"))
    write_speakers(study.speakers, [SpeakerRow("x", "Denise", "participant", pseudonym)])
    printed = comb("segment")
    assert "would have the same name" in printed
    assert set(coded(study)) == {("y", "P1")}


# Determinism


def test_proposals_do_not_depend_on_order_or_on_what_else_runs() -> None:
    found = [transcript(f"{n:02}", dialogue("Kay", f"Resident {n}")) for n in range(5)]
    there: Mapping[str, Mapping[str, Role | None]] = proposed(found)
    assert proposed(found[::-1]) == there
    assert unknown_speakers(found, StudyRoles())["00"] == ["Kay", "Resident 0"]


# The example study, as if a machine had numbered its voices


def numbered(found: Transcript) -> tuple[Transcript, dict[str, Role]]:
    """Give a transcript with numbers for names, and who each number is."""
    names = list(dict.fromkeys(turn.speaker for turn in found.turns if turn.speaker))
    numbers = {name: f"SPEAKER_{index:02}" for index, name in enumerate(names)} | {"": ""}
    turns = tuple(replace(turn, speaker=numbers[turn.speaker], role="other") for turn in found.turns)
    return replace(found, turns=turns), {numbers[turn.speaker]: turn.role for turn in found.turns if turn.speaker}


@pytest.mark.parametrize(("marks", "least"), [("?", 0.97), ("", 0.85)])
def test_no_proposal_for_the_example_study_is_wrong(marks: str, least: float) -> None:
    study = Study(ROOT)
    pairs = [numbered(one) for folder in (study.raw, study.new) for one in read_folder(folder, study.roles)[0]]
    known = {one.id: roles for one, roles in pairs}
    found = proposed([replace(one, text=one.text.replace("?", marks or ".")) for one, _ in pairs])
    right = Counter(role == known[name][who] for name, roles in found.items() for who, role in roles.items() if role)
    assert right[False] == 0
    assert right[True] >= least * sum(map(len, known.values()))


def test_an_older_pipeline_that_does_not_watch_the_roles_is_noticed(comb: Comb, study: Study) -> None:
    (study.raw / "a.txt").write_text("\n\n".join(f"{name}: {words}" for name, words in dialogue("Lena", "Bob")))
    assert "does not watch" not in comb("speakers", "--role", "Lena=interviewer")
    pipeline = study.root / "dvc.yaml"
    pipeline.write_text(pipeline.read_text().replace("      - data/speakers.csv\n", ""))
    assert "dvc.yaml does not watch data/speakers.csv" in comb("speakers", "--accept")
