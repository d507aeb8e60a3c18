"""Rewrite ids, spans, cells and codings when the texts of a study are replaced."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from comb.privacy.offset_map import OffsetMap
from comb.records import Coding, Transcript

_SLUG = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class Rewriting:
    """The replacement of texts, transcript by transcript, and of words everywhere else."""

    transcripts: Mapping[str, Transcript]
    """The original transcripts, by their old ids."""
    maps: Mapping[str, OffsetMap]
    ids: Mapping[str, str]
    """The new id of each transcript."""
    speakers: Mapping[str, dict[str, str]]
    """The new name of each speaker, by old id."""
    words: Callable[[str, str], str]
    """Replaces words in any other text; its second argument is the old id of the transcript to which the text
    belongs."""

    @cached_property
    def new(self) -> dict[str, Transcript]:
        """The new transcripts, by their old ids."""
        return {
            name: self.maps[name].transcript(one, self.ids[name], self.speakers[name])
            for name, one in self.transcripts.items()
        }

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {name.casefold(): name for name in self.ids}

    @cached_property
    def _passage(self) -> re.Pattern[str]:
        names = "|".join(re.escape(name) for name in sorted(self.ids, key=len, reverse=True)) or r"(?!)"
        return re.compile(rf"(?<!\w)(?P<id>{names}):(?P<start>\d+)-(?P<end>\d+)")

    def find(self, cell: str) -> str:
        """Return the old id that a cell names; empty if it names none."""
        return self._folded.get(cell.strip().casefold(), "")

    def cell(self, cell: str, transcript: str) -> str:
        """Return the new content of a cell: an id, passages (``id:start-end``), or words."""
        if name := self.find(cell):
            return self.ids[name]
        parts, at = [], 0
        for match in self._passage.finditer(cell):
            start, end = self.maps[match["id"]].span(int(match["start"]), int(match["end"]))
            parts += [self.words(cell[at : match.start()], transcript), f"{self.ids[match['id']]}:{start}-{end}"]
            at = match.end()
        return "".join([*parts, self.words(cell[at:], transcript)])

    def coding(self, coding: Coding) -> Coding:
        """Return a coding on the same words of the new text, with its new quote and memo."""
        start, end = self.maps[coding.transcript].span(coding.start, coding.end)
        quote = self.new[coding.transcript].text[start:end]
        memo = self.cell(coding.memo, coding.transcript) if coding.memo else ""
        return replace(coding, transcript=self.ids[coding.transcript], start=start, end=end, quote=quote, memo=memo)

    def rows(self, rows: list[list[str]]) -> list[list[str]]:
        """Return the rows of a table, header first, with offsets beside an id moved and every other cell replaced."""
        header = [cell.strip().casefold() for cell in rows[0]] if rows else []
        return [list(row) if number == 0 else self._row(header, row) for number, row in enumerate(rows)]

    def _row(self, header: list[str], row: list[str]) -> list[str]:
        named = dict(zip(header, row, strict=False))
        name = self.find(named.get("transcript", ""))
        made = {column: self._in_table(column, cell, name) for column, cell in named.items()}
        start, end = named.get("start", ""), named.get("end", "")
        if name and start.isdecimal() and end.isdecimal():
            places = self.maps[name].span(int(start), int(end))
            made |= {"start": str(places[0]), "end": str(places[1])}
        return [made[column] for column in header[: len(row)]]

    def _in_table(self, column: str, cell: str, name: str) -> str:
        if column == "speaker" and name and cell in self.speakers[name]:
            return self.speakers[name][cell]
        return self.cell(cell, name) if cell.strip() else cell


def new_ids(ids: Mapping[str, str]) -> dict[str, str]:
    """Return proposed ids as file names that differ even if upper and lower case are not distinguished.

    >>> new_ids({"a": "Alex [place 1]-2", "b": "alex-place-1-2", "c": "P03"})
    {'a': 'Alex-place-1-2', 'b': 'alex-place-1-2-2', 'c': 'P03'}
    """
    made: dict[str, str] = {}
    taken: set[str] = set()
    for name, wanted in sorted(ids.items()):
        base = wanted if wanted == name else _SLUG.sub("-", wanted).strip("-") or "transcript"
        number, unique = 1, base
        while unique.casefold() in taken:
            number += 1
            unique = f"{base}-{number}"
        taken.add(unique.casefold())
        made[name] = unique
    return made
