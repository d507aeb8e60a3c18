"""Propose who is the interviewer and who is a participant, from evidence and with reasons, for a person to confirm.

Evidence is counted in points, positive for interviewer and negative for participant; a speaker with too few points gets
no proposal, because a wrong guess is worse than a question.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from comb.records import Role, Transcript
from comb.study.params import RoleParams
from comb.study.speakers import SpeakerRow, StudyRoles
from comb.transcripts.confirmed_roles import rows_of, unknown_speakers
from comb.transcripts.roles import find_lasting_role, in_brackets, is_numbered, key
from comb.transcripts.voices import Voice, count_voices

Source = Literal["confirmed", "pattern", "proposed"]
_Found = tuple[Role | None, Source, tuple[str, ...]]
"""A role, how it is known, and why."""
_Evidence = Iterator[tuple[int, str]]
"""Points, each with its reason."""

INTERVIEWER, PARTICIPANT = 2, -2
"""Points from which a role is proposed."""
MIN_RATE = 0.3
"""Share of turns that ask from which a speaker is assumed to lead the interview."""
SELDOM = 0.15
"""The same share, from which asking counts as evidence."""
MANY = 4
"""Number of others' turns from which a single turn is no evidence."""
MIN_OFTEN = 3
"""Number of transcripts from which a speaker counts as occurring often."""
_PARTS = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class SpeakerRole:
    """The role of a speaker, or the proposed role, with reasons."""

    transcript: str
    speaker: str
    role: Role | None
    """None if the evidence is not enough to propose a role."""
    source: Source
    reasons: tuple[str, ...]
    turns: int
    words: int
    pseudonym: str = ""


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """What the rest of the study says of names."""

    total: int
    occurs: Counter[str]
    """By key of a name: in how many transcripts it speaks."""
    confirmed: Mapping[str, Counter[Role]]
    """By key of a name: in how many transcripts a person confirmed which role."""


def propose_roles(transcripts: Sequence[Transcript], roles: StudyRoles) -> list[SpeakerRole]:
    """Return who speaks in each transcript, in the order of their first turns.

    Rows decide first, then patterns; for the other speakers, roles are proposed. ``transcripts`` are those of the whole
    study, read without applying the rows.
    """
    elsewhere = _look_elsewhere(transcripts, roles.rows)
    unknown = unknown_speakers(transcripts, roles)
    return list(chain.from_iterable(_of(t, roles, frozenset(unknown.get(t.id, ())), elsewhere) for t in transcripts))


def _look_elsewhere(transcripts: Sequence[Transcript], rows: Iterable[SpeakerRow]) -> _Elsewhere:
    occurs = Counter(name for t in transcripts for name in {key(turn.speaker) for turn in t.turns})
    confirmed: defaultdict[str, Counter[Role]] = defaultdict(Counter)
    for row in rows:
        if row.role and not is_numbered(row.speaker):
            confirmed[key(row.speaker)][row.role] += 1
    return _Elsewhere(len(transcripts), occurs, confirmed)


@dataclass(frozen=True, slots=True)
class _Scene:
    """One transcript, and what is known of its speakers."""

    transcript: Transcript
    voices: Sequence[Voice]
    rows: Mapping[str, SpeakerRow]
    known: Mapping[str, Role]
    """By speaker: the role that a row, a pattern or the file tells."""
    elsewhere: _Elsewhere
    patterns: RoleParams


def _of(transcript: Transcript, roles: StudyRoles, unknown: Container[str], elsewhere: _Elsewhere) -> list[SpeakerRole]:
    rows = rows_of(transcript, roles.rows)
    known = {turn.speaker: turn.role for turn in transcript.turns if turn.speaker not in unknown}
    known |= {speaker: row.role for speaker, row in rows.items() if row.role}
    scene = _Scene(transcript, count_voices(transcript), rows, known, elsewhere, roles.patterns)
    # What stands before the first label, such as a title, is nobody's speech.
    return [_role(voice, scene) for voice in scene.voices if voice.speaker or len(scene.voices) == 1]


def _role(voice: Voice, scene: _Scene) -> SpeakerRole:
    row = scene.rows.get(voice.speaker)
    pseudonym = row.pseudonym if row else ""
    if row and row.role:
        found: _Found = (row.role, "confirmed", (f"in row {row.number} of speakers.csv",))
    elif role := scene.known.get(voice.speaker):
        found = (role, "pattern", (_source_of(role, voice.speaker, scene.patterns),))
    else:
        found = _propose(voice, scene)
    return SpeakerRole(scene.transcript.id, voice.speaker, *found, voice.turns, voice.words, pseudonym)


def _source_of(role: Role, speaker: str, patterns: RoleParams) -> str:
    """Return how a role is known that no row tells.

    >>> own = RoleParams(participant=("glenys", "p[0-9]*"))
    >>> [_source_of("participant", name, own) for name in ("P03", "Glenys", "Siân")]
    ['a common label for a participant', 'listed in configs/params.yaml', 'from the file']
    """
    if not speaker:
        return "no speaker is named, so all of it is one participant's"
    if find_lasting_role(speaker, patterns) != role:
        return "from the file"
    if find_lasting_role(speaker, RoleParams()) == role:
        return f"a common label for {'an' if role in ('interviewer', 'other') else 'a'} {role}"
    return "listed in configs/params.yaml"


