"""Turns stored inside a Word document that comb wrote, so that the document reads back as the same transcript.

Captions and tables show who speaks by other means than words, which would be lost in plain paragraphs. The turns are
valid only for exactly the text with which they were written: if a person has changed a letter, they are ignored, and
the paragraphs are read as in any other document.
"""

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise

from comb.records import ROLES, Turn
from comb.study.params import RoleParams
from comb.transcripts.roles import find_role

NAMESPACE = "urn:comb:transcript:1"
_CUT = re.compile(r"(\d+)-(\d+)")
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    r"""Replace characters that XML cannot contain, one for one, so that offsets stay.

    >>> xml_safe("a\x0cb") == "a\ufffdb"
    True
    """
    return _NOT_XML.sub("\ufffd", text)


def keep_turns(name: str, text: str, turns: Sequence[Turn]) -> bytes:
    """Write the turns of a transcript as XML."""
    from lxml import etree

    root = etree.Element(f"{{{NAMESPACE}}}transcript", {"id": xml_safe(name), "sha256": _sum(xml_safe(text))})
    for turn in turns:
        place = {"start": str(turn.start), "end": str(turn.end)}
        said = {"speaker": xml_safe(turn.speaker), "role": turn.role}
        time = {} if turn.time is None else {"time": repr(turn.time)}
        cuts = {"cuts": " ".join(f"{start}-{end}" for start, end in turn.cuts)} if turn.cuts else {}
        etree.SubElement(root, f"{{{NAMESPACE}}}turn", {**place, **said, **time, **cuts})
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def kept_turns(part: bytes, text: str, roles: RoleParams) -> tuple[Turn, ...] | None:
    """Read the turns that ``keep_turns`` wrote; None if they are not valid, or belong to another text.

    A role that was unknown when the document was written is looked up again, since the study may now know it.
    """
    from lxml import etree

    if NAMESPACE.encode() not in part:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(part, parser)
    if root.get("sha256") != _sum(text):
        return None
    turns = tuple(_turn(entry.attrib, roles) for entry in root)
    ends = [0, *(place for turn in turns for place in (turn.start, turn.end)), len(text)]
    return turns if turns and all(a <= b for a, b in pairwise(ends)) else None


def _turn(entry: "dict[str, str]", roles: RoleParams) -> Turn:
    speaker = entry["speaker"]
    role = next((role for role in ROLES if role == entry["role"] != "other"), None)
    time = float(entry["time"]) if "time" in entry else None
    role = role or find_role(speaker, roles) or "other"
    cuts = tuple((int(start), int(end)) for start, end in _CUT.findall(entry.get("cuts", "")))
    return Turn(speaker, role, int(entry["start"]), int(entry["end"]), time, cuts)


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
