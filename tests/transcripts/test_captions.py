"""Captions as programs write them: empty lines inside cues, rolling lines, label cues; no word is lost or doubled."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.records import Transcript, spoken
from comb.transcripts.reader import read_transcript

T1, T2, T3 = "00:00:01.000 --> 00:00:02.000", "00:00:03.000 --> 00:00:04.000", "00:00:05.000 --> 00:00:06.000"


def read(folder: Path, text: str, suffix: str = ".vtt") -> Transcript:
    path = folder / f"a{suffix}"
    path.write_text(text, encoding="utf-8")
    return read_transcript(path)


def said(transcript: Transcript) -> list[tuple[str, str]]:
    text = transcript.text
    return [(turn.speaker, spoken(text, turn.start, turn.end, turn.cuts)) for turn in transcript.turns]


def test_empty_line_inside_a_cue_with_names() -> None:
    path = Path(__file__).parents[1] / "files" / "transcripts" / "empty-line-inside-cue.vtt"
    assert said(read_transcript(path)) == [("INT", "one"), ("P1", "two")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"WEBVTT\n\n{T1}\none\n\ntwo\n\n{T2}\nthree", "one two three"),
        (f"WEBVTT\n\n{T1}\n\none\n\n{T2}\n\ntwo\nthree", "one two three"),
        (f"WEBVTT\n\n1\n{T1}\none\n \ntwo\n\n2\n{T2}\n\n\nthree\n", "one two three"),
        (f"WEBVTT\n\n{T1} align:start\n \none\n\n\n\n\ntwo\n\nNOTE skip me\n\n{T2}\nthree", "one two three"),
        (f"WEBVTT\n\n{T1}\none\n\n2 of them\n\n{T2}\nthree", "one 2 of them three"),
    ],
)
@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
def test_empty_lines_inside_cues(tmp_path: Path, text: str, words: str, suffix: str) -> None:
    if suffix == ".srt":
        text = text.removeprefix("WEBVTT\n\n").replace("NOTE skip me\n\n", "")
    assert said(read(tmp_path, text, suffix)) == [("", words)]


def test_label_and_stamp_cues_are_no_speech(tmp_path: Path) -> None:
    cues = [
        "<v S00>S00: ",
        "<v S00>[00:00:01]",
        "<v S00>How are you?",
        "<v S01>S01:",
        "<v S01>[00:00:03]",
        "<v S01>Fine.",
    ]
    text = "WEBVTT\n\nNOTE\nTranscribed with noScribe\n\n" + "\n\n".join(f"{T1}\n{cue}" for cue in cues)
    assert said(read(tmp_path, text)) == [("S00", "How are you?"), ("S01", "Fine.")]


@pytest.mark.parametrize("tags", [True, False])
def test_rolling_captions(tmp_path: Path, tags: bool) -> None:
    lines = ["so we begin", "with the list", "of the day", "and the rest"]
    shown = [f"{lines[0]}"] + [
        f"{before}\n{after.replace(' ', '<00:00:01.500><c> ', 1) + '</c>' if tags else after}"
        for before, after in pairwise(lines)
    ]
    text = "WEBVTT\nKind: captions\n\n" + "\n\n".join(f"{T1}\n{cue}" for cue in shown)
    assert said(read(tmp_path, text)) == [("", " ".join(lines))]


def test_a_word_said_twice_stays_twice(tmp_path: Path) -> None:
    cues = ["no", "no", "it is late", "I know", "it goes on", "yes"]
    assert said(read(tmp_path, "WEBVTT\n\n" + "\n\n".join(f"{T1}\n{cue}" for cue in cues))) == [("", " ".join(cues))]


def test_program_notice_and_stamps_amid_captions(tmp_path: Path) -> None:
    text = f"WEBVTT\n\n{T1}\nAna: It helps [00:00:01] me.\n\n{T2}\nJoe: Yes.\n\n{T3}\nTranscribed by otter.ai"
    assert said(read(tmp_path, text)) == [("Ana", "It helps me."), ("Joe", "Yes.")]


WORDS = st.lists(st.sampled_from("kettle morning tablet nurse often maybe".split()), min_size=1, max_size=4).map(
    " ".join
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=6), st.sampled_from(["\n", "\n\n", "\n \n"])
)
def test_no_word_is_lost_or_doubled(tmp_path_factory: pytest.TempPathFactory, cues: list, between: str) -> None:
    numbered = [[f"{line} {n}-{m}" for m, line in enumerate(cue)] for n, cue in enumerate(cues)]
    blocks = [f"00:00:{n:02}.000 --> 00:00:{n + 1:02}.000\n" + between.join(cue) for n, cue in enumerate(numbered)]
    folder = tmp_path_factory.mktemp("captions")
    words = " ".join(line for cue in numbered for line in cue)
    for suffix, head in ((".vtt", "WEBVTT\n\n"), (".srt", "")):
        assert said(read(folder, head + "\n\n".join(blocks), suffix)) == [("", words)]


@pytest.mark.parametrize("pattern", ["[{}] {}", "({}) {}", "- [{}] {}", "{} - {}", "{} – {}", "<v {}>{}</v>"])
@pytest.mark.parametrize("names", [("Ana", "Joe"), ("Speaker 1", "Speaker 2")])
def test_labels_in_brackets_and_before_dashes(tmp_path: Path, pattern: str, names: tuple[str, str]) -> None:
    speech = ["Why is that?", "It helps.", "And at night?", "Less so - I think."]
    cues = [f"00:00:0{n}.000 --> 00:00:0{n}.900\n{pattern.format(names[n % 2], one)}" for n, one in enumerate(speech)]
    assert said(read(tmp_path, "WEBVTT\n\n" + "\n\n".join(cues))) == list(zip(names * 2, speech, strict=True))


def test_speakers_that_identifiers_name(tmp_path: Path) -> None:
    cues = f'1 "Ana Berg" (77)\n{T1}\nWhy?\n\n2 "Joe" (78)\n{T2}\nIt helps.\n\n3 "Joe" (78)\n{T3}\nA lot.'
    assert said(read(tmp_path, f"WEBVTT\n\n{cues}")) == [("Ana Berg", "Why?"), ("Joe", "It helps. A lot.")]


@pytest.mark.parametrize(
    "lines", [("Reason: money", "Doctor: yes"), ("Answer: no", "Wife: so"), ("[Door] And", "[Dog] Or")]
)
def test_a_few_colons_amid_captions_are_no_speakers(tmp_path: Path, lines: tuple[str, str]) -> None:
    speech = ["so it was", lines[0], "and we went", "on and on", lines[1], "to the end", "of it all", "at last"]
    cues = [f"00:00:0{n}.000 --> 00:00:0{n}.900\n{one}" for n, one in enumerate(speech)]
    assert said(read(tmp_path, "WEBVTT\n\n" + "\n\n".join(cues))) == [("", " ".join(speech))]