def _propose(voice: Voice, scene: _Scene) -> _Found:
    """Weigh the evidence for one speaker."""
    others = [one for one in scene.voices if one is not voice and one.speaker]
    if not others:
        return _alone(voice)
    evidence = [
        *_by_questions(voice, others),
        *_by_length(voice, others),
        *_by_names(voice, others, scene),
        *_by_company(voice, others, scene.known),
    ]
    points = sum(weight for weight, _ in evidence)
    reasons = tuple(reason for _, reason in evidence)
    if points >= INTERVIEWER:
        return "interviewer", "proposed", reasons
    return ("participant" if points <= PARTICIPANT else None), "proposed", reasons


def _alone(voice: Voice) -> _Found:
    if voice.rate >= MIN_RATE or not voice.speaker:
        why = f"nobody else speaks, and {voice.asking} of {voice.turns} turns ask: are the speakers marked?"
        return None, "proposed", (why,)
    return "participant", "proposed", ("nobody else speaks",)


def _by_questions(voice: Voice, others: Sequence[Voice]) -> _Evidence:
    asked = voice.asking + sum(other.asking for other in others)
    least = min(other.rate for other in others)
    most = max(other.rate for other in others)
    if not asked or _hardly_speaks(voice, others):
        return
    said = f"asks in {voice.asking} of {voice.turns} turns"
    if voice.rate >= SELDOM and voice.rate >= 2 * least + 0.1 and voice.rate >= 0.6 * most:
        leads = voice.rate >= MIN_RATE and voice.asking >= 0.2 * asked
        yield (3 if leads else 1), said
    elif voice.rate <= most / 3 and most >= SELDOM:
        yield (-3 if most >= MIN_RATE else -1), said


def _hardly_speaks(voice: Voice, others: Sequence[Voice]) -> bool:
    """Return whether a speaker says too little, beside the others, to be judged by it."""
    return voice.turns == 1 and max(other.turns for other in others) >= MANY


def _by_length(voice: Voice, others: Sequence[Voice]) -> _Evidence:
    total = voice.words + sum(other.words for other in others)
    share = voice.words / max(total, 1)
    fair = 1 / (1 + len(others))
    if share <= fair / 2 and len(others) == 1:
        yield 1, f"speaks {share:.0%} of the words"
    elif share >= (1 + fair) / 2:
        yield -1, f"speaks {share:.0%} of the words"


def _by_names(voice: Voice, others: Sequence[Voice], scene: _Scene) -> _Evidence:
    elsewhere = scene.elsewhere
    if is_numbered(voice.speaker):
        return
    often = _often(voice, elsewhere)
    if often and not all(_often(other, elsewhere) for other in others):
        yield 3, f"speaks in {elsewhere.occurs[key(voice.speaker)]} of {elsewhere.total} transcripts"
    elif not often and begins_name(voice.speaker, scene.transcript.id):
        yield -4, "the file's name begins with this name"
    if before := elsewhere.confirmed.get(key(voice.speaker)):
        role, count = before.most_common(1)[0]
        weight = {"interviewer": 3, "participant": -2, "other": 0}[role] if len(before) == 1 else 0
        yield weight, f"confirmed as {role} in {count} other transcripts"
    if described := in_brackets(voice.speaker):
        yield -1, f"described as {described!r}"


def _often(voice: Voice, elsewhere: _Elsewhere) -> bool:
    """Return whether a named speaker recurs as interviewers do: in a third of a study's transcripts, and in several."""
    count = elsewhere.occurs[key(voice.speaker)]
    return not is_numbered(voice.speaker) and count >= MIN_OFTEN and count >= elsewhere.total / 3


def _by_company(voice: Voice, others: Sequence[Voice], known: Mapping[str, Role]) -> _Evidence:
    interviewers = [other.speaker for other in others if known.get(other.speaker) == "interviewer"]
    if interviewers and voice.rate < MIN_RATE and not _hardly_speaks(voice, others):
        yield (-2 if len(interviewers) == len(others) else -1), f"{interviewers[0]!r} is the interviewer"


def begins_name(speaker: str, transcript: str) -> bool:
    """Return whether a transcript's name begins with a speaker's, whatever is between letters and digits.

    >>> [begins_name(name, "DC07_transcript") for name in ("DC07", "dc 7", "DC0", "D")]
    [True, True, False, False]
    """
    parts = _PARTS.findall(key(speaker))
    if len("".join(parts)) < 2:
        return False
    pattern = r"[\W_]*".join(f"0*{int(part)}(?!\\d)" if part.isdigit() else re.escape(part) for part in parts)
    ends_in_letter = not parts[-1].isdigit()
    return re.match(pattern + (r"(?![^\W\d_])" if ends_in_letter else ""), key(transcript)) is not None
