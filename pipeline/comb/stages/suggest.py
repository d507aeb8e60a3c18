"""Suggest codes for transcripts. Memory does not grow with their number, and a run for a few takes seconds."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from comb.records import UNGATED, UNLIKE, Segment, Suggestion, Transcript
from comb.stages.formats import write_each
from comb.stages.listener import Listener
from comb.stages.llm_opinion import OutsideTable, tell_missing
from comb.stages.loading import each_in, each_of, load_aside, load_model, no_speech, tell_cut
from comb.stages.reading import Prepared
from comb.stages.reliability import Reliability, assess
from comb.study.atomic import remove, together
from comb.study.files import write_text
from comb.study.layout import Study
from comb.study.suggestion_files import SUGGESTION_TABLES, write_suggestions

if TYPE_CHECKING:
    from comb.encoder.embed import Cache, Embeddings, Progress, TextEncoder
    from comb.learning.artifact import Model

NOTES = "unlike-training.txt"
"""File beside the suggestions that lists transcripts unlike those the model learned from; missing if there are none."""
UNLIKE_NAMED = 3
"""Most transcripts unlike the training part that are named individually."""
BATCH_CHARACTERS = 600_000
"""Length of the transcripts that are processed together, about 8,000 sentences; bounds memory."""


@dataclass(frozen=True)
class Suggested:
    """The suggestions for one transcript."""

    transcript: Transcript
    segments: Sequence[Segment]
    suggestions: list[Suggestion]
    unlike: str = ""
    """How it differs from the transcripts that the model learned from; empty if it does not."""


@dataclass
class CodeTally:
    """Counts of the suggestions of one code."""

    count: int = 0
    total: float = 0.0
    """Sum of the scores."""
    highest: float = 0.0

    @property
    def mean(self) -> float:
        """The mean score."""
        return self.total / self.count

    def add(self, score: float) -> None:
        """Count one more."""
        self.count, self.total, self.highest = self.count + 1, self.total + score, max(self.highest, score)


@dataclass
class SuggestionTally:
    """Counts of the suggestions of a run."""

    segments: dict[str, int] = field(default_factory=dict)
    """Number of segments by transcript, in the order of reading."""
    coded: Counter[str] = field(default_factory=Counter)
    """Number of segments with a suggestion, by transcript."""
    codes: dict[str, CodeTally] = field(default_factory=dict)
    unlike: dict[str, str] = field(default_factory=dict)
    """The transcripts that are unlike those the model learned from, each with what differs."""

    @property
    def transcripts(self) -> Collection[str]:
        """Ids of the transcripts, in the order of reading."""
        return self.segments.keys()

    def add(self, transcript: str, segments: int, scores: Sequence[tuple[str, float, int]], unlike: str) -> None:
        """Add a transcript, given the code, score and rank of each of its suggestions."""
        self.segments[transcript] = segments
        self.coded[transcript] = sum(rank == 1 for _, _, rank in scores)
        for code, score, _ in scores:
            self.codes.setdefault(code, CodeTally()).add(score)
        if unlike:
            self.unlike[transcript] = unlike


def suggest(
    study: Study,
    files: Sequence[Path],
    folder: Path,
    formats: Sequence[str],
    listener: Listener,
    encoding: str = "",
    *,
    ungated: bool = False,
) -> SuggestionTally:
    """Write suggestions for the files, or for data/new if none are named, into a folder, in each format.

    ``encoding`` is that of text files that are not in Unicode. With ``ungated``, codes that are withheld as unreliable
    are suggested too, and marked.
    """
    encoder = load_aside(study)
    read = each_of(study, files, listener, encoding) if files else each_in(study, study.new, listener, empty=True)
    folder.mkdir(parents=True, exist_ok=True)
    tally = SuggestionTally()
    with together(study.root):
        for one in suggest_for(study, read, encoder, listener, ungated=ungated):
            write_transcript_suggestions(study, one.transcript, one.suggestions, folder, formats, listener)
            scores = [(item.code, item.score, item.rank) for item in one.suggestions]
            tally.add(one.transcript.id, len(one.segments), scores, one.unlike)
        report_unlike(tally.unlike, folder, listener)
    return tally


def report_unlike(unlike: Mapping[str, str], folder: Path, listener: Listener) -> None:
    """Report transcripts that are unlike those that the model learned from, and list them beside the suggestions."""
    for name in list(unlike)[:UNLIKE_NAMED]:
        listener.note(f"comb: {unlike_sentence(name, unlike[name])}")
    if len(unlike) > UNLIKE_NAMED:
        rest = len(unlike) - UNLIKE_NAMED
        listener.note(f"comb: {rest} more transcript{'s are' if rest > 1 else ' is'} unlike them: {folder / NOTES}")
    if unlike:
        write_text(folder / NOTES, "\n".join(unlike_sentence(name, why) for name, why in unlike.items()) + "\n")
    else:
        remove(folder / NOTES)


def unlike_sentence(name: str, why: str) -> str:
    """Return the sentence for a transcript that is unlike those that the model learned from.

    >>> unlike_sentence("P07", "its sentences are much longer")
    'P07 is unlike the transcripts that comb learned from (its sentences are much longer): scores are less reliable.'
    """
    return f"{name} is unlike the transcripts that comb learned from ({why}): scores are less reliable."


class Suggester:
    """Everything needed to make suggestions, loaded once.

    The suggestions for a transcript depend, to the bit, only on that transcript and the model: not on the other
    transcripts of a run, nor on other workers.
    """

    def __init__(
        self, study: Study, cache: "Cache", model: "Model", listener: Listener, *, ungated: bool = False
    ) -> None:
        self.study, self.cache, self.model, self.ungated = study, cache, model, ungated
        self.allowed: Reliability = assess(study, model.id, model.codes.codes, listener)
        self.outside = OutsideTable.read(study)

    def suggest(
        self, batch: Sequence[tuple[Transcript, Sequence[Segment]]], progress: "Progress"
    ) -> Iterator[Suggested]:
        """Yield the suggestions for some transcripts, whose texts are encoded together."""
        from comb.encoder.embed import embed_segments

        every = [segment for _, segments in batch for segment in segments]
        embeddings, _ = embed_segments(every, self.cache, progress, context=self.study.params.embed.context)
        done = 0
        for transcript, segments in batch:
            here, done = slice(done, done + len(segments)), done + len(segments)
            yield self._of(transcript, segments, embeddings[here]) if segments else Suggested(transcript, (), [])

    def _of(self, transcript: Transcript, segments: Sequence[Segment], embeddings: "Embeddings") -> Suggested:
        from comb.learning.starter import is_starter
        from comb.learning.suggest import suggest as suggest_codes

        foreign, why = self.allowed.unlike(segments, embeddings, self.model)
        found = suggest_codes(
            segments,
            embeddings,
            self.model,
            self.study.params.suggest.evidence,
            withheld=() if self.ungated else self.allowed.withheld,
            cutoff=self.allowed.cutoff,
            unlike=foreign,
            outside=self.outside.of(segments),
        )
        if is_starter(self.model.id) and self.study.codebook.exclusive:
            found = [item for item in found if item.rank == 1]
        marked = [_marked(item, self.allowed.withheld, why) for item in found]
        return Suggested(transcript, segments, marked, why.get(transcript.id, ""))


def suggest_for(
    study: Study,
    read: Iterable[Prepared],
    loading: "Future[TextEncoder]",
    listener: Listener,
    *,
    ungated: bool = False,
) -> Iterator[Suggested]:
    """Yield the suggestions for each transcript, in order.

    Raises BadInputError at the end if none of them contains speech to code.
    """
    from comb.encoder.embed import Cache, distinct_texts

    suggester, done, spoken, name = None, 0, 0, ""
    with ThreadPoolExecutor(1) as pool:
        for batch in batches(read):
            if suggester is None:
                # Until spaCy is imported there are no sentences; what they answer is known, and is encoded meanwhile.
                encoder = pool.submit(_warm, loading, study, [one.transcript for one in batch])
                head = pool.submit(load_model, study)
            pairs = [(one.transcript, one.cut(study.params.segment)) for one in batch]
            segments = [segment for _, own in pairs for segment in own]
            name, spoken = name or pairs[0][0].source, spoken + len(segments)
            if suggester is None:
                suggester = Suggester(
                    study, Cache(study.cache, encoder.result()), head.result(), listener, ungated=ungated
                )
            title = f"Encoding ({done} transcripts done)" if done else "Encoding"
            texts = distinct_texts(segments, context=study.params.embed.context)
            with listener.progress(title, texts) as advance:
                yield from suggester.suggest(pairs, advance)
            done += len(batch)
    if suggester is None:
        return
    if not spoken:
        raise no_speech(Path(name))
    tell_missing(suggester.model.codes, suggester.outside.met, listener)
    tell_cut(suggester.cache.encoder, listener)


def batches(read: Iterable[Prepared]) -> Iterator[list[Prepared]]:
    """Group transcripts into batches of ``BATCH_CHARACTERS`` or a little more."""
    batch: list[Prepared] = []
    size = 0
    for one in read:
        batch.append(one)
        size += len(one.transcript.text)
        if size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _marked(item: Suggestion, withheld: Collection[str], unlike: Collection[str]) -> Suggestion:
    """Mark a less trustworthy suggestion in the name of its model."""
    marks = [mark for mark, here in ((UNLIKE, item.transcript in unlike), (UNGATED, item.code in withheld)) if here]
    return replace(item, model=" ".join([item.model, *marks]))


def _warm(loading: "Future[TextEncoder]", study: Study, transcripts: Sequence[Transcript]) -> "TextEncoder":
    """Wait for the encoder, and let the cache know what the first segments answer."""
    from comb.encoder.embed import CHUNK, Cache
    from comb.transcripts.segment import contexts

    encoder = loading.result()
    if study.params.embed.context:
        roles = study.params.segment.roles
        pairs = ((turn, text) for t in transcripts for turn, text in zip(t.turns, contexts(t), strict=True))
        answered = (text for turn, text in pairs if text and turn.role in roles)
        Cache(study.cache, encoder).encode(list(islice(answered, CHUNK)))
    return encoder


def write_transcript_suggestions(
    study: Study,
    transcript: Transcript,
    suggestions: list[Suggestion],
    folder: Path,
    formats: Sequence[str],
    listener: Listener,
) -> None:
    """Write the suggestions for one transcript, in comb's own tables and in the formats of other software."""
    from comb.exchange.project import Project

    write_suggestions(folder, transcript.id, suggestions, [name for name in formats if name in SUGGESTION_TABLES])
    others = [name for name in formats if name not in SUGGESTION_TABLES]
    if others:
        name = transcript.id
        project = Project(
            name, study.codebook, {name: transcript}, suggestions=tuple(suggestions), new=frozenset({name})
        )
        write_each(project, folder, others, listener)
