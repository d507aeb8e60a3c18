"""A small study of two interviews with one person, one with another, and a focus group; and the example study."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from comb.codebook import parse_codebook
from comb.codings.codings_csv import CodingsRead, read_codings
from comb.exchange.attributes import read_attributes
from comb.records import Coding, Transcript, Turn
from comb.study.layout import Study
from comb.synthesis.findings import Findings, Wanted, assemble
from comb.synthesis.matrices import read_matrices
from comb.synthesis.passages import coded_passages
from comb.synthesis.people import Sample, read_sample
from comb.synthesis.sheets import SHEETS, read_sheet
from comb.transcripts.reader import read_folder
from tests.conftest import ROOT

BOOK = parse_codebook(
    {
        "levels": ["domain", "component", "tdf"],
        "codes": [
            {
                "id": "motivation",
                "children": [
                    {
                        "id": "reflective_motivation",
                        "children": [{"id": "goals"}, {"id": "optimism"}],
                    },
                    {"id": "automatic_motivation", "children": [{"id": "emotion"}]},
                ],
            },
            {"id": "off_target"},
        ],
    }
)
SAID = ("I want to do it.", "It will be fine.", "It frightens me a lot.", "My bus was late.")


def talk(name: str, *speakers: str) -> Transcript:
    """Make a transcript in which each speaker in turn answers the interviewer with every sentence of SAID."""
    text, turns = "", []
    for speaker in speakers:
        for words in SAID:
            for label, role, spoken in (("INT", "interviewer", "And then?"), (speaker, "participant", words)):
                start = len(text) + len(label) + 2
                text += f"{label}: {spoken}\n\n"
                turns.append(Turn(label, role, start, start + len(spoken)))
    return Transcript(name, text, tuple(turns))


def coding(transcript: Transcript, speaker: str, said: int, code: str, valence: str = "", **more: str) -> Coding:
    """Code one sentence of one speaker."""
    turn = [turn for turn in transcript.turns if turn.speaker == speaker][said]
    words = transcript.text[turn.start : turn.end]
    return Coding(transcript.id, turn.start, turn.end, words, code, valence, **{"coder": "A", **more})  # type: ignore[arg-type]


def read(*codings: Coding, coverage: frozenset[tuple[str, str]] | None = None) -> CodingsRead:
    return CodingsRead(codings, (), coverage)


def sample_of(folder: Path, transcripts: Sequence[Transcript], table: str, **more: object) -> Sample:
    """Read the people of transcripts from the text of a participants table."""
    path = folder / "participants.csv"
    path.write_text(table, encoding="utf-8")
    attributes = more.pop("attributes", {})
    named = {transcript.id: transcript for transcript in transcripts}
    return read_sample(named, path, folder / "repeated.csv", attributes, "group", **more)  # type: ignore[arg-type]


Make = Callable[..., Findings]


@pytest.fixture
def findings(tmp_path: Path) -> Make:
    """Put findings together; sheets are given as name=rows in their CSV form."""

    def make(sample: Sample, transcripts: Sequence[Transcript], codings: CodingsRead, **sheets: str) -> Findings:
        folder = tmp_path / "synthesis"
        folder.mkdir(exist_ok=True)
        for name, content in sheets.items():
            (folder / f"{name.replace('_', '-')}.csv").write_text(content, encoding="utf-8")
        named = {transcript.id: transcript for transcript in transcripts}
        coded = coded_passages(codings, named, sample, BOOK, ("consensus",))
        problems: list[str] = []
        filled = {sheet.name: read_sheet(folder, sheet, problems) for sheet in SHEETS}
        return assemble(BOOK, sample, coded, filled, read_matrices(folder / "wheel", "2014"), Wanted(2, 60), problems)

    return make


@pytest.fixture(scope="session")
def example() -> Findings:
    """The findings of the example study, from its raw files."""
    study = Study(ROOT)
    params = study.params.synthesis
    transcripts = {item.id: item for item in read_folder(study.raw, study.roles)[0]}
    tables = (study.people, study.participants, read_attributes(study.attributes))
    sample = read_sample(transcripts, *tables, params.group, params.transcripts)
    codings = read_codings(study.codings, transcripts)
    coded = coded_passages(codings, transcripts, sample, study.codebook, params.coders)
    problems: list[str] = []
    filled = {sheet.name: read_sheet(study.sheets, sheet, problems) for sheet in SHEETS}
    matrices = read_matrices(study.sheets / "wheel", params.edition)
    return assemble(study.codebook, sample, coded, filled, matrices, Wanted(2, 60), problems)
