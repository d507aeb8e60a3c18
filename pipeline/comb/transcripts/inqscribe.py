r"""Projects of InqScribe (.inqscr): lines ``key=value``; ``text`` is the transcript, with ``\r`` for line ends."""

import re

from comb.errors import BadInputError
from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.encoding import decode
from comb.transcripts.turns import parse_turns

_ESCAPED = re.compile(r"\\(?P<char>[rnt\\])")
_MEANS = {"r": "\n", "n": "\n", "t": "\t", "\\": "\\"}


def read_inqscribe(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .inqscr. Raises BadInputError if it has no text."""
    lines = decode(data, where).split("\n")
    written = next((line.partition("=")[2] for line in lines if line.startswith("text=")), None)
    if written is None:
        remedy = "Export it from InqScribe as plain text, and give it the suffix .txt."
        raise BadInputError("not an InqScribe project", where=where, remedy=remedy)
    text = _ESCAPED.sub(lambda match: _MEANS[match["char"]], written)
    return text, parse_turns(text, roles, where)
