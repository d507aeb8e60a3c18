"""The command lines in the tutorial and the how-to guides run, in their order, and write what the reference says.

Each page gets a study of its own, made with the fake encoder. ``SKIPPED`` names what cannot run here, and why.
"""

import contextlib
import csv
import io
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from comb.cli import run
from comb.study.layout import Study
from tests import whole_study
from tests.conftest import FakeEncoder
from tests.docs.test_docs import BLOCK, DOCS, OUTPUTS, text

PAGES = [page for page in DOCS if page.split("/")[1] in ("tutorial", "how-to")]
SKIPPED = {
    "comb review": "opens a browser",
    "comb review --coder Ann": "opens a browser",
    "comb review --team --url https://comb.example.org --port 8080": "is a server",
    "comb review add-coder Ann --role lead": "asks for a password",
    "comb review add-coder Ben": "asks for a password",
    "comb doctor": "tests/privacy runs it",
    "comb doctor --privacy --html privacy.html": "tests/privacy runs it; it takes a minute",
    "comb llm check": "needs a language model",
    "comb llm code": "needs a language model",
    "comb llm suggest": "needs a language model",
    "comb llm readings": "needs a language model",
    "comb agree --new": "needs what a language model coded",
    "comb suggest data/example/new/insulin-01.txt --out data/processed/demo --format csv,xlsx": "is run by make demo",
}
"""Command lines that are only parsed, with the reason."""
QUICKER = {"comb simulate --runs 8": "comb simulate --runs 1 --strategy margin"}
"""Command lines that run with less work."""
PARAMS = {
    "train": {"level": "component", "min_examples": 5, "inner_folds": 2},
    "evaluate": {"folds": 3, "bootstrap": 100},
    "agreement": {"bootstrap": 100},
    "synthesis": {"coders": ["Ann"]},
}
QUOTE = whole_study.SAID["knowledge"].format("3 1")
CAPTION = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v Ann>How are you?\n\n00:00:03.000 --> 00:00:04.000\n<v Bo>Well.\n"
WHISPER = '{"segments": [{"start": 0, "end": 1, "text": "How are you?", "speaker": "SPEAKER_00"}]}'


def lines(page: str) -> list[str]:
    """Return the command lines of ``comb`` and ``dvc repro`` in a page's blocks, in their order."""
    shown = [part.strip() for block in BLOCK.findall(text(page)) for part in re.split(r"\n|&&", block)]
    return [line for line in shown if re.match(r"comb |dvc repro$", line)]


class Runs:
    """Runs the lines of pages, each page once in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.done = folder, {}
        self.study = _coded(folder / "base")

    def page(self, page: str) -> Path:
        """Run a page's lines; return the folder in which they ran."""
        if page not in self.done:
            place = self.folder / Path(page).stem / "study"
            shutil.copytree(self.study.root, place)
            self.done[page] = place
            _inputs(Study(place))
            where = place.parent if page.startswith("docs/tutorial") else place
            for line in lines(page):
                BEFORE.get(line, _nothing)(place)
                where = self._line(line, where)
        return self.done[page]

    def _line(self, line: str, where: Path) -> Path:
        if line in SKIPPED or "--engine ray" in line:  # tests/scale runs Ray, on an encoder that its workers can load
            return where
        if line == "dvc repro":
            run_all(where)
        elif line.startswith("comb init"):
            comb(line, where)
            where = where / shlex.split(line)[2]
            _own_files(where)
        else:
            comb(QUICKER.get(line, line), where)
        return where


def comb(line: str, where: Path) -> None:
    """Run a command line in a folder; fail with what it printed if it does."""
    printed = io.StringIO()
    with contextlib.chdir(where), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        ended = run(shlex.split(line)[1:])
    assert ended == 0, f"{line}\n{printed.getvalue()}"


