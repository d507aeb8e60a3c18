"""Words for yes and no in tables."""

NO = ("", "0", "no", "false", "n")
YES = ("true", "1", "yes", "x", "applied")


def unsure_word(cell: str) -> str:
    """Return ``yes`` if a cell says that the coder was unsure, otherwise ``""``; any remark counts as yes.

    >>> unsure_word("Yes"), unsure_word("no"), unsure_word("a little")
    ('yes', '', 'yes')
    """
    return "" if cell.strip().casefold() in NO else "yes"


def blind_word(cell: str) -> str:
    """Return ``yes`` or ``no`` as a cell says whether something was coded blind, or ``""`` if it does not say.

    >>> blind_word("Yes"), blind_word("0"), blind_word(" ")
    ('yes', 'no', '')
    """
    word = cell.strip().casefold()
    return "yes" if word in (*YES, "blind") else "no" if word and word in NO else ""
