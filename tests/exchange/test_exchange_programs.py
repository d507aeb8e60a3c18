"""Through the programs themselves, where they are installed: Taguette's own import and export, LibreOffice headless.

Taguette needs an environment of its own: ``python -m venv .venv-taguette; .venv-taguette/bin/pip install
taguette==1.5.2``, or another one whose Python the variable ``COMB_TAGUETTE`` names. LibreOffice:
``apt-get install --no-install-recommends libreoffice-writer libreoffice-calc``.
"""

import os
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from comb.codings.known import Known
from comb.codings.reader import read_codings_table
from comb.exchange.from_study import gather_project
from comb.exchange.project import Project, Setting
from comb.exchange.tables.spreadsheet import write_xlsx
from comb.exchange.taguette import read_taguette
from comb.exchange.taguette_writer import write_tags, write_taguette
from comb.exchange.word.comments_reader import read_docx
from comb.exchange.word.writer import write_docx
from comb.study.layout import Study
from tests.cli.test_study_cli import contents
from tests.conftest import ROOT, Comb
from tests.exchange.test_exchange_roundtrip import CODINGS, TEXT, codings_of, said

TAGUETTE = os.environ.get("COMB_TAGUETTE", str(ROOT / ".venv-taguette" / "bin" / "python"))
SOFFICE = shutil.which("soffice")
needs_taguette = pytest.mark.skipif(not Path(TAGUETTE).exists(), reason="Taguette is not installed in .venv-taguette")
needs_soffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed (apt: libreoffice-writer)")

# What Taguette does when a project is imported and exported again: its own functions, without the pages around them.
THROUGH = """
import sys
from taguette import database
from taguette.import_codebook import list_tags
given, back, codebook = sys.argv[1:]
source = database.connect("sqlite:///" + given, external=True)()
home = database.connect("sqlite:///" + back + ".server")()
home.add(database.User(login="admin")); home.commit()
new = database.copy_project(source, home, 1, "admin")
home.add(database.Command.project_import("admin", new)); home.commit()
out = database.connect("sqlite:///" + back)()
out.add(database.User(login="admin")); out.commit()
database.copy_project(home, out, new, "admin"); out.commit(); out.close()
with open(codebook, "rb") as file:
    print(len(list_tags(file)))
"""


def through_taguette(project: Project, folder: Path) -> tuple[Path, int]:
    """Import a project and a codebook into Taguette; return the project that it exports, and how many tags it read."""
    write_taguette(project, folder / "out.sqlite3")
    write_tags(project, folder / "tags.csv")
    (folder / "through.py").write_text(THROUGH, encoding="utf-8")
    names = [folder / "through.py", folder / "out.sqlite3", folder / "back.sqlite3", folder / "tags.csv"]
    done = subprocess.run([TAGUETTE, *names], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "back.sqlite3", int(done.stdout.strip().splitlines()[-1])


def in_lines(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())


@needs_taguette
def test_the_example_study_through_taguette(tmp_path: Path) -> None:
    """All but memos, suggestions and blank lines comes back."""
    example = gather_project(Study(ROOT), suggestions=False)
    back, tags = through_taguette(example, tmp_path)
    found = read_taguette(back, Setting(Study(ROOT).roles))
    assert example.codebook is not None
    assert tags == len(example.codebook.codes)
    assert {name: in_lines(t.text) for name, t in found.transcripts.items()} == {
        name: in_lines(t.text) for name, t in example.transcripts.items()
    }

    def words(project: Project) -> set[tuple[str, ...]]:
        return {(c.transcript, "".join(c.quote.split()), c.code, c.valence, c.coder) for c in project.codings if c.code}

    assert words(found) == words(example)
    assert found.codebook is not None
    assert {c.id: (c.path, c.name) for c in found.codebook} == {c.id: (c.path, c.name) for c in example.codebook}
    assert {c.id: (c.definition, c.include) for c in found.codebook} == {
        c.id: (c.definition, c.include) for c in example.codebook
    }


@needs_taguette
def test_through_taguette_into_the_study_it_came_from(comb: Comb, study: Study, tmp_path: Path) -> None:
    text = "\n" + TEXT.replace("\nP1", "\n\nP1 ", 1)
    (study.raw / "P1.txt").write_text(text, encoding="utf-8")
    (study.codings / "both.csv").write_text(CODINGS, encoding="utf-8")
    back, _ = through_taguette(gather_project(study), tmp_path)
    before = contents(study.root)
    out = comb("import", back)
    assert "4 codings are in the study already" in out
    assert contents(study.root) == before


def resaved(path: Path, kind: str, folder: Path) -> Path:
    """Open a file in LibreOffice and save it again in the same format."""
    assert SOFFICE is not None
    home = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [SOFFICE, home, "--headless", "--convert-to", kind, "--outdir", str(folder / "saved"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / "saved" / path.name


@needs_soffice
def test_word_documents_that_libreoffice_saved_again(comb: Comb, study: Study, tmp_path: Path) -> None:
    (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
    (study.codings / "both.csv").write_text(CODINGS, encoding="utf-8")
    own = gather_project(study)
    write_docx(own.only("P1"), tmp_path / "P1.docx")
    back = resaved(tmp_path / "P1.docx", "docx", tmp_path)
    setting = Setting(study.roles, study.codebook, lambda: own.transcripts)
    assert said(read_docx(back, setting).codings) == said(codings_of(study))
    before = contents(study.root)
    assert "4 codings are in the study already" in comb("import", back)
    assert contents(study.root) == before


@needs_soffice
def test_workbooks_that_libreoffice_saved_again(comb: Comb, study: Study, tmp_path: Path) -> None:
    (study.raw / "P1.txt").write_text(TEXT, encoding="utf-8")
    (study.codings / "both.csv").write_text(CODINGS, encoding="utf-8")
    own = gather_project(study)
    write_xlsx(own, tmp_path / "quotes.xlsx")
    back = resaved(tmp_path / "quotes.xlsx", "xlsx", tmp_path)
    read = read_codings_table(back, Known(own.transcripts, study.codebook))
    assert said([row.coding for row in read.rows]) == said(codings_of(study))
    sheet = openpyxl.load_workbook(back)["quotes"]
    assert sheet.auto_filter.ref
    before = contents(study.root)
    assert "4 codings are in the study already" in comb("import", back)
    assert contents(study.root) == before
