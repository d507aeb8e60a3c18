"""The stages on Ray write what the local ones write, to the byte, and go on where they were killed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from comb.cli import run
from comb.study.layout import Study
from tests import whole_study
from tests.conftest import ROOT, Comb
from tests.scale.nodes import PYTHONPATH, Nodes, nodes, wait_for
from tests.scale.tiny import write_encoder
from tests.whole_study import WORDS

pytest.importorskip("ray", reason="the extra 'scale' is not installed")
pytest.importorskip("onnx", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow
NEW = 70
"""New transcripts: more than two parts."""
FORMATS = "csv,jsonl,xlsx,parquet,docx,html,qdpx"
SAID = [text for text in whole_study.SAID.values() if text]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study with a real encoder, trained, with new transcripts of which one is broken and one is empty speech."""
    root = tmp_path_factory.mktemp("ray") / "study é"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root.parent)
        assert run(["init", str(root)]) == 0
        study = Study(root)
        whole_study.fill(study)
        shutil.rmtree(study.encoder)
        write_encoder(study.encoder, SAID)
        for number in range(NEW):
            text = whole_study.interview(number + 6)[0]
            (study.new / f"talk ø {number:02}.txt").write_text(text, encoding="utf-8")
        (study.new / "broken.docx").write_bytes(b"Zebrafinch: not a zip file")
        (study.new / "silent.txt").write_text("INT: Is axolotl there?\n\nINT: No.\n", encoding="utf-8")
        patch.chdir(root)
        for stage in ("segment", "embed", "train", "evaluate"):
            assert run([stage]) == 0
    return study


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    """A cluster of one node on loopback."""
    with nodes(3) as started:
        yield started


@pytest.fixture
def address(cluster: Nodes) -> str:
    return cluster.address


@pytest.fixture
def here(made: Study, comb: Comb) -> Comb:
    comb.folder = made.root
    return comb


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines(said: str) -> list[str]:
    """List what was printed; where it stands among progress differs."""
    return sorted(line for line in said.splitlines() if line.strip())


def logs(cluster: Nodes) -> str:
    files_ = [path for path in cluster.folder.glob("session_2*/logs/**/*") if path.is_file()]
    assert files_
    return "".join(path.read_text(errors="replace") for path in files_)


def test_suggestions_on_ray_are_the_same_bytes(here: Comb, made: Study, address: str, tmp_path: Path) -> None:
    local, far = tmp_path / "local", tmp_path / "far"
    said = here("suggest", "--out", local, "--format", FORMATS, "--ungated")
    told = here("suggest", "--out", far, "--format", FORMATS, "--ungated", "--engine", "ray", "--address", address)
    ours, theirs = files(local), files(far)
    assert {name: theirs.get(name) for name in ours} == ours
    assert all(name.startswith("partitions/") for name in theirs.keys() - ours.keys())
    assert "not a .docx file" in said
    assert lines(said.replace(str(local), "")) == lines(told.replace(str(far), ""))
    assert not list((made.state / "ray").glob("*"))


def test_partitions_hold_all_suggestions_and_errors(here: Comb, cluster: Nodes, tmp_path: Path) -> None:
    far = ["--engine", "ray", "--address", cluster.address]
    said = here("suggest", "--out", tmp_path, "--format", "jsonl", "--ungated", *far)
    table = pq.ParquetDataset(tmp_path / "partitions" / "suggestions").read()
    count = sum(path.read_bytes().count(b"\n") for path in tmp_path.glob("*.jsonl"))
    assert table.num_rows == count > NEW
    assert len(list((tmp_path / "partitions" / "suggestions").iterdir())) == 3
    (error,) = pq.ParquetFile(tmp_path / "partitions" / "errors.parquet").read().to_pylist()
    assert error["file"] == "broken.docx"
    assert f"comb: {error['error']}" in said
    assert not [word for word in WORDS if word in logs(cluster) or word in said]


