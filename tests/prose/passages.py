"""The passages that people read: prose of Markdown, docstrings, comments and messages, pages and scripts."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

PACKAGE = ROOT / "pipeline" / "comb"
CODE = re.compile(r"^```.*?^```|`[^`\n]*`|\]\([^)]*\)", re.MULTILINE | re.DOTALL)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Passage(NamedTuple):
    """A passage with its place; ``kind`` is ``prose``, ``docstring``, ``comment``, ``message`` or ``page``."""

    file: str
    line: int
    kind: str
    text: str


def files() -> Iterator[Path]:
    """Yield every file of the documentation and of the package that has passages."""
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))
    yield from (path for path in sorted((ROOT / "docs").rglob("*.md")) if "generated" not in path.parts)
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix == ".py" or (path.suffix in (".html", ".js") and path.is_relative_to(PACKAGE / "review")):
            yield path


def passages() -> Iterator[Passage]:
    """Yield every passage of the documentation and of the package."""
    for path in files():
        yield from {".md": markdown, ".py": python}.get(path.suffix, page)(path)


def room(path: Path) -> str:
    """Return the room of the package, the folder of the documentation, or the file that passages belong to."""
    parts = path.relative_to(ROOT).parts
    if parts[0] == "pipeline":
        return parts[2].removesuffix(".py")
    return "/".join(parts[:2]) if parts[0] == "docs" else parts[0]


def markdown(path: Path) -> Iterator[Passage]:
    """Yield the paragraphs of a Markdown file without code and the targets of links; of the news, the unreleased."""
    text = path.read_text(encoding="utf-8")
    if path.name == "CHANGELOG.md":
        text = re.split(r"^## \[\d", text, maxsplit=1, flags=re.MULTILINE)[0]
    text = CODE.sub(lambda code: "\n" * code[0].count("\n") or "`", text)
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", text):
        if paragraph.strip():
            yield Passage(_name(path), line, "prose", _flat(paragraph))
        line += paragraph.count("\n")


def python(path: Path) -> Iterator[Passage]:
    """Yield the docstrings, comments and messages (other strings of three words or more) of a module."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    documented = _docstrings(tree)
    for node in documented:
        yield Passage(_name(path), node.lineno, "docstring", _flat(node.value))
    for node in _strings(tree):
        if node not in documented and len(node.value.split()) > 2:
            yield Passage(_name(path), node.lineno, "message", _flat(node.value))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Passage(_name(path), token.start[0], "comment", token.string.lstrip("# "))


def _docstrings(tree: ast.Module) -> list[ast.Constant]:
    """Return the docstrings, those below fields and constants included."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, DOCUMENTED)]
    statements = [one for body in bodies for one in body if isinstance(one, ast.Expr)]
    return [one.value for one in statements if isinstance(one.value, ast.Constant) and isinstance(one.value.value, str)]


def _strings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


def page(path: Path) -> Iterator[Passage]:
    """Yield the lines of a template or a script of the workspace."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            yield Passage(_name(path), number, "page", line.strip())


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _flat(text: str) -> str:
    return " ".join(re.sub(r"``[^`]*``", "`", text).split())
