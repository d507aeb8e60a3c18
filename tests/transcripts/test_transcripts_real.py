"""Real transcripts, kept beside the repository and never in it; skipped where they are absent."""

from collections import Counter
from pathlib import Path

import pytest

from comb.errors import BadInputError
from comb.study.speakers import StudyRoles
from comb.transcripts.confirmed_roles import unknown_speakers
from comb.transcripts.reader import read_transcript

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "transcripts"
REFUSED = {
    "empty.vtt": "empty",
    "invalid.vtt": "line 1",
    "invalid_format1.srt": "line 1",
    "invalid_format2.srt": "line 1",
    "invalid_format3.srt": "line 1",
    "invalid_format4.srt": "no cue",
    "invalid_timeframe.vtt": "line 6",
    "missing_timeframe.srt": "line 5",
    "no_captions.vtt": "no cue",
}
MLSS = {
    "Interview 2": {"Interviewer1": 43, "Interviewee1": 44, "Interviewer2": 1, "Interviewer2 2": 1},
    "Interview 10": {"interviewer": 66, "interviewee": 173},
    "Interview 14": {"Interviewer 1": 80, "Interviewer 2": 1, "Interviewee": 150},
    "Interview 26": {"Interviewer 1": 42, "Interviewee": 128},
    "Interview 32 - PO": {"Interviewer 1": 68, "Interviewee": 115},
    "Interview 36": {"Interviewer 1": 34, "Interviewee": 98},
}


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"no real transcripts in {SHARED}")
    return SHARED


@pytest.mark.parametrize("name", MLSS)
def test_interviews(shared: Path, name: str) -> None:
    path = shared / "mlss" / f"{name}.txt"
    transcript = read_transcript(path)
    assert transcript.text == path.read_text(encoding="utf-8")
    assert Counter(turn.speaker for turn in transcript.turns) == MLSS[name]
    assert {turn.speaker[:11].lower(): turn.role for turn in transcript.turns} == {
        "interviewer": "interviewer", "interviewee": "participant",
    }  # fmt: skip


def test_zoom_meeting(shared: Path) -> None:
    transcript = read_transcript(shared / "zoom-meeting.vtt")
    turns = Counter(turn.speaker for turn in transcript.turns)
    assert turns["Ringo Starr"] == 1
    assert len(turns) == len(unknown_speakers([transcript], StudyRoles())["zoom-meeting"]) == 5
    assert transcript.turns[0].time == 4.859
    assert "-->" not in transcript.text


def test_every_caption_file_is_read_or_refused_in_one_line(shared: Path) -> None:
    refused = {}
    for path in sorted((shared / "webvtt").iterdir()):
        try:
            assert read_transcript(path).turns
        except BadInputError as error:
            refused[path.name] = str(error)
    assert set(refused) == set(REFUSED)
    for name, what in REFUSED.items():
        assert refused[name].startswith(name)
        assert what in refused[name]
        assert "\n" not in refused[name]
