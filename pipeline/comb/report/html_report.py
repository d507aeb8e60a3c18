"""The report as one self-contained HTML file, in which every number opens to its passages."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from comb.report.document import Block, Heading, Paragraph, PictureBlock, TableBlock
from comb.report.page import part, render
from comb.synthesis.findings import Findings


def html_report(title: str, blocks: Iterable[Block], pictures: Mapping[str, bytes], found: Findings) -> str:
    """Return the page; ``pictures`` are SVG files by the picture's name."""
    styles = part("base.css") + part("study_report.css")
    parts = list(_parts(blocks, pictures))
    return render("study_report.html.j2", styles, title=title, parts=parts, passages=list(_passages(found)))


def _parts(blocks: Iterable[Block], pictures: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    from markupsafe import Markup

    numbers = {"table": 0, "picture": 0}
    for block in blocks:
        match block:
            case Heading(text, level):
                anchor = re.sub(r"\W+", "-", text.casefold()).strip("-")
                yield {"kind": "heading", "text": text, "level": level, "anchor": anchor}
            case Paragraph(text, kind):
                yield {"kind": kind, "text": text}
            case TableBlock(table):
                numbers["table"] += 1
                evidence = any(line.passages for line in table.lines)
                yield {"kind": "table", "table": table, "number": numbers["table"], "evidence": evidence}
            case PictureBlock(picture):
                numbers["picture"] += 1
                svg = Markup(inlined(pictures[picture.name]))  # noqa: S704  (drawn here, texts escaped by matplotlib)
                words = {"caption": picture.caption, "alt": picture.alt}
                yield {"kind": "picture", "svg": svg, "number": numbers["picture"], **words}


def inlined(svg: bytes) -> str:
    """Return an SVG picture without the parts that are needed only in a separate file."""
    text = svg.decode("utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return text[text.index("<svg") :]


def _passages(found: Findings) -> Iterator[dict[str, str]]:
    codes: dict[str, list[str]] = {}
    for passage in found.passages:
        valence = f" ({passage.valence})" if passage.valence else ""
        codes.setdefault(passage.id, []).append(f"{found.name(passage.code)}{valence}")
    seen = {passage.id: passage for passage in found.passages}
    for name, passage in seen.items():
        who = ", ".join(passage.participants) or passage.transcript
        yield {"id": name, "who": who, "codes": "; ".join(codes[name]), "text": passage.text}
