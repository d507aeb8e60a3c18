"""Whatever a file of a study holds: what comb says of it is one line with the remedy, and no participant's word."""

import json
import os
import random
import shutil
import sqlite3
import time
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from comb.codebook import read_codebook
from comb.encoder.embed import OnnxEncoder
from comb.errors import BadInputError, BadParamsError
from comb.study.files import read_array, read_arrays, read_json
from comb.study.layout import Study
from tests import whole_study
from tests.conftest import SWEEP, Comb, FakeEncoder

SECONDS = 5.0
"""Most processor time of a command that refuses a file; on a machine that does nothing else it is a fraction of one."""

# ---- the table of damage: what is done to a file


def empty(data: bytes) -> bytes:
    return b""


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def noise(data: bytes) -> bytes:
    return random.Random(1).randbytes(max(len(data), 64))


def flipped(data: bytes) -> bytes:
    """Change a byte in the middle, where a file keeps its content."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]


def a_list(data: bytes) -> bytes:
    return b"[]"


def null(data: bytes) -> bytes:
    return b"null"


def deep(data: bytes) -> bytes:
    return b"[" * 100_000


def words(data: bytes) -> bytes:
    return " ".join(whole_study.WORDS).encode()


def numbers(data: bytes) -> bytes:
    """Give every text of a JSON file another type."""
    return json.dumps({key: 7 for key in json.loads(data)}).encode()


def headless(data: bytes) -> bytes:
    return data.partition(b"\n")[2]


def swapped(data: bytes) -> bytes:
    """Put the cells of each row the other way round, so that words stand where names belong."""
    rows = data.decode().splitlines()
    return "\n".join([rows[0], *(",".join(reversed(row.split(","))) for row in rows[1:])]).encode()


def binary(data: bytes) -> bytes:
    return data[:40] + b"\x00\x01\x02\xff\xfe" * 20


BROKEN = (empty, cut, noise, words)
JSON = (*BROKEN, a_list, null, deep, numbers)
ARRAY = (*BROKEN, a_list, flipped)
TABLE = (headless, swapped, binary, noise, cut, empty)
FILES: dict[str, tuple[tuple[Callable[[bytes], bytes], ...], tuple[str, ...]]] = {
    "data/interim/transcripts/talk 0.json": (JSON, ("train", "agree", "synthesis", "next")),
    "data/interim/segments.parquet": (BROKEN, ("embed", "train", "agree", "synthesis", "next")),
    "data/interim/embeddings.npy": (BROKEN, ("train", "evaluate", "synthesis")),
    "models/encoder/encoder.json": (JSON, ("train", "suggest", "evaluate")),
    "models/head/head.json": (JSON, ("suggest", "evaluate", "next")),
    "models/head/head.npz": (ARRAY, ("suggest", "next")),
    "models/head/vocabulary.json": (JSON, ("suggest",)),
    "models/head/examples.csv": ((*TABLE, flipped), ("suggest",)),
    "models/head/examples.npy": (ARRAY, ("suggest",)),
    "data/processed/metrics/evaluate.json": (JSON, ("suggest", "agree")),
    "data/processed/audit.json": (JSON, ("audit --estimate A.csv",)),
    "data/processed/audit.csv": (TABLE, ("audit --estimate A.csv",)),
    "data/processed/agreement.json": (JSON, ("synthesis",)),
    "data/processed/synthesis/report.json": (JSON, ("report --check",)),
    "data/processed/suggestions/new one.jsonl": ((cut, noise, words, a_list, null, deep), ("export --format csv",)),
    ".comb/next.json": (JSON, ("next",)),
    ".comb/history/0001.json": (JSON, ("history",)),
    ".comb/embeddings.sqlite": ((cut, noise, words), ("embed", "suggest")),
    ".comb/review.sqlite": ((noise, words), ("review --export",)),
    "configs/params.yaml": ((noise, words, a_list, deep), ("segment", "suggest")),
    "configs/codebook.yaml": ((empty, noise, words, a_list, null, deep), ("train", "agree")),
    "data/speakers.csv": (TABLE, ("segment",)),
    "data/participants.csv": (TABLE, ("train", "synthesis")),
    "data/attributes.csv": (TABLE, ("synthesis",)),
    "data/decisions.csv": (TABLE, ("export --format qdpx", "synthesis")),
    "data/codings/coverage.csv": (TABLE, ("train", "agree")),
    "data/codings/A.csv": (TABLE, ("train", "agree", "agree data/codings/A.csv data/codings/B.csv")),
    "list.csv": (TABLE, ("agree --apply list.csv",)),
}
"""By file: the damage, and the commands that read it."""
CASES = [
    pytest.param(
        *(file, damage, command),
        id=f"{file}-{damage.__name__}-{command}",
        # A file's damage goes round its commands: each is tried with each file, and all together are slow.
        marks=[] if at % len(commands) == number % len(commands) else SWEEP,
    )
    for file, (damages, commands) in FILES.items()
    for number, damage in enumerate(damages)
    for at, command in enumerate(commands)
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study in which every stage has run, made once."""
    from comb.cli import run
    from comb.review.storage.database import Database

    root = tmp_path_factory.mktemp("whole") / "study é"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: FakeEncoder())
        patch.chdir(root.parent)
        assert run(["init", str(root)]) == 0
        study = Study(root)
        whole_study.fill(study)
        patch.chdir(root)
        whole_study.run_all(lambda *args: run(list(args)))
    Database.open(study.review).close()
    for name, text in TABLES.items():
        (root / name).write_text(text, encoding="utf-8")
    return study


