"""What users marked in texts, as codings, suggestions and decisions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from comb.errors import BadInputError
from comb.exchange.refi_qda.document import Mark, Selection, Source
from comb.exchange.refi_qda.identifiers import NO_TIME
from comb.exchange.refi_qda.note_fields import Fields, read_note, split_cells, unquoted
from comb.exchange.refi_qda.offsets import Span
from comb.records import Coding, Decision, Evidence, Suggestion, Transcript, Valence, Verdict

NOBODY = "unknown"
"""The coder where a file names none."""
MAX_QUOTED = 25_000_000
"""Characters of all quotes together; with more, codings cover the texts so often that no table could hold them."""


@dataclass
class Marks:
    """Reads the marks of one project, source by source."""

    codes: Mapping[str, str]
    """Ids of codes, by guid; so are ``users``, ``notes`` and the ids of ``models``."""
    users: Mapping[str, str]
    models: Mapping[str, str]
    fallback: str
    """The coder of what no user is named for."""
    notes: Mapping[str, str]
    cases: set[str]
    counted: Counter[str]
    where: str
    own: bool
    """Whether comb wrote the file: then line ends in memos are what the coder wrote."""
    codings: list[Coding] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    case_texts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By guid of a case: the transcripts in which something is coded to it."""
    quoted: int = 0

    def read(self, source: Source, transcript: Transcript, spans: Sequence[Span | None]) -> None:
        """Read the selections of a source, each with its place."""
        quotes: dict[Span, str] = {}
        for selection, span in zip(source.selections, spans, strict=True):
            if span is None:
                continue
            quote = quotes.setdefault(span, transcript.text[slice(*span)])
            base = Coding(transcript.id, *span, quote, "", "", "")
            if not selection.marks:
                self._unmarked(base, selection)
            for mark in selection.marks:
                self._mark(base, selection, mark, transcript)

    def finish(self) -> None:
        """Put everything in order; a coding that stands twice counts once."""
        unique = dict.fromkeys(self.codings)
        self.counted["codings stood twice"] += len(self.codings) - len(unique)
        self.codings = sorted(unique, key=lambda c: (c.transcript, c.start, c.end, c.coder, c.code, c.valence, c.memo))
        self.suggestions.sort(key=lambda s: (s.transcript, s.start, s.end, s.model, s.rank, s.code))
        self.decisions.sort(key=lambda d: (d.transcript, d.start, d.end, d.model, d.code, d.decided_at, d.coder))

    def _unmarked(self, base: Coding, selection: Selection) -> None:
        fields, memo = self._said(selection.description, selection.notes)
        if ("read", "no code") in fields:
            self._coding(base, fields, memo, selection.user, selection.time)
        else:
            self.counted["selections without a code (annotations)"] += 1

    def _mark(self, base: Coding, selection: Selection, mark: Mark, transcript: Transcript) -> None:
        user, time = mark.user or selection.user, mark.time or selection.time
        if mark.code in self.cases:
            self.case_texts[mark.code].add(base.transcript)
            return
        if mark.code not in self.codes:
            self.counted["codings are left out, since their codes are not in the file"] += 1
            return
        fields, memo = self._said(selection.description, (*selection.notes, *mark.notes))
        coded = replace(base, code=self.codes[mark.code])
        if user in self.models:
            self._suggestion(coded, fields, self.models[user], transcript)
        else:
            self._coding(coded, fields, memo, user, time)

    def _said(self, description: str, notes: Iterable[str]) -> tuple[Fields, str]:
        """Give the lines and the memo of what stands beside a coding; the same text in two places counts once."""
        texts = [text for text in (description, *(self.notes.get(note, "") for note in notes)) if text.strip()]
        fields: Fields = []
        memos: list[str] = []
        for text in dict.fromkeys(texts):
            lines, memo = read_note(text if self.own else text.replace("\r\n", "\n"))
            fields += lines
            memos += [memo] if memo else []
        return fields, "\n".join(dict.fromkeys(memos))

    def _coding(self, base: Coding, fields: Fields, memo: str, user: str, time: str) -> None:
        said = dict(fields)
        coder = self.users.get(user) or self.fallback
        if not coder:
            self.counted[f"codings name no coder; it is called {NOBODY!r}"] += 1
        self.quoted += len(base.quote)
        if self.quoted > MAX_QUOTED:
            what = f"its codings quote more than {MAX_QUOTED // 1_000_000} million characters"
            raise BadInputError(what, where=self.where, remedy="Code passages, not whole texts.")
        self.codings.append(
            replace(
                base,
                valence=cast(Valence, said.get("valence", "")),
                coder=coder or NOBODY,
                memo=memo,
                created_at=unquoted(said["created"]) if "created" in said else time.replace(NO_TIME, ""),
                origin=unquoted(said.get("origin", "")),
                model=unquoted(said.get("model", "")),
                score=float(said["score"]) if "score" in said else None,
            )
        )

    def _suggestion(self, base: Coding, fields: Fields, model: str, transcript: Transcript) -> None:
        said = dict(fields)
        if "score" not in said or "threshold" not in said:
            self.counted["codings by models of comb have no score any more and are left out"] += 1
            return
        valence = cast(Valence, said.get("valence", ""))
        score, threshold = float(said["score"]), float(said["threshold"])
        place = (base.transcript, base.start, base.end)
        if "rank" in said:
            evidence = tuple(_evidence(value) for key, value in fields if key == "evidence")
            rank, speaker = int(said["rank"]), _speaker(transcript, base.start)
            self.suggestions.append(
                Suggestion(*place, speaker, base.quote, base.code, valence, score, threshold, rank, model, evidence)
            )
        for value in (value for key, value in fields if key == "decision"):
            verdict, coder, time, memo = (split_cells(value) + [""] * 4)[:4]
            self.decisions.append(
                Decision(*place, base.code, valence, score, threshold, model, cast(Verdict, verdict), coder, time, memo)
            )


def _speaker(transcript: Transcript, at: int) -> str:
    return next((turn.speaker for turn in transcript.turns if turn.start <= at < turn.end), "")


def _evidence(line: str) -> Evidence:
    segment, code, similarity, text = (split_cells(line) + [""] * 4)[:4]
    try:
        return Evidence(segment, text, code, float(similarity))
    except ValueError:
        return Evidence(segment, text, code, 0.0)
