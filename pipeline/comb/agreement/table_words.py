"""Usual names of the columns of unit tables, and words for yes and no in cells."""

import re
from collections.abc import Sequence

from comb.agreement.spelling import folded
from comb.codings.table_columns import NAMES

UNIT = ("unit", "units", "item", "segment", "unit id", "item id", "segment id", "unit no", "segment no", "item no",
        "unit number", "segment number", "item number", "excerpt id", "excerpt no", "quote id", "quote no",
        "utterance id", "utterance no", "sentence", "sentence id", "line", "turn", "id", "case", "case id",
        "subject", "subjects", "subject id", "utterance", "excerpt", "quotation", "row",
        "no", "no.", "nr", "#", "number", "observation",
        "obs")  # fmt: skip
"""Names of the column for the unit, in the form of ``plain_name``; the first found counts."""
PERHAPS_CODES = ("no", "number", "line", "turn", "row", "case", "subject", "sentence", "observation", "participant")
"""Names among these that may also be codes."""
DOCUMENT = (*NAMES["transcript"], "doc", "doc id", "document id", "text id", "participant")
"""Names of the column for a unit's transcript: units may be numbered from 1 in each."""
CODER = (*NAMES["coder"], "judge", "reviewer", "observer", "rater id", "rater name", "annotator id", "annotator name",
         "evaluator", "expert")  # fmt: skip
CODE = (*NAMES["code"], "rating", "score", "value", "annotation", "answer", "judgement", "judgment", "classification")
YES = frozenset({"1", "true", "yes", "y", "t", "x", "✓", "✔", "☑", "☒", "ja", "oui", "sí", "wahr", "vrai", "checked"}
                | {"selected", "present", "applied"})  # fmt: skip
NO = frozenset({"0", "false", "no", "n", "f", "☐", "nein", "non", "falsch", "faux", "unchecked", "absent"}
               | {"not selected", "not applied", "-", "–", "—"})  # fmt: skip
PLAIN_YES_NO = frozenset({"1", "true", "yes", "0", "false", "no"})
"""Words for yes and no that may be mixed in a table; x and y in the same table are codes."""
CODE_COLUMN = re.compile(r"(?:code|label|theme|category|tag)s?[\s_.-]*\d+", re.IGNORECASE)
_PEOPLE = r"coders?|raters?|annotators?|judges?|reviewers?|observers?|researchers?|analysts?|evaluators?|experts?"
CODER_LIKE = re.compile(
    rf"(?:.*[\W_])?(?:{_PEOPLE})(?:[\W_\d].*|[a-z])?|(?:r|c|a|ra|coder|rater)[\s_.#-]*\d+|(?-i:[A-Z])|first|second|third|me",
    re.IGNORECASE,
)
CODE_LIKE = re.compile(r"(?:code|theme|label|category|tag|variable|var)s?[\s_.-]*\w{0,3}", re.IGNORECASE)
_FRAMEWORK = (
    "capab", "opportun", "motivat", "knowledge", "skill", "memory", "behavioural reg", "behavioral reg", "belief",
    "environment", "social", "intention", "goal", "optimism", "reinforcement", "emotion", "barrier", "facilitator",
    "enabler", "professional role", "identity",
)  # fmt: skip
PROSE = ("text", "quote", "excerpt", "utterance", "segment text", "quotation", "memo", "comment", "comments", "note",
         "notes", "date", "time", "timestamp", "speaker")  # fmt: skip
"""Columns beside answers that are not answers."""
SUMS = ("total", "sum", "count", "mean", "average", "median", "n", "sd", "grand total", "kappa")
"""Names of columns and rows that sum up others."""
DERIVED = ("agree", "agreement", "agreed", "match", "same", "difference", "diff", "age", "gender", "sex", "group",
           "site", "condition", "weight", "weights")  # fmt: skip
"""Columns beside answers that are not coders; if all columns contain 0 and 1, they may be codes."""
WORDY = 6
"""Mean number of words from which a column contains speech and not codes."""
MANY = 12
"""Number of columns above which they are probably not coders."""


def is_yes(cell: str) -> bool:
    """Return whether a cell of a yes/no table means yes: 1, 1.0, TRUE, Yes, x, ...

    >>> is_yes("1,00"), is_yes(" Yes"), is_yes("2")
    (True, True, False)
    """
    return folded(cell) in YES


def is_no(cell: str) -> bool:
    """Return whether a cell of a yes/no table means no.

    >>> is_no("0.0"), is_no("FALSE"), is_no("")
    (True, True, False)
    """
    return folded(cell) in NO


def are_coders(names: Sequence[str]) -> bool:
    """Return whether all names look like those of coders: Rater1, Coder B, C, ..."""
    return all(CODER_LIKE.fullmatch(name) for name in names)


def are_codes(names: Sequence[str]) -> bool:
    """Return whether names look like those of codes."""
    wordy = sum(len(name.split()) > 2 for name in names) * 2 > len(names)
    return wordy or len(names) > MANY or in_framework(names) or all(map(CODE_LIKE.fullmatch, names))


def in_framework(names: Sequence[str]) -> bool:
    """Return whether most names are those of COM-B or the Theoretical Domains Framework."""
    return sum(any(part in name.casefold().replace("_", " ") for part in _FRAMEWORK) for name in names) * 2 > len(names)
