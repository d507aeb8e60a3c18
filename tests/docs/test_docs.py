"""README, the documentation, CHANGELOG and CITATION say what the program does."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import comb
from comb.cli import all_commands
from comb.study.suggestion_files import SUGGESTION_COLUMNS
from comb.transcripts.reader import SUFFIXES
from tests.conftest import ROOT, Comb

DOCS = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md") if "generated" not in path.parts
)
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", *DOCS)
COMB: Any = all_commands()
USAGE = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "UsageError")
BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """List the commands of ``comb``, each as the words that call it."""
    below = {name: one for name, one in getattr(command, "commands", {}).items() if not one.hidden}
    for name in below:
        yield from leaves(below[name], (*path, name))
    if not below:
        yield path


def shown(page: str) -> list[str]:
    """List the command lines that a page shows, in blocks and in running text."""
    blocks = BLOCK.findall(text(page))
    lines = [line.strip() for block in blocks for part in block.splitlines() for line in part.split("&&")]
    lines += INLINE.findall(BLOCK.sub("", text(page)))
    return [line for line in lines if re.match(r"(comb|dvc) ", line)]


OUTPUTS = text("docs/reference/outputs.md")
COMMANDS = sorted({(page, line) for page in PAGES for line in shown(page)})


def check_comb(words: list[str]) -> None:
    """Parse a command line of ``comb`` without running it; a mere command, or its help, is fine."""
    command = COMB
    while words and not words[0].startswith("-") and hasattr(command, "commands"):
        fallback = command.commands.get("files")
        command = command.commands.get(words[0], fallback)
        assert command is not None, f"no such command: {words[0]}"
        if command is not fallback:
            words = words[1:]
    if words and words not in (["--help"], ["--version"]):
        command.make_context("comb", list(words))


def check_dvc(words: list[str]) -> None:
    from dvc.cli import parse_args

    parse_args(words)


def test_pages_show_commands_of_both_programs() -> None:
    assert {line.split()[0] for page, line in COMMANDS if page == "README.md"} == {"comb", "dvc"}


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_shown_commands_parse(page: str, line: str) -> None:
    program, *words = shlex.split(line)
    (check_comb if program == "comb" else check_dvc)(words)


@pytest.mark.parametrize("line", ["frobnicate", "suggest x --colour", "import table x.csv --colour", "segment extra"])
def test_the_check_of_commands_bites(line: str) -> None:
    with pytest.raises((AssertionError, USAGE)):
        check_comb(line.split())


def outputs(pipeline_file: Path) -> set[str]:
    """List what the stages of a ``dvc.yaml`` make."""
    made = set()
    for stage in yaml.safe_load(pipeline_file.read_text(encoding="utf-8"))["stages"].values():
        for kind in ("outs", "metrics", "plots"):
            made |= {entry if isinstance(entry, str) else next(iter(entry)) for entry in stage.get(kind, ())}
    return made


BY_COMMAND = {f"data/processed/{name}" for name in ("next.csv", "next-transcripts.csv", "simulate.json")}
BY_COMMAND |= {f"data/processed/{name}" for name in ("curve.json", "curve.csv", "plots/curve.svg")}
BY_COMMAND |= {f"data/processed/{name}" for name in ("audit.csv", "audit-form.csv", "audit.json")} | {"models/card.md"}
BY_COMMAND |= {"data/processed/privacy.html"}
PATHS = sorted(set(re.findall(r"(?<![\w/.])(?:data|models)/[\w./<>-]*\w", OUTPUTS + text("README.md"))))


def test_pages_name_files() -> None:
    assert len(PATHS) > 20


@pytest.mark.parametrize("path", PATHS)
def test_named_files_are_made_or_given(path: str, comb: Comb) -> None:
    if path.startswith("data/example"):
        assert (ROOT / path).exists()
        return
    made = outputs(ROOT / "dvc.yaml")
    inside = [Path(path), *Path(path).parents]
    if path in BY_COMMAND:  # no stage makes it, a command of its own does
        check_name_in_program(Path(path).name.replace("curve.csv", "curve.json"))
        return
    if any(place.as_posix() in made for place in inside):
        if path not in made and "<" not in path:
            check_name_in_program(Path(path).name)
        return
    if any(place.startswith(f"{path}/") for place in made):
        return
    comb("init", "s")
    folders = {folder.relative_to(comb.folder / "s") for folder in (comb.folder / "s" / "data").iterdir()}
    if folders & set(inside):
        if Path(path) not in folders:
            check_name_in_program(Path(path).name)
        return
    assert str(Path(path).parent) in text("Makefile"), f"nothing makes {path}"


def check_name_in_program(name: str) -> None:
    """Look for a file's name, as a string, in the program: it is written, or read, under this name."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipeline" / "comb").rglob("*.py"))
    assert f'"{name}"' in sources, f"the program knows no file {name}"


def test_every_output_is_explained() -> None:
    missing = [out for out in outputs(ROOT / "dvc.yaml") if f"`{out}" not in OUTPUTS]
    assert missing == []


def test_formats_and_columns_are_explained() -> None:
    assert [suffix for suffix in SUFFIXES if f"`{suffix}`" not in text("docs/reference/formats.md")] == []
    section = OUTPUTS.partition("## Columns of the suggestions")[2].partition("\n## ")[0]
    assert [name for name in SUGGESTION_COLUMNS if f"`{name}`" not in section] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files_exist(page: str) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(text(page)) if "://" not in link]
    assert [link for link in links if link and not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_pictures_have_words_and_are_small(page: str) -> None:
    for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text(page)):
        assert len(words) > 40, path
        assert ((ROOT / page).parent / path).stat().st_size < 200_000, path


def test_the_terminal_shows_the_figures_that_its_words_promise() -> None:
    page = "docs/tutorial/example-study.md"
    ((words, path),) = re.findall(r"!\[(Terminal[^\]]*)\]\(([^)]+svg)\)", text(page))
    drawn = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text(Path(page).parent / path), flags=re.DOTALL)
    figures = re.findall(r"\d+%?", words)
    assert figures[1:]
    assert set(figures) - set(re.findall(r"\d+%?", drawn)) == set()


def test_every_picture_is_shown() -> None:
    shown_ones = {Path(path).name for page in PAGES for path in re.findall(r"\]\(([^)]+images/[^)]+)\)", text(page))}
    pictures = {path.name for path in (ROOT / "docs" / "images").iterdir() if path.suffix in (".png", ".svg")}
    assert pictures - shown_ones == set()


def test_readme_is_short() -> None:
    assert len(text("README.md").encode()) <= 10_000


def test_version_is_one() -> None:
    versions = re.findall(r"^## \[(\d[^\]]*)\]", text("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == comb.__version__
    assert yaml.safe_load(text("CITATION.cff"))["version"] == comb.__version__


def test_citation_has_what_the_format_requires() -> None:
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["message"]
    assert citation["title"]
    assert citation["authors"] == [{"name": "The comb authors"}]
