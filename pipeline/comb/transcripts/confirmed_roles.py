"""Apply a person's confirmed roles of speakers to the turns of a transcript."""

import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from comb.errors import BadInputError
from comb.records import Role, Transcript, Turn
from comb.study.params import RoleParams
from comb.study.speakers import SpeakerRow, StudyRoles
from comb.transcripts.questions import holds_question
from comb.transcripts.roles import MAX_INITIALS, find_lasting_role, find_role, key
from comb.transcripts.voices import count_voices

MIN_PARAGRAPHS = 4
DIALOGUE = 0.25
"""Share of questions among the paragraphs of a text without labels from which it counts as an interview."""
MIN_TURNS = 3
"""Number of a speaker's turns from which they may contradict the label."""
LEADS, ANSWERS = 0.5, 0.1
"""Share of turns that ask: at least this of somebody who leads the interview, at most this of somebody who answers."""
GLUED = 0.5
"""The same share in a text with only one speaker's labels, whose turns then contain the other's questions."""


def rows_of(transcript: Transcript, rows: Iterable[SpeakerRow]) -> dict[str, SpeakerRow]:
    """Return the rows of one transcript by speaker, under the name written in the transcript.

    Case, spaces and, if only one speaker can be meant, accents do not matter. Rows whose speaker does not occur are
    left out: see ``stale_rows``.
    """
    speakers = list(dict.fromkeys(turn.speaker for turn in transcript.turns))
    found: dict[str, SpeakerRow] = {}
    for row in rows:
        if is_of(row, transcript) and (speaker := _meant(row.speaker, speakers)) is not None:
            found.setdefault(speaker, row)
    return found


def is_of(row: SpeakerRow, transcript: Transcript) -> bool:
    """Return whether a row names this transcript, by its id or by its file's name, in any case."""
    return key(row.transcript) in (key(transcript.id), key(transcript.source))


def _meant(name: str, speakers: Sequence[str]) -> str | None:
    for form in (key, _without_accents):
        same = [speaker for speaker in speakers if form(speaker) == form(name)]
        if len(same) == 1:
            return same[0]
    return None


