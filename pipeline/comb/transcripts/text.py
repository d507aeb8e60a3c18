"""Plain text and Markdown: the canonical text is the decoded file itself."""

from comb.records import Turn
from comb.study.params import RoleParams
from comb.transcripts.encoding import decode
from comb.transcripts.turns import parse_turns


def read_text_transcript(data: bytes, where: str, roles: RoleParams) -> tuple[str, tuple[Turn, ...]]:
    """Read .txt or .md: canonical text and turns. Raises BadInputError for what is not text."""
    text = decode(data, where)
    return text, parse_turns(text, roles, where)
