"""File names: of files that other programs leave behind, and names that a study cannot use on every system."""

import re
from unicodedata import category

from comb.errors import BadInputError

LONGEST = 200
"""Most bytes of a name without its ending; with endings and numbers it stays below the 255 bytes that file systems
allow."""
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of writing, by which a name can pretend to have another ending."""
_KEPT_BY_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
_LOCK = re.compile(r"~\$|\.~lock\..*#$")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)


def is_lock(name: str) -> bool:
    """Return whether a file is one that Word, Excel or LibreOffice keeps while a document is open."""
    return bool(_LOCK.match(name))


def is_left_behind(name: str) -> bool:
    """Return whether a file is hidden, a lock, or a file of the system or a program, and so not a document.

    >>> [is_left_behind(name) for name in ("a.docx", "~$a.docx", "._a.docx", "Thumbs.db", "~WRL0001.tmp")]
    [False, True, True, True, True]
    """
    return name.startswith((".", "~$", "~WRL")) or name.casefold() in _KEPT_BY_SYSTEMS


def is_reserved(stem: str) -> bool:
    """Return whether Windows reserves a name, whatever its ending.

    >>> is_reserved("con"), is_reserved("NUL.old"), is_reserved("conny")
    (True, True, False)
    """
    return bool(_RESERVED.fullmatch(stem.strip(" .")))


def check_name(stem: str, where: str) -> None:
    """Raise BadInputError for a name, without its ending, that some system does not allow."""
    why = ""
    if not stem.strip(" ."):
        why = "is empty or all dots"
    elif any(char in "/\\" or category(char) == "Cc" or char in _TURNS for char in stem):
        why = "contains a slash, a line break or another control character"
    elif any(category(char) == "Cs" for char in stem):
        why = "has letters in an encoding that cannot be read"
    elif is_reserved(stem):
        why = "is reserved by Windows"
    elif len(stem.encode("utf-8", "surrogatepass")) > LONGEST:
        why = f"is longer than {LONGEST} bytes"
    if why:
        shown = where.encode("utf-8", "replace").decode()
        raise BadInputError(f"its name {why}", where=shown, remedy="Give it another name.")