TABLES = {
    "data/speakers.csv": "transcript,speaker,role,pseudonym\ntalk 0,INT,interviewer,\n",
    "data/participants.csv": "participant,transcript,speaker,kind,group\nP0,talk 0,P00,interview,a\n",
    "data/attributes.csv": "transcript,site\ntalk 0,north\n",
    "data/decisions.csv": "transcript,start,end,code,valence,score,threshold,model,verdict,coder,decided_at,memo\n"
    "new one,18,30,knowledge,barrier,0.9,0.5,m,accepted,A,2026-01-01T00:00:00Z,Zebrafinch\n",
    "data/codings/coverage.csv": "transcript,coder\ntalk 0,A\ntalk 0,B\n",
    "A.csv": "transcript,start,end,quote,code,valence,coder\nnew one,18,30,,knowledge,barrier,A\n",
}


@pytest.fixture
def damaged(whole: Study, comb: Comb, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A copy of the study, to be damaged."""
    comb.folder = comb.folder / "study é"
    shutil.copytree(whole.root, comb.folder)
    monkeypatch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: FakeEncoder())
    return Study(comb.folder)


def says(comb: Comb, *args: str, codes: tuple[int, ...] = (1,)) -> str:
    """Run a command; return the line with which it refused, and its details, having looked at all that it printed."""
    from comb.cli import run

    comb.monkeypatch.chdir(comb.folder)
    comb.capsys.readouterr()
    begun = time.process_time()
    code = run(args)
    out, err = comb.capsys.readouterr()
    printed = out + err
    assert code in codes, printed
    assert not [word for word in whole_study.WORDS if word.casefold() in printed.casefold()], printed
    assert "Traceback" not in printed
    assert "comb has a fault" not in printed
    if code == 1:
        assert time.process_time() - begun < SECONDS
        at, line = next((at, line) for at, line in [*enumerate(err.splitlines())][::-1] if line.startswith("comb: "))
        assert line.endswith((".", "?")), "what, and then what to do"
        return "\n".join(err.splitlines()[at:])
    return ""


@pytest.mark.parametrize(("file", "damage", "command"), CASES)
def test_a_damaged_file_is_one_line(
    damaged: Study, comb: Comb, file: str, damage: Callable[[bytes], bytes], command: str
) -> None:
    path = damaged.root / file
    path.write_bytes(damage(path.read_bytes()))
    # A table that was cut off, or has other columns, may still say something; no other file may.
    codes = (0, 1) if path.suffix == ".csv" and "models" not in file else (1,)
    line = says(comb, *command.split(), codes=codes)
    assert not line or Path(file).stem in line or Path(file).parent.name in line, line


@pytest.mark.parametrize("file", [name for name in FILES if not name.endswith((".sqlite", ".yaml"))])
def test_a_folder_in_the_place_of_a_file_is_one_line(damaged: Study, comb: Comb, file: str) -> None:
    path = damaged.root / file
    path.unlink()
    path.mkdir()
    says(comb, *FILES[file][1][0].split(), codes=(0, 1))


# ---- cells that have moved: what somebody said stands where a name belongs

MOVED = {
    "data/speakers.csv": ("Zebrafinch,quokkas,narwhal,axolotl\ntalk 0,Zebrafinch,,\ntalk 0,INT,,P00\n", "segment"),
    "data/participants.csv": ("Zebrafinch,quokkas,,,\nP0,talk 0,Zebrafinch,narwhal,a\n", "synthesis"),
    "data/attributes.csv": ("Zebrafinch,a\nZebrafinch,b\n", "synthesis"),
    "data/codings/coverage.csv": ("Zebrafinch,A\ntalk 0,\n", "agree"),
    "data/decisions.csv": (",".join(["Zebrafinch"] * 12) + "\n", "export --format qdpx"),
    "private/candidates.csv": ("Zebrafinch,Zebrafinch,quokkas,narwhal,axolotl,x,y\n", "pseudonymise"),
}


@pytest.mark.parametrize("file", MOVED)
def test_a_cell_in_the_wrong_column_is_not_shown(damaged: Study, comb: Comb, file: str) -> None:
    path = damaged.root / file
    if not path.exists():
        comb("pseudonymise")
    header = path.read_text(encoding="utf-8").splitlines()[0]
    rows, command = MOVED[file]
    path.write_text(f"{header}\n{rows}", encoding="utf-8")
    assert "row" in says(comb, *command.split(), codes=(0, 1)) or file == "data/speakers.csv"


# ---- files that do not belong together


def test_a_code_renamed_in_one_of_two_files_is_noticed(damaged: Study, comb: Comb) -> None:
    for name in ("head.json", "vocabulary.json"):
        path = damaged.head / name
        before = path.read_bytes()
        path.write_bytes(before.replace(b"psychological", b"physiological"))
        assert "its files are not of one model" in says(comb, "suggest")
        path.write_bytes(before)
    (damaged.root / "configs" / "codebook.yaml").write_text("codes: [{id: other}]\n", encoding="utf-8")
    assert "knowledge" in says(comb, "train")


def test_the_head_of_another_encoder_is_noticed(damaged: Study, comb: Comb) -> None:
    facts = damaged.encoder / "encoder.json"
    facts.write_text(facts.read_text().replace('"fake"', '"other"'))
    assert "another encoder" in says(comb, "suggest")


def test_transcripts_of_another_run_are_noticed(damaged: Study, comb: Comb) -> None:
    path = damaged.transcripts / "talk 0.json"
    path.write_text(path.read_text(encoding="utf-8").replace("number 0 1", "number 9 9"), encoding="utf-8")
    for command in ("train", "agree", "next"):
        assert "from different runs" in says(comb, command)


# ---- bombs


def _npy(shape: tuple[int, ...], descr: str = "<f4") -> bytes:
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize("shape", [(10**15,), (10**9, 10**9), (2**63, 2), (-1, 3)])
def test_an_array_that_claims_to_be_huge_is_refused_before_it_has_room(tmp_path: Path, shape: tuple[int, ...]) -> None:
    (tmp_path / "a.npy").write_bytes(_npy(shape) + b"\0" * 64)
    with pytest.raises(BadInputError, match=r"a\.npy: damaged"):
        read_array(tmp_path / "a.npy", 2)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", _npy(shape) + b"\0" * 64)
    with pytest.raises(BadInputError, match="not a readable file of arrays"):
        read_arrays(tmp_path / "a.npz", "Train.")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_array_with_a_number_that_is_none_is_refused(tmp_path: Path, value: float) -> None:
    np.save(tmp_path / "a.npy", np.array([[1.0, value]], np.float16))
    with pytest.raises(BadInputError, match="damaged"):
        read_array(tmp_path / "a.npy", 2)


def test_a_zip_bomb_in_the_place_of_a_model_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", _npy((50_000_000,)) + b"\0" * 50_000_000)
    with pytest.raises(BadInputError, match="not a readable file of arrays"):
        read_arrays(tmp_path / "a.npz", "Train.")


YAML = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "merges": "x0: &x0 {a: 1}\n"
    + "".join(f"x{n}: &x{n}\n  <<: [{','.join([f'*x{n - 1}'] * 30)}]\n" for n in range(1, 9)),
    "recursive": "codes: &c\n- id: g\n  children: *c\n",
    "deep": "codes: " + "[" * 20_000,
    "long": f"codes: [{{id: {'a' * 3_000_000}}}]\n",
    "date": "codes: [{id: 2020-13-45}]\n",
    "number": f"codes: [{{id: {'9' * 5_000}}}]\n",
    "octal": "codes: [{id: 010}]\n",
    "sexagesimal": "codes: [{id: 190:20:30}]\n",
    "hexadecimal": "codes: [{id: 0x_}]\n",
    "key": "{{a: 1}: 2}\n",
    "list as key": "? [a, b]\n: 1\n",
    "tag": "codes: !!python/object/apply:os.system [Zebrafinch]\n",
    "documents": "codes: [{id: g}]\n---\ncodes: []\n",
    "undefined": "codes: [{id: a, examples: [*Zebrafinch]}]\n",
    "nul": 'codes: [{id: "a\0b"}]\n',
}


@pytest.mark.parametrize("name", YAML)
def test_a_codebook_that_is_none_is_one_line_at_once(tmp_path: Path, name: str) -> None:
    path = tmp_path / "codebook.yaml"
    path.write_text(YAML[name], encoding="utf-8")
    begun = time.process_time()
    with pytest.raises(BadParamsError, match=r"^codebook\.yaml.*: .+\. .+\.$") as caught:
        read_codebook(path)
    assert time.process_time() - begun < 1
    assert "Zebrafinch" not in str(caught.value)


def test_an_honest_alias_is_read(tmp_path: Path) -> None:
    path = tmp_path / "codebook.yaml"
    path.write_text("codes:\n- {id: a, include: &same as said}\n- {id: b, include: *same}\n", encoding="utf-8")
    assert read_codebook(path).codes["b"].include == "as said"


# ---- encoders


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "encoder.json"])
@pytest.mark.parametrize("damage", [empty, cut, noise, words, deep])
def test_a_damaged_encoder_is_one_line(tmp_path: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    (tmp_path / "encoder.json").write_text('{"id": "x", "dimension": 4, "max_tokens": 9}')
    (tmp_path / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (tmp_path / "model.onnx").write_bytes(b"\x08\x08" * 40)
    path = tmp_path / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadInputError, match=r"damaged.*comb encoder"):
        OnnxEncoder(tmp_path)


TOKENIZER = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
    "pre_tokenizer": None, "post_processor": None, "decoder": None,
    "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"},
}  # fmt: skip


# ---- the cache, which is no loss


def test_an_embedding_of_another_size_is_made_again(damaged: Study, comb: Comb) -> None:
    with closing(sqlite3.connect(damaged.cache)) as database, database:
        database.execute("update embeddings set vector = x'00'")
    before = damaged.embeddings.read_bytes()
    comb("embed")
    assert damaged.embeddings.read_bytes() == before


# ---- what the system refuses


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_line(damaged: Study, comb: Comb) -> None:
    damaged.head.chmod(0o500)
    try:
        assert "may not" in says(comb, "train")
    finally:
        damaged.head.chmod(0o700)


def test_json_of_any_content_is_json_or_one_line(tmp_path: Path) -> None:
    chance = random.Random(3)
    source = json.dumps({"a": [1, {"b": "c"}], "d": None}).encode()
    for _ in range(300):
        data = bytearray(source)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / "a.json").write_bytes(data)
        with suppress(BadInputError):
            read_json(tmp_path / "a.json")
