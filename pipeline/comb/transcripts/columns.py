"""Find the columns of a table for speaker, text, time and role."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from comb.records import ROLES, Role, Turn
from comb.study.params import RoleParams
from comb.transcripts.roles import find_role, key
from comb.transcripts.speaker_names import MAX_CHARS, is_name_like
from comb.transcripts.timestamps import is_stamp, seconds

NAMES = {
    "speaker": (
        *("speaker", "who", "name", "interlocutor", "speaker name", "speaker id", "speaker label", "person"),
        *("participant", "participant id", "participant name", "interviewee", "respondent", "voice", "tier"),
    ),
    "text": (
        *("text", "utterance", "utterance text", "words", "content", "transcript text", "transcript", "transcription"),
        *(
            "speech",
            "what",
            "message",
            "sentence",
            "said",
            "spoken words",
            "spoken text",
            "utterances",
            "what was said",
        ),
        *("response", "answer", "statement", "dialogue", "line text", "turn text", "caption", "quote", "speech text"),
        *("annotation", "body", "comment text", "verbatim"),
    ),
    "time": (
        *("time", "timestamp", "start", "start time", "time stamp", "begin", "begin time", "onset", "timecode"),
        *("start timecode", "in"),
    ),
    "role": ("role", "speaker role"),
}
"""Known names of columns, in lower case, with spaces for ``_`` and ``-``; the first found counts."""
MAX_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of the columns, and the first row that contains speech."""

    text: int
    speaker: int | None = None
    time: int | None = None
    role: int | None = None
    first: int = 0

    def cell(self, row: Sequence[str], column: int | None) -> str:
        """Return a cell of a row, stripped of white space; ``""`` if there is none."""
        return row[column].strip() if column is not None and column < len(row) else ""


def match_header(header: Sequence[str]) -> Layout | None:
    """Find the columns by their names; None without a column of text or of speakers.

    >>> match_header(["Timestamp", "Speaker", "Utterance_Text"])
    Layout(text=2, speaker=1, time=0, role=None, first=1)
    """
    plain = [key(name.replace("_", " ").replace("-", " ")) for name in header]
    places = {kind: next((plain.index(n) for n in names if n in plain), None) for kind, names in NAMES.items()}
    text = places["text"]
    if text is None or (places["speaker"] is None and places["role"] is None):
        return None
    return Layout(text, places["speaker"], places["time"], places["role"], first=1)


def find_layout(rows: Sequence[Sequence[str]]) -> Layout | None:
    """Find the layout of a document's table, by its header or its 2 or 3 columns; None if it is not a transcript.

    The speakers' column is the first in which at least four cells of five read like names, and a name repeats;
    the text is the longest other column; a column of stamps gives the times.
    """
    if not rows:
        return None
    if layout := match_header(rows[0]):
        return layout
    width = max(len(row) for row in rows)
    if not 2 <= width <= MAX_COLUMNS:
        return None
    columns = [[row[at].strip() for row in rows if at < len(row) and row[at].strip()] for at in range(width)]
    speaker = next((at for at in range(width) if _names_speakers(columns[at])), None)
    if speaker is None:
        return None
    text = max((at for at in range(width) if at != speaker), key=lambda at: sum(map(len, columns[at])))
    times = (at for at in range(width) if at not in (speaker, text))
    time = next((at for at in times if columns[at] and all(map(is_stamp, columns[at]))), None)
    return Layout(text, speaker, time)


def _names_speakers(cells: Sequence[str]) -> bool:
    names = [clean_label(cell) for cell in cells]
    plausible = [name for name in names if 0 < len(name) <= MAX_CHARS and is_name_like(name)]
    if not cells or len(plausible) < 0.8 * len(cells):
        return False
    return Counter(map(key, plausible)).most_common(1)[0][1] > 1


def clean_label(cell: str) -> str:
    """Remove the colon and white space from a speaker's name.

    >>> clean_label(" P03 :")
    'P03'
    """
    return " ".join(cell.strip().rstrip(":：").split())


def read_rows_as_turns(
    rows: Sequence[Sequence[str]], starts: Sequence[int], layout: Layout, roles: RoleParams
) -> list[Turn]:
    """Make a turn from each row of a table whose rows begin at ``starts``, their cells separated by one character.

    A row without speaker belongs to the speaker above. Other columns, such as notes, belong to no turn.
    """
    turns: list[Turn] = []
    above: tuple[str, Role] = ("", "other")
    for row, start in zip(rows[layout.first :], starts[layout.first :], strict=True):
        above = speaker_of(row, layout, roles, above)
        speech = layout.cell(row, layout.text)
        if speech:
            cell = row[layout.text]
            at = start + sum(len(cell) + 1 for cell in row[: layout.text]) + len(cell) - len(cell.lstrip())
            time = seconds(layout.cell(row, layout.time).strip("[]()"))
            turns.append(Turn(*above, at, at + len(speech), time))
    return turns


def speaker_of(row: Sequence[str], layout: Layout, roles: RoleParams, above: tuple[str, Role]) -> tuple[str, Role]:
    """Return speaker and role of a row; an empty cell repeats the row above.

    A role column may contain a role (``participant``) or a word that a role pattern matches (``client``). Otherwise the
    speaker's name decides.
    """
    said = clean_label(layout.cell(row, layout.role))
    name = clean_label(layout.cell(row, layout.speaker)) or said or above[0]
    if name == above[0] and not said:
        return above
    plain = next((role for role in ROLES if role == key(said)), None)
    return name, plain or find_role(said, roles) or find_role(name, roles) or "other"