def _without_accents(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", key(name)) if not unicodedata.combining(c))


def confirm(transcript: Transcript, roles: StudyRoles) -> Transcript:
    """Return the transcript with the roles and pseudonyms that a person gave its speakers.

    The text stays as it is: a pseudonym takes the place of the name on turns only. Until a person says who they are,
    speakers numbered by a program have the role ``other``, and so has the text of a transcript without labels that
    reads like an interview. Raises BadInputError if two speakers would get the same pseudonym.
    """
    confirmed = rows_of(transcript, roles.rows)
    _refuse_merging(transcript, confirmed)
    turns = _doubted(transcript, roles.patterns)
    return replace(transcript, turns=tuple(_with(turn, confirmed.get(turn.speaker)) for turn in turns))


def _with(turn: Turn, row: SpeakerRow | None) -> Turn:
    if row is None:
        return turn
    return replace(turn, speaker=row.pseudonym or turn.speaker, role=row.role or turn.role)


def _doubted(transcript: Transcript, patterns: RoleParams) -> tuple[Turn, ...]:
    """Return the turns, with role ``other`` where a pattern cannot tell who speaks, or speakers may be unmarked."""
    if _hides_speakers(transcript):
        return tuple(replace(turn, role="other") for turn in transcript.turns)
    told = {turn.speaker: find_role(turn.speaker, patterns) for turn in transcript.turns if turn.speaker}
    doubted = {name for name in told if find_lasting_role(name, patterns) is None} | _contradicted(transcript, told)
    return tuple(
        replace(turn, role="other") if turn.speaker in doubted and turn.role == told[turn.speaker] else turn
        for turn in transcript.turns
    )


def _contradicted(transcript: Transcript, told: Mapping[str, Role | None]) -> set[str]:
    """List the speakers whose label says another role than their questions do.

    ``R`` is the respondent in one study and the researcher in the next, and ``IV`` may be somebody's initials. A
    ``Therapist`` or ``Facilitator`` who answers an interviewer at length is being interviewed.
    """
    voices = [voice for voice in count_voices(transcript) if voice.turns >= MIN_TURNS and voice.speaker]
    leads = [voice for voice in voices if voice.rate >= LEADS]
    asked = any(told[voice.speaker] == "interviewer" for voice in leads)
    short = [voice for voice in voices if sum(map(str.isalpha, voice.speaker)) <= MAX_INITIALS]
    asking = {voice.speaker for voice in short if told[voice.speaker] == "participant" and voice in leads}
    silent = {voice.speaker for voice in short if told[voice.speaker] == "interviewer" and voice.rate <= ANSWERS}
    quiet = any(voice.rate <= ANSWERS for voice in voices)
    if asked:
        most = max(voice.words for voice in leads if told[voice.speaker] == "interviewer")
        answering = (voice for voice in voices if voice.rate <= ANSWERS and voice.words > most)
        return {voice.speaker for voice in answering if told[voice.speaker] == "interviewer"}
    return (asking if quiet else set()) | (silent if leads else set())


def _hides_speakers(transcript: Transcript) -> bool:
    """Return whether one participant is said to speak alone, in words that read like questions and answers."""
    turns = [turn for turn in transcript.turns if turn.role == "participant"]
    others = {turn.speaker for turn in transcript.turns} - {""}
    if len(turns) < MIN_PARAGRAPHS or len(others) > 1:
        return False
    asking = sum(holds_question(transcript.text[turn.start : turn.end]) for turn in turns)
    return asking >= (DIALOGUE if not others else GLUED) * len(turns)


def _refuse_merging(transcript: Transcript, rows: Mapping[str, SpeakerRow]) -> None:
    named: dict[str, str] = {}
    for speaker in dict.fromkeys(turn.speaker for turn in transcript.turns):
        row = rows.get(speaker)
        shown = row.pseudonym or speaker if row else speaker
        other = named.setdefault(key(shown), speaker)
        if other != speaker:
            what = f"column pseudonym: {other!r} and {speaker!r} of {transcript.id} would have the same name"
            raise BadInputError(what, where="speakers.csv", remedy="Choose another pseudonym.")


def stale_rows(
    transcripts: Iterable[Transcript], rows: Iterable[SpeakerRow], others: Container[str] = ()
) -> Iterator[str]:
    """Describe each row that no longer fits a transcript, or a speaker of its transcript. Such a row has no effect.

    ``transcripts`` are those read without applying the rows; ``others`` contains the keys of names of transcripts not
    read now.
    """
    known = list(transcripts)
    for row in rows:
        own = next((transcript for transcript in known if is_of(row, transcript)), None)
        if own is None and key(row.transcript) not in others:
            yield f"row {row.number}, column transcript: the study has no such transcript"
        elif own is not None and not rows_of(own, [row]):
            speakers = ", ".join(dict.fromkeys(repr(turn.speaker) for turn in own.turns if turn.speaker))
            yield f"row {row.number}, column speaker: not one of {own.id}; its speakers: {speakers or 'not named'}"


def unknown_speakers(transcripts: Iterable[Transcript], roles: StudyRoles) -> dict[str, list[str]]:
    """List, for each transcript that has any, the speakers whose role neither a pattern nor a person determines.

    Their turns have role ``other``: they are neither coded nor learned from until a person confirms who they are.
    ``transcripts`` are those read without applying the rows.
    """
    unknown = {t.id: sorted(_unknown(t, roles)) for t in transcripts}
    return {name: speakers for name, speakers in unknown.items() if speakers}


def _unknown(transcript: Transcript, roles: StudyRoles) -> set[str]:
    confirmed = {speaker for speaker, row in rows_of(transcript, roles.rows).items() if row.role}
    return {name for name in _without_role(transcript, roles.patterns) if name not in confirmed}


def _without_role(transcript: Transcript, patterns: RoleParams) -> Iterator[str]:
    named = any(turn.speaker for turn in transcript.turns)
    for speaker in {turn.speaker for turn in transcript.turns if turn.role == "other"}:
        # A title before the first label is nobody's speech; a text without any label is somebody's.
        if (speaker and find_lasting_role(speaker, patterns) != "other") or not named:
            yield speaker
