"""Tab-delimited exports with times: those of ELAN, which may have a header, a column for each tier, or neither."""

import re
from collections.abc import Callable, Sequence

from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.encoding import decode
from comb.transcripts.speech_to_text import whisper_rows
from comb.transcripts.table import read_table_transcript
from comb.transcripts.text import read_text_transcript
from comb.transcripts.timestamps import seconds
from comb.transcripts.utterances import Utterance, compose

MAX_COLUMNS = 200
MAX_NAME = 60
"""Most characters of a tier's name."""
_Reader = Callable[[bytes, str, RoleParams], tuple[str, tuple[Turn, ...]]]
_CLOCK = re.compile(r"\d{1,3}:\d{2}:\d{2}[.,:]\d{1,3}")
_SECONDS = re.compile(r"\d{1,6}\.\d{1,3}")
_MILLISECONDS = re.compile(r"\d{1,9}")
_TIME_NAME = re.compile(r"(?:begin|end|start)\s*time\b.*|duration\b.*", re.IGNORECASE)


def read_plain(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .txt: an export of ELAN, or any other text."""
    return _read(data, where, roles, read_text_transcript)


def read_tabs(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .tsv: an export of ELAN or Whisper, or any table with a header."""
    return _read(data, where, roles, read_table_transcript)


def _read(data: bytes, where: str, roles: RoleParams, otherwise: _Reader) -> tuple[str, tuple[Turn, ...]]:
    if b"\t" not in data:
        return otherwise(data, where, roles)
    text = decode(data, where)
    utterances = whisper_rows(text) or elan_rows(text)
    return compose(utterances, roles, where) if utterances else otherwise(data, where, roles)


def elan_rows(text: str) -> list[Utterance]:
    r"""Return the utterances in an export of ELAN, ordered by time; none if a text is not such an export.

    >>> elan_rows("P03\t00:00:02.500\t00:00:04.000\tWell.\n")[0].start
    2.5
    """
    rows = [line.split("\t") for line in text.split("\n") if line.strip()]
    if not rows or len({len(row) for row in rows}) != 1 or not 3 <= len(rows[0]) <= MAX_COLUMNS:
        return []
    header = [cell.strip() for cell in rows[0]] if _is_header(rows[0]) else []
    rows = rows[1:] if header else rows
    columns = list(zip(*rows, strict=True))
    clocks = [at for at, column in enumerate(columns) if all(_is_time(cell) for cell in column)]
    if not rows or len(clocks) < 2 or not _in_order(columns[clocks[0]], header):
        return []
    others = [at for at in range(len(columns)) if at not in clocks]
    found = _by_tier(rows, header, others, clocks) if header else _by_row(rows, others, clocks)
    return sorted(found, key=lambda one: one.start or 0.0)


def _is_header(row: Sequence[str]) -> bool:
    return sum(bool(_TIME_NAME.fullmatch(cell.strip())) for cell in row) >= 2


def _is_time(cell: str) -> bool:
    return any(look.fullmatch(cell.strip()) for look in (_CLOCK, _SECONDS, _MILLISECONDS))


def _in_order(begins: Sequence[str], header: Sequence[str]) -> bool:
    """Return whether the first column of times can be one: whole numbers only if there is a header, or they vary."""
    return bool(header) or len(begins) == 1 or len(set(begins)) > 1


def _time(cell: str) -> float | None:
    return int(cell) / 1000 if _MILLISECONDS.fullmatch(cell.strip()) else seconds(cell)


def _by_row(rows: Sequence[Sequence[str]], others: Sequence[int], clocks: Sequence[int]) -> list[Utterance]:
    """Read rows of tier, times and words: the words are the longest column, the tier the first of the others."""
    if not others:
        return []
    words = max(others, key=lambda at: sum(len(row[at]) for row in rows))
    names = [at for at in others if at < words and all(0 < len(row[at].strip()) <= MAX_NAME for row in rows)]
    if not names:
        return []
    return [_utterance(row, row[names[0]], words, clocks) for row in rows]


def _by_tier(
    rows: Sequence[Sequence[str]], header: Sequence[str], others: Sequence[int], clocks: Sequence[int]
) -> list[Utterance]:
    """Read a table with a header: a column of tiers and one of annotations, or a column of words for each tier."""
    tier = next((at for at in others if header[at].casefold().startswith("tier")), None)
    if tier is not None:
        words = max((at for at in others if at != tier), key=lambda at: sum(len(row[at]) for row in rows), default=None)
        return [] if words is None else [_utterance(row, row[tier], words, clocks) for row in rows]
    return [_utterance(row, header[at], at, clocks) for row in rows for at in others if header[at] and row[at].strip()]


def _utterance(row: Sequence[str], name: str, words: int, clocks: Sequence[int]) -> Utterance:
    return Utterance(name.strip(), row[words], _time(row[clocks[0]]), _time(row[clocks[1]]))
