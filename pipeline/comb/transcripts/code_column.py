"""A column of codes beside the words, in a document's table: codings, never speech."""

import re
from collections.abc import Sequence

from comb.transcripts.columns import find_layout
from comb.transcripts.table import CODE_NAMES, column_key
from comb.transcripts.timestamps import is_stamp

MAX_WORDS = 5
MAX_CHARS = 60
"""Most words and characters of a code; sentences are longer, or end like sentences."""
HEADERS = (
    *CODE_NAMES,
    *("coding", "codings", "code/theme", "codes/themes", "domain", "tdf domain", "com b", "subtheme", "construct"),
)
"""Names of a column of codes."""
SEPARATORS = re.compile(r"[;|\n,]")
_LABEL = re.compile(r"\s*(?:[\[(]?\d[\d:.]*[\])]?\s+)?[^\W\d_][\w .'’()-]{0,30}\s*[:：]\s*\S")


def find_code_column(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the place of the column of codes in a table; None if it has none.

    Either its name says so, in the first row, or all its cells read like codes while the words with their speakers
    stand in other columns: in cells that begin with labels, or in columns of speaker and text.
    """
    width = min((len(row) for row in rows), default=0)
    if width < 2 or len(rows) < 2:
        return None
    named = (at for at in range(width) if column_key(rows[0][at]) in HEADERS)
    if (column := next(named, None)) is not None:
        return column
    columns = [[row[at].strip() for row in rows] for at in range(width)]
    codes = [at for at in range(width) if _reads_like_codes(columns[at])]
    labelled = [at for at in range(width) if at not in codes and _has_labels(columns[at])]
    if labelled and len(codes) == 1:
        return codes[0]
    return _beside_speakers(rows, codes) if width == 3 else None


def _beside_speakers(rows: Sequence[Sequence[str]], codes: Sequence[int]) -> int | None:
    """Return the column that is neither speaker, nor text, nor time, if it reads like codes."""
    layout = find_layout(rows)
    if layout is None or layout.speaker is None:
        return None
    rest = [at for at in range(3) if at not in (layout.text, layout.speaker, layout.time)]
    return rest[0] if len(rest) == 1 and rest[0] in codes else None


def _has_labels(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    labels = sum(bool(_LABEL.match(cell)) for cell in filled)
    return labels >= 2 and labels >= 0.5 * len(filled)


def _reads_like_codes(cells: Sequence[str]) -> bool:
    parts = [part.strip() for cell in cells for part in SEPARATORS.split(cell) if part.strip()]
    return bool(parts) and all(_reads_like_code(part) for part in parts)


def _reads_like_code(part: str) -> bool:
    short = len(part.split()) <= MAX_WORDS and len(part) <= MAX_CHARS
    return short and part[-1] not in ".?!…:" and not is_stamp(part) and any(char.isalpha() for char in part)
