"""The block of facts at the top of a transcript (who, when, where), which is not speech although it has colons."""

import re
from collections.abc import Sequence

from comb.transcripts.roles import key
from comb.transcripts.speaker_labels import Head
from comb.transcripts.speaker_names import MAX_WORDS, has_form, is_name_like, is_prose

_FACT = re.compile(
    r"(?:date|time|duration|length|location|place|venue|setting|site|language|version|study|project|title|topic|file|"
    r"method|mode|audio|pseudonym|gender|sex|age|occupation|ethnicity|consent|(?:also )?present|attendees|start|end|"
    r"recording|recorded|id|number|name of|notes?|key|conventions?|datum|ort|dauer|fecha|lugar|lieu|durée)\b|transcri|"
    r"interview(?: |$)|"
    r"(?:participant|respondent|interviewee|patient) (?:id|no|number|code|name)\b"
)
_SURE = re.compile(r"\d|\S\s+\S")
_ROLE = re.compile(
    r"(?:the )?(?:interviewer|participant|respondent|interviewee|researcher|moderator|facilitator)(?: \d{1,2})?"
)
"""What a key says of labels: ``I: Interviewer``."""
MOST_WORDS = 8
"""Most words of a fact after a label, such as ``P12, female, retired teacher``."""
_SENTENCE = re.compile(r"[.?!…][\"'”’)\]]*$")


def title_page(lines: Sequence[str], heads: Sequence[Head], labels: Sequence[Head | None]) -> int:
    """Return how many lines from the top are facts about the interview: ``Interviewer: Ann Lee``, ``Date: 3 May``.

    ``heads`` are the candidates for labels at the starts of the lines, and ``labels`` are those accepted as labels. The
    block ends before the first label with speech after it. If it contains no fact, it must consist of labels with full
    names or ids only.
    """
    facts = [_is_fact(head) for head in heads]
    values = [line[label.speech :] if label else "" for line, label in zip(lines, labels, strict=True)]
    roles = [_ROLE.fullmatch(value.strip().casefold()) is not None for value in values]
    names = [role or _names_somebody(value) for value, role in zip(values, roles, strict=True)]
    speakers = {key(label.name) for label in labels if label}
    end = next((at for at, label in enumerate(labels) if label and not (facts[at] or names[at])), len(labels))
    last = max((at for at in range(_speech_begins(values, labels)) if facts[at]), default=-1)
    end = max(end, last)
    if last < 0:
        sure = [
            names[at] and (roles[at] or _SURE.search(values[at]) or key(values[at]) in speakers) for at in range(end)
        ]
        return end if end > 1 and all(sure) else 0
    while last + 1 < end and names[last + 1]:
        last += 1
    return last + 1


def _speech_begins(values: Sequence[str], labels: Sequence[Head | None]) -> int:
    """Return the first line that must be speech: its label has been there before, or its words are a sentence."""
    seen: set[str] = set()
    for at, (value, label) in enumerate(zip(values, labels, strict=True)):
        name = key(label.name) if label else ""
        if label and (name in seen or _SENTENCE.search(value) or len(value.split()) > MOST_WORDS):
            return at
        seen.add(name)
    return len(labels)


def _is_fact(head: Head) -> bool:
    return head.style == "colon" and _FACT.match(key(head.name)) is not None


def _names_somebody(value: str) -> bool:
    """Return whether what stands behind a label is a name or an id, and not the start of talk.

    >>> [_names_somebody(value) for value in ("Ann Lee", "P12", "Hello", "How are you?", "Fine, thanks")]
    [True, True, False, False, False]
    """
    value = value.strip()
    words = value.split()
    if not value or len(words) > MAX_WORDS or _SENTENCE.search(value) or "," in value:
        return False
    return has_form(value) and is_name_like(value) and not is_prose(value)
