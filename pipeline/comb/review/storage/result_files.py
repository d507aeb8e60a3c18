"""Tables and search results as files to save: CSV, Excel, Word."""

import base64
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from comb.exchange.tables.spreadsheet_cells import Table, write_csv, write_workbook

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "svg": "image/svg+xml",
}
WORDS = ("transcript", "speaker", "role", "start", "before", "found", "after")
CODED = ("start", "end", "code", "valence", "coder", "memo", "score", "decision")


def attachment(name: str, data: bytes) -> dict[str, str]:
    """Return a file for the page, which saves the bytes under the name."""
    kind = TYPES[name.rpartition(".")[2]]
    return {"name": name, "type": kind, "data": base64.b64encode(data).decode()}


def table_file(stem: str, kind: str, table: Table) -> dict[str, str]:
    """Return a table as a CSV file or an Excel workbook; no cell is a formula."""
    with TemporaryDirectory(prefix="comb-") as folder:
        path = Path(folder) / f"{stem}.{kind}"
        if kind == "csv":
            write_csv(path, table)
        else:
            write_workbook(path, {stem: table})
        return attachment(path.name, path.read_bytes())


def places_table(places: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """Return a row for each place; ``names`` are those of codes."""
    coded = any("code" in place for place in places)
    header = [*WORDS[:3], *(CODED if coded else WORDS[3:4]), *(["code name"] if coded else []), *WORDS[4:]]
    rows: list[list[object]] = []
    for place in places:
        before, found, after = parts(place["pieces"])
        own = {**place, "code name": names.get(place.get("code", ""), ""), "start": place.get("start", place["at"])}
        own |= {"before": before, "found": found, "after": after}
        rows.append(["" if own.get(name) is None else own.get(name, "") for name in header])
    return header, rows


def parts(pieces: Sequence[tuple[str, str]]) -> tuple[str, str, str]:
    """Return the text before the found words, the sentences with them, and the text after."""
    kinds = [kind in ("hit", "mark") for _, kind in pieces]
    first = kinds.index(True) if True in kinds else 0
    last = len(kinds) - kinds[::-1].index(True) if True in kinds else len(kinds)
    stretches = (pieces[:first], pieces[first:last], pieces[last:])
    before, found, after = (" ".join("".join(text for text, _ in part).split()) for part in stretches)
    return before, found, after


def places_document(title: str, places: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> bytes:
    """Return a Word document of the places, grouped under the transcripts' names."""
    from comb.report.document import Block, Heading, Paragraph
    from comb.report.word_report import word_report

    blocks: list[Block] = []
    for transcript, group in groupby(places, key=lambda place: place["transcript"]):
        blocks.append(Heading(str(transcript)))
        for place in group:
            before, found, after = parts(place["pieces"])
            around = f"{before} “{found}” {after}".strip()
            blocks += [Paragraph(f"{place['speaker']}: {around}" if place["speaker"] else around)]
            if "code" in place:
                blocks.append(Paragraph(_said_of(place, names), "note"))
    return word_report(title, blocks, {})


def _said_of(place: Mapping[str, Any], names: Mapping[str, str]) -> str:
    told = [
        names.get(place["code"], place["code"]),
        place["valence"],
        f"coded by {place['coder']}" if place["decision"] not in ("open", "rejected") else place["decision"],
        f"score {place['score']:.2f}" if place["score"] is not None else "",
        f"memo: {place['memo']}" if place["memo"] else "",
    ]
    return " · ".join(part for part in told if part)
