"""Transcripts as web pages (.html), as noScribe and other programs write them: a line for each paragraph."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from comb.errors import BadInputError
from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.encoding import decode
from comb.transcripts.file_safety import refusing
from comb.transcripts.turns import parse_turns

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_SKIPPED = {"script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg", "nav"}
_BLOCKS = {*"p div li tr h1 h2 h3 h4 h5 h6 blockquote section article table ul ol dl dt dd header footer body".split()}
_PRESERVED = {"pre", "textarea"}


def read_html(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .html: the text of its paragraphs, a line each, with tabs between table cells; scripts are left out.

    Nothing is fetched. Raises BadInputError for what is not text.
    """
    from lxml import etree

    source = decode(data, where)
    with refusing("HTML", where):
        parser = etree.HTMLParser(no_network=True, encoding="utf-8", huge_tree=False)
        root = etree.fromstring(source.encode("utf-8", "replace"), parser)
        if root is None:
            raise BadInputError("contains no text", where=where, remedy="Use a transcript that contains speech.")
        lines = "".join(_text(root)).split("\n")
    text = "\n".join(filter(None, (" ".join(line.split(" ")).strip() for line in lines)))
    return text, parse_turns(text, roles, where)


def _text(element: "Element") -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in _SKIPPED:
        return
    edge = "\n" if element.tag in _BLOCKS else "\t" if element.tag in ("td", "th") else ""
    yield edge if edge == "\n" else ""
    if element.tag == "br":
        yield "\n"
    yield _squeezed(element.text)
    for child in element:
        yield from _text(child)
        yield _squeezed(child.tail)
    yield edge


def _squeezed(text: str | None) -> str:
    """Return text as a browser shows it: white space of any length is one space."""
    found = text or ""
    words = " ".join(found.split())
    if not words:
        return " " if found else ""
    return (" " if found[0].isspace() else "") + words + (" " if found[-1].isspace() else "")
