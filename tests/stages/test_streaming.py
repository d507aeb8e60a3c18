"""Transcripts are read, cut and suggested for one after the other, by one process or several: with the same result."""

import json
import pickle
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from comb.errors import BadInputError, NotReadyError
from comb.records import Segment
from comb.stages import reading, suggest
from comb.stages.listener import Listener
from comb.stages.loading import each_in, load_aside
from comb.study.files import read_records, write_records
from comb.study.layout import Study
from tests import whole_study
from tests.conftest import Comb, FakeEncoder


@pytest.fixture
def trained(comb: Comb, study: Study, fake_encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study with a model, and new transcripts of which one cannot be read and one is not English."""
    monkeypatch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: fake_encoder)
    whole_study.fill(study)
    for number in range(7, 15):
        text = whole_study.interview(number)[0]
        (study.new / f"talk {number:02}.txt").write_text(text, encoding="utf-8")
    (study.new / "broken.docx").write_bytes(b"no zip")
    french = "P1: Je ne sais pas pourquoi nous avons dû attendre aussi longtemps dans la salle avec les autres.\n\n" * 9
    (study.new / "french.txt").write_text(french, encoding="utf-8")
    for stage in ("segment", "embed", "train", "evaluate"):
        comb(stage)
    return study


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_several_processes_read_the_same(
    trained: Study, comb: Comb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said = comb("suggest", "--out", tmp_path / "one", "--ungated")
    warned = caplog.messages[:]
    caplog.clear()
    segmented = whole_study.content(trained)
    monkeypatch.setattr(reading, "POOL_BYTES", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    told = comb("suggest", "--out", tmp_path / "two", "--ungated")
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert said.replace(str(tmp_path / "one"), "") == told.replace(str(tmp_path / "two"), "")
    assert warned == caplog.messages
    assert any("French" in line for line in warned)
    comb("segment")
    assert whole_study.content(trained) == segmented


def test_suggestions_for_a_transcript_do_not_depend_on_the_others(trained: Study, comb: Comb, tmp_path: Path) -> None:
    comb("suggest", "--out", tmp_path / "all", "--ungated")
    comb("suggest", trained.new / "talk 09.txt", "--out", tmp_path / "alone", "--ungated")
    alone = files(tmp_path / "alone")
    assert {name: files(tmp_path / "all")[name] for name in alone} == alone


def test_no_more_is_read_than_is_worked_on(trained: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggest, "BATCH_CHARACTERS", 1)
    read = []
    real = reading.prepare
    monkeypatch.setattr(
        reading, "prepare", lambda path, *rest, **named: read.append(path) or real(path, *rest, **named)
    )
    found = suggest.suggest_for(trained, each_in(trained, trained.new, Listener()), load_aside(trained), Listener())
    assert next(found).transcript.id == "french"
    assert [path.name for path in read] == ["broken.docx", "french.txt"]
    found.close()


def test_parquet_has_what_the_lines_have(trained: Study, comb: Comb, tmp_path: Path) -> None:
    comb("suggest", "--out", tmp_path, "--format", "jsonl,parquet", "--ungated")
    lines = [json.loads(line) for line in (tmp_path / "talk 09.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines
    assert pq.ParquetFile(tmp_path / "talk 09.parquet").read().to_pylist() == lines


def test_a_table_is_the_same_however_it_was_parted(trained: Study, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("comb.study.files.ROW_GROUP", 10)
    segments = read_records(trained.segments, Segment)
    write_records(tmp_path / "one", Segment, segments)
    from comb.study.files import new_records

    with new_records(tmp_path / "two", Segment) as write:
        for start in range(0, len(segments), 7):
            write(segments[start : start + 7])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert read_records(tmp_path / "two", Segment) == segments


@pytest.mark.parametrize("kind", [BadInputError, NotReadyError])
def test_an_error_comes_whole_from_another_process(kind: type[BadInputError]) -> None:
    error = kind("what", where="a.txt, row 3", remedy="Do it.", details=["one", "two"])
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (str(copy), copy.details) == (str(error), error.details)