def run_all(where: Path) -> None:
    """Run the commands of ``dvc.yaml``, but for those that need an encoder or a language model."""
    stages = yaml.safe_load((where / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for name, stage in stages.items():
        if name not in ("encoder", "tune", "llm"):
            comb(stage["cmd"].replace("\n", " "), where)


def _coded(root: Path) -> Study:
    """Make a study whose transcripts are P01, P02, …, coded by Ann and Ben, and run all stages in it."""
    root.parent.mkdir(parents=True, exist_ok=True)
    comb(f"comb init {root.name}", root.parent)
    study = Study(root)
    whole_study.fill(study, 4)
    _fake_encoder(study)
    for path in [*study.raw.glob("talk *.txt")]:
        path.rename(path.with_name(f"P{int(path.stem.removeprefix('talk ')):02}.txt"))
    for old, name in (("A", "Ann"), ("B", "Ben")):
        path = study.codings / f"{old}.csv"
        rows = re.sub(r"talk (\d)", r"P0\1", path.read_text(encoding="utf-8")).replace(f",{old}\n", f",{name}\n")
        path.with_name(f"{name}.csv").write_text(rows.replace(f",{old}\r\n", f",{name}\r\n"), encoding="utf-8")
        path.unlink()
    run_all(root)
    return study


def _fake_encoder(study: Study) -> None:
    (study.root / "configs" / "params.yaml").write_text(yaml.safe_dump(PARAMS), encoding="utf-8")
    study.encoder.mkdir(parents=True, exist_ok=True)
    facts = f'{{"id": "fake", "dimension": {FakeEncoder.dimension}, "max_tokens": 99}}'
    (study.encoder / "encoder.json").write_text(facts, encoding="utf-8")


def _inputs(study: Study) -> None:
    """Put the files that pages name beside the study's own."""
    root = study.root
    comb("comb export --format qdpx --out team.qdpx", root)
    _table(root / "quotes.csv", [["What they said", "Theme"], [QUOTE, "knowledge"]])
    _workbook(root / "all-quotes.xlsx", [["transcript", "quote", "code", "coder"], ["P03", QUOTE, "knowledge", "Cy"]])
    _workbook(root / "coded.xlsx", [["interview", "who", "words", "code"], ["T1", "client", "I know.", "knowledge"]])
    _word(root / "interview.docx", 8)
    (root / "interview-01.vtt").write_text(CAPTION, encoding="utf-8")
    (root / "interview-02.json").write_text(WHISPER, encoding="utf-8")


def _own_files(root: Path) -> None:
    """Put a researcher's Word files, table of codings, and a transcript nobody has coded, beside a new study."""
    beside = root.parent
    rows = [["transcript", "quote", "code", "valence", "coder"]]
    for number in range(1, 5):
        _word(beside / f"P{number:02}.docx", number)
        rows += [[f"P{number:02}", row[3], row[4], row[5], "Ann"] for row in whole_study.interview(number)[1]]
    _workbook(beside / "codings.xlsx", rows)
    for number, name in enumerate(("P05", "P06", "interview"), 5):
        _word(beside / f"{name}.docx", number)
    _fake_encoder(Study(root))


def _nothing(root: Path) -> None:
    """Do nothing before a line."""


def _audited(root: Path) -> None:
    comb("comb audit --size 5", root)
    form = (root / "data/processed/audit-form.csv").read_text(encoding="utf-8")
    (root / "copy.csv").write_text(re.sub(r",,,(?=\r?\n)", ",,,Ann", form), encoding="utf-8")


def _decided(root: Path) -> None:
    comb("comb pseudonymise --decide replace", root)


def _unlike_names(root: Path) -> None:
    (root / "data/raw/hand-01.txt").write_text("Jo: How was it?\n\nDenise: It was fine.\n", encoding="utf-8")


def _roles_of_people(root: Path) -> None:
    rows = [["participant", "transcript", "role"], *([f"p{n}", f"P{n:02}", "nurse"] for n in range(4))]
    _table(root / "data/participants.csv", rows)


def _blind(root: Path) -> None:
    for path in (root / "data/codings").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        _table(path, [[*header, "blind"], *([*row, "yes"] for row in rows)])


def _consensus(root: Path) -> None:
    rows = (root / "data/codings/Ann.csv").read_text(encoding="utf-8")
    (root / "data/codings/consensus.csv").write_text(rows.replace(",Ann", ",consensus"), encoding="utf-8")


def _no_consensus(root: Path) -> None:
    (root / "data/codings/consensus.csv").unlink()


BEFORE: dict[str, Callable[[Path], None]] = {
    "comb audit --estimate copy.csv": _audited,
    "comb pseudonymise --apply ../my-study-pseudonymised": _decided,
    'comb speakers "hand-01" --role "Denise=participant" --role "Jo=interviewer"': _unlike_names,
    "comb summary --by role": _roles_of_people,
    "comb agree --blind-only": _blind,
    "comb agree --reference consensus": _consensus,
    "comb agree --disagreements list.csv": _no_consensus,
}
"""What the text of a page asks a person to do, or to have, before a line."""


def _word(path: Path, number: int) -> None:
    from docx import Document

    document = Document()
    for paragraph in whole_study.interview(number)[0].split("\n\n"):
        document.add_paragraph(paragraph)
    document.save(str(path))


def _table(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def _workbook(path: Path, rows: list[list[str]]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("comb.encoder.embed.OnnxEncoder", lambda *_: FakeEncoder())
        patch.setattr("comb.active_learning.simulation.FIRST", 12)
        patch.setenv("COMB_TRACEBACK", "1")
        yield Runs(tmp_path_factory.mktemp("docs"))


@pytest.mark.parametrize("page", [page for page in PAGES if lines(page)])
def test_lines_of_a_page_run(page: str, runs: Runs) -> None:
    runs.page(page)


def test_every_skipped_line_is_shown() -> None:
    assert SKIPPED.keys() - {line for page in PAGES for line in lines(page)} == set()


def written(runs: Runs) -> set[str]:
    """Return the outputs that all pages' lines have left, by their places in the study."""
    roots = [runs.page(page) for page in PAGES if lines(page)]
    files = {
        path.relative_to(root).as_posix()
        for root in roots
        for place in ("data/interim", "data/processed", "models")
        for path in (root / place).rglob("*")
        if path.is_file()
    }
    return {re.sub(r"/(P\d\d|new one|hand-01|interview)\.", "/<transcript>.", name) for name in files}


FILES = sorted(set(re.findall(r"`((?:data|models)/[\w./<>-]*\w)`", OUTPUTS.partition("\nTwo hidden")[0])))
NOT_MADE_HERE = {
    "data/processed/llm": "needs a language model",
    "data/processed/privacy.html": "tests/privacy makes it",
    "data/processed/demo/insulin-01.csv": "make demo makes it",
    "data/processed/demo/insulin-01.xlsx": "make demo makes it",
    "models/tuned": "needs torch and an encoder",
    "models/encoder/model.onnx": "needs an encoder",
    "models/encoder/tokenizer.json": "needs an encoder",
    "data/new": "is the researcher's",
    "data/reference": "is the researcher's",
}


def test_documented_outputs_are_written(runs: Runs) -> None:
    made = written(runs)
    missing = [name for name in FILES if not any(one == name or one.startswith(f"{name}/") for one in made)]
    assert set(missing) - NOT_MADE_HERE.keys() == set()
    assert NOT_MADE_HERE.keys() - set(FILES) == set()


def test_outputs_that_are_written_are_documented(runs: Runs) -> None:
    rows = OUTPUTS + text("docs/reference/llm.md")
    names = {name for name in written(runs) if not _named(name, rows)}
    assert names == set()


def _named(path: str, rows: str) -> bool:
    """Say whether a file is named, or its folder is, in backquotes; a bare name counts beside its folder's."""
    folders = [f"`{parent}`" for parent in Path(path).parents if parent.as_posix() not in SHARED_FOLDERS]
    return f"`{path}`" in rows or f"`{Path(path).name}`" in rows or any(one in rows for one in folders)


SHARED_FOLDERS = (".", "data", "models", "data/interim", "data/processed", "models/head", "models/encoder")
