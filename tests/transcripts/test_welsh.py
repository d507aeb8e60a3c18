"""Welsh and English in one study: who speaks, and where sentences end."""

from comb.study.params import Params
from comb.transcripts.reader import read_transcript
from comb.transcripts.segment import segment_transcripts

TALK = """Cyfwelydd: Beth sy'n eich helpu i fynd i'r clinig?

Cyfranogwr 1: Mae'r meddyg yn dda iawn, e.e. mae hi'n gwrando. Ond does dim bws ar ôl pedwar o'r gloch! Be' wna' i?

Hwylusydd: A chi?

Claf: Fy ngwraig sy'n fy atgoffa i. I'd forget otherwise.
"""


def test_welsh_names_of_roles_and_sentences(tmp_path) -> None:
    path = tmp_path / "cymraeg.txt"
    path.write_text(TALK, encoding="utf-8")
    params = Params()
    transcript = read_transcript(path)
    assert [turn.role for turn in transcript.turns] == ["interviewer", "participant", "interviewer", "participant"]
    assert [segment.text for segment in segment_transcripts([transcript], params.segment)] == [
        "Mae'r meddyg yn dda iawn, e.e. mae hi'n gwrando.",
        "Ond does dim bws ar ôl pedwar o'r gloch!",
        "Be' wna' i?",
        "Fy ngwraig sy'n fy atgoffa i.",
        "I'd forget otherwise.",
    ]
