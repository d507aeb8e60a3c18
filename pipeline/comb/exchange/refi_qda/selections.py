"""Convert users' selections and codings to codings, suggestions and decisions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from comb.errors import BadInputError
from comb.exchange.refi_qda.document import CodingElement, Selection, Source
from comb.exchange.refi_qda.identifiers import NO_TIME
from comb.exchange.refi_qda.offsets import Span
from comb.exchange.remarks import Remark, as_coding, as_suggestion, read_remarks
from comb.records import Coding, Decision, Suggestion, Transcript

NOBODY = "unknown"
"""Name of the coder if a file names none."""
MAX_QUOTED = 25_000_000
"""Most characters of all quotes together; with more, codings cover the texts too often for any table."""


@dataclass
class SelectionReader:
    """Reads the selections of one project, source by source."""

    codes: Mapping[str, str]
    """Ids of codes, by guid; so are ``users``, ``notes`` and the ids of ``models``."""
    users: Mapping[str, str]
    models: Mapping[str, str]
    fallback: str
    """The coder of codings without a user."""
    notes: Mapping[str, str]
    cases: set[str]
    counted: Counter[str]
    where: str
    own: bool
    """Whether comb wrote the file, so that line ends in memos are the coder's."""
    merged: bool = False
    """Whether QualCoder wrote it, which gives all codings of a selection to one coder."""
    codings: list[Coding] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    case_texts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The transcripts with codings of each case, by its guid."""
    quoted: int = 0

    def read(self, source: Source, transcript: Transcript, spans: Sequence[Span | None]) -> None:
        """Read the selections of a source, each with its place."""
        quotes: dict[Span, str] = {}
        for selection, span in zip(source.selections, spans, strict=True):
            if span is None:
                continue
            quote = quotes.setdefault(span, transcript.text[slice(*span)])
            base = Coding(transcript.id, *span, quote, "", "", "")
            if not selection.codings:
                self._unmarked(base, selection)
            for element in selection.codings:
                self._coded(base, selection, element, transcript)

    def finish(self) -> None:
        """Sort everything; a coding that occurs twice counts once."""
        unique = dict.fromkeys(self.codings)
        self.counted["codings occurred twice"] += len(self.codings) - len(unique)
        self.codings = sorted(unique, key=lambda c: (c.transcript, c.start, c.end, c.coder, c.code, c.valence, c.memo))
        self.suggestions.sort(key=lambda s: (s.transcript, s.start, s.end, s.model, s.rank, s.code))
        self.decisions.sort(key=lambda d: (d.transcript, d.start, d.end, d.model, d.code, d.decided_at, d.coder))

    def _unmarked(self, base: Coding, selection: Selection) -> None:
        remark = self._remarks(base, selection, selection.notes, selection.user)[0]
        if ("read", "no code") in remark.fields:
            self._coding(base, remark, selection.time)
        else:
            self.counted["selections without a code (annotations)"] += 1

    def _coded(self, base: Coding, selection: Selection, element: CodingElement, transcript: Transcript) -> None:
        user, time = element.user or selection.user, element.time or selection.time
        if element.code in self.cases:
            self.case_texts[element.code].add(base.transcript)
            return
        if element.code not in self.codes:
            self.counted["codings are left out, because their codes are not in the file"] += 1
            return
        coded = replace(base, code=self.codes[element.code])
        for remark in self._remarks(coded, selection, (*selection.notes, *element.notes), user):
            model = self.models.get(user, None if self.own else remark.model)
            if model is None:
                self._coding(coded, remark, time)
            else:
                self._suggestion(coded, remark, model, transcript)

    def _remarks(self, base: Coding, selection: Selection, notes: Iterable[str], user: str) -> list[Remark]:
        """Read what is said of a coding; comb's own files say it in the notes, to the letter."""
        texts = [self.notes.get(note, "") for note in notes]
        coder = self.users.get(user) or self.fallback
        if self.own:
            return read_remarks("", texts, base.code, coder)
        texts, description = [_plain(text) for text in texts], _plain(selection.description)
        return read_remarks(description, texts, base.code, coder, merged=self.merged)

    def _coding(self, base: Coding, remark: Remark, time: str) -> None:
        if not remark.coder:
            self.counted[f"codings name no coder; the coder is called {NOBODY!r}"] += 1
            remark = replace(remark, coder=NOBODY)
        self.quoted += len(base.quote)
        if self.quoted > MAX_QUOTED:
            what = f"its codings quote more than {MAX_QUOTED // 1_000_000} million characters"
            raise BadInputError(what, where=self.where, remedy="Code passages, not whole texts.")
        self.codings.append(as_coding(base, remark, time.replace(NO_TIME, "")))

    def _suggestion(self, base: Coding, remark: Remark, model: str, transcript: Transcript) -> None:
        found = as_suggestion(base, remark, model, transcript)
        if found is None:
            self.counted["codings by models of comb have lost their score and are left out"] += 1
            return
        suggestion, decisions = found
        self.suggestions += [suggestion] if suggestion else []
        self.decisions += decisions


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