def test_transcripts_of_a_table_or_a_store_are_the_same(here: Comb, made: Study, address: str, tmp_path: Path) -> None:
    texts = sorted(made.new.glob("*.txt"))
    table = pa.table({"transcript": [p.stem for p in texts], "text": [p.read_text("utf-8") for p in texts]})
    pq.write_table(table, tmp_path / "talks.parquet", row_group_size=20)
    (tmp_path / "store").mkdir()
    for path in texts:
        shutil.copy(path, tmp_path / "store")
    here("suggest", *texts, "--out", tmp_path / "local")
    for name, source in (("table", tmp_path / "talks.parquet"), ("store", (tmp_path / "store").as_uri())):
        out = tmp_path / f"from {name}"
        here("suggest", source, "--out", out, "--engine", "ray", "--address", address)
        made_of = {key: content for key, content in files(out).items() if not key.startswith("partitions/")}
        assert made_of == files(tmp_path / "local")


def test_segments_and_embeddings_on_ray_are_the_same_bytes(here: Comb, made: Study, address: str) -> None:
    before = whole_study.content(made)
    for path in (*made.transcripts.iterdir(), made.segments, made.embeddings, made.cache):
        path.unlink()
    here("segment", "--engine", "ray", "--address", address)
    here("embed", "--engine", "ray", "--address", address)
    assert whole_study.content(made) == before


def test_what_a_killed_run_has_done_is_kept(
    here: Comb, made: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)  # as it is where comb starts Ray
    local, far = tmp_path / "local", tmp_path / "far"
    here("suggest", "--out", local, "--format", "csv", "--ungated")
    state = made.state / "ray"
    command = [sys.executable, "-m", "comb", "suggest", "--out", str(far), "--format", "csv", "--ungated"]
    command += ["--engine", "ray", "--workers", "1"]
    env = {**os.environ, "PYTHONPATH": PYTHONPATH}
    begun = subprocess.Popen(command, cwd=made.root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: list(state.glob("*.parquet")) or begun.poll() is not None, 120)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    kept = len(list(state.glob("*.parquet")))
    assert kept
    assert not list(far.glob("*.csv"))
    told = here(*command[3:])
    assert f"{kept} of 3 parts are done already" in told
    assert {name: content for name, content in files(far).items() if "/" not in name} == files(local)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux")
def test_what_comb_starts_listens_on_loopback_alone() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    line = [sys.executable, "-m", "tests.scale.listening"]
    done = subprocess.run(line, cwd=ROOT, env={**env, "PYTHONPATH": PYTHONPATH}, capture_output=True, check=True)
    places = {line.split()[1] for line in done.stdout.decode().splitlines() if line.startswith("listens")}
    assert places
    assert all(place.endswith("0100007F") for place in places), places


def test_without_ray_one_line_says_what_to_do(here: Comb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for command in (["suggest"], ["segment"], ["embed"]):
        said = here(*command, "--engine", "ray", code=1)
        assert said == "comb: Ray is not installed. Run: pip install 'comb-coder[scale]'.\n"


def test_options_of_ray_are_refused_elsewhere(here: Comb) -> None:
    assert "--engine ray" in here("segment", "--workers", "2", code=2)


@pytest.mark.sweep
def test_a_node_that_is_killed_costs_no_result(here: Comb, made: Study, tmp_path: Path) -> None:
    for copy in range(5):
        for path in sorted(made.new.glob("talk*.txt"))[:NEW]:
            shutil.copy(path, made.new / f"{path.stem} again {copy}.txt")
    local, far = tmp_path / "local", tmp_path / "far"
    here("suggest", "--out", local, "--format", "csv,jsonl", "--ungated")
    command = [sys.executable, "-m", "comb", "suggest", "--out", str(far), "--format", "csv,jsonl", "--ungated"]
    with nodes(2, 2) as two:
        command += ["--engine", "ray", "--address", two.address, "--workers", "2"]
        env = {**os.environ, "PYTHONPATH": PYTHONPATH}
        begun = subprocess.Popen(command, cwd=made.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        state = made.state / "ray"
        wait_for(lambda: len(list(state.glob("*.parquet"))) > 2 or begun.poll() is not None)
        assert begun.poll() is None, "it was over before a node was killed"
        two.kill(1)
        said = begun.communicate(timeout=240)[0].decode()
    assert begun.returncode == 0, said
    ours, theirs = files(local), files(far)
    assert {name: theirs.get(name) for name in ours} == ours
    table = pq.ParquetDataset(far / "partitions" / "suggestions").read().select(["transcript", "start", "code"])
    every = [tuple(row.values()) for row in table.to_pylist()]
    assert len(set(every)) == len(every) == sum(c.count(b"\n") for name, c in ours.items() if name.endswith(".jsonl"))
