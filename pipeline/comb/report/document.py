"""A report as a list of blocks, rendered as Word and as HTML."""

from dataclasses import dataclass

from comb.report.synthesis_pictures import Picture
from comb.synthesis.results_tables import Table


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is a section."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text, a note, or a passage that people have to write."""

    text: str
    kind: str = "body"
    """``body``, ``note`` or ``todo``."""


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A numbered table with its caption above and its notes below."""

    table: Table


@dataclass(frozen=True, slots=True)
class PictureBlock:
    """A numbered picture with its caption below."""

    picture: Picture


Block = Heading | Paragraph | TableBlock | PictureBlock
