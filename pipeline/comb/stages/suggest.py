"""Suggest codes for transcripts. Memory does not grow with their number, and a run by hand takes seconds."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from comb.records import Segment, Suggestion, Transcript
from comb.stages.formats import write_each
from comb.stages.listener import Listener
from comb.stages.llm_opinion import outside_scores, tell_missing
from comb.stages.loading import embedded, load_aside, load_model, no_speech, read_all, read_files
from comb.stages.reliability import Reliability, assess
from comb.study.files import SUGGESTION_TABLES, write_suggestions
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.encoder.embed import TextEncoder

UNGATED = "ungated"
"""What stands after the model's id where it suggests a code that is withheld."""


@dataclass
class SuggestionTally:
    """What a run suggested, counted."""

    transcripts: list[str] = field(default_factory=list)
    """Ids, in the order in which they were read."""
    segments: Counter[str] = field(default_factory=Counter)
    """By transcript."""
    coded: Counter[str] = field(default_factory=Counter)
    """Segments with a suggestion, by transcript."""
    scores: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By code."""

    def add(self, segments: Sequence[Segment], suggestions: Sequence[Suggestion]) -> None:
        """Count some segments with the suggestions for them."""
        self.segments.update(segment.transcript for segment in segments)
        self.coded.update(item.transcript for item in suggestions if item.rank == 1)
        for item in suggestions:
            self.scores[item.code].append(item.score)


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
    """Write suggestions for the files, or for data/new where none are named, into a folder in each format.

    ``encoding`` is that of text files that are not in Unicode. With ``ungated``, codes that are withheld as unreliable
    are suggested too, and marked.
    """
    encoder = load_aside(study)
    if files:
        read = read_files(study, files, listener, encoding)
    else:
        read = read_all(study, study.new, listener, empty=True)
    folder.mkdir(parents=True, exist_ok=True)
    tally, by_id = (
        SuggestionTally([transcript.id for transcript in read]),
        {transcript.id: transcript for transcript in read},
    )
    for segments, suggestions in suggest_for(study, read, encoder, listener, ungated=ungated) if read else ():
        found: dict[str, list[Suggestion]] = {segment.transcript: [] for segment in segments}
        for item in suggestions:
            found[item.transcript].append(item)
        for name, own in found.items():
            write_transcript_suggestions(study, by_id[name], own, folder, formats, listener)
        tally.add(segments, suggestions)
    for transcript in read:
        if transcript.id not in tally.segments:
            write_transcript_suggestions(study, transcript, [], folder, formats, listener)
    return tally


def suggest_for(
    study: Study,
    transcripts: Sequence[Transcript],
    loading: "Future[TextEncoder]",
    listener: Listener,
    *,
    ungated: bool = False,
) -> Iterator[tuple[list[Segment], list[Suggestion]]]:
    """Yield segments with the suggestions for them, whole transcripts at a time."""
    from comb.learning.starter import is_starter
    from comb.learning.suggest import suggest as suggest_codes
    from comb.transcripts.segment import segment_transcripts

    # Until spaCy is imported there are no sentences; what they answer is known, and is encoded meanwhile.
    with ThreadPoolExecutor(1) as pool:
        encoder = pool.submit(_warm, loading, study, transcripts)
        head = pool.submit(load_model, study)
        segments = segment_transcripts(transcripts, study.params.segment)
        if not segments:
            raise no_speech(Path(transcripts[0].source))
        most = study.params.suggest.evidence
        allowed: Reliability | None = None
        for group, embeddings, _ in embedded(study, segments, encoder.result(), listener):
            model = head.result()
            if allowed is None:
                tell_missing(model.codes, outside_scores(study, segments), listener)
            allowed = allowed or assess(study, model.id, model.codes.codes, listener)
            closed = () if ungated else allowed.withheld
            outside = outside_scores(study, group)
            found = suggest_codes(
                group, embeddings, model, most, withheld=closed, cutoff=allowed.cutoff, outside=outside
            )
            if is_starter(model.id) and study.codebook.exclusive:
                found = [item for item in found if item.rank == 1]
            yield group, [_marked(item) if item.code in allowed.withheld else item for item in found]


def _marked(item: Suggestion) -> Suggestion:
    """Mark a suggestion of a code that is withheld, wherever the model that made it is named."""
    return replace(item, model=f"{item.model} {UNGATED}")


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
