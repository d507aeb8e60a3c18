"""Suggest codes for transcripts. Memory does not grow with their number, and a run by hand takes seconds."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from comb.records import UNGATED, UNLIKE, Segment, Suggestion, Transcript
from comb.stages.formats import write_each
from comb.stages.listener import Listener
from comb.stages.llm_opinion import outside_scores, tell_missing
from comb.stages.loading import embedded, load_aside, load_model, no_speech, read_all, read_files
from comb.stages.reliability import assess
from comb.study.atomic import remove, together
from comb.study.files import SUGGESTION_TABLES, write_suggestions, write_text
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.encoder.embed import TextEncoder

NOTES = "unlike-training.txt"
"""Lists, beside the suggestions, the transcripts that are unlike those the model learned from; none where none is."""
UNLIKE_NAMED = 3
"""Transcripts unlike the training part that are named one by one."""


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
    unlike: dict[str, str] = field(default_factory=dict)
    """The transcripts that are unlike those the model learned from, each with what differs."""

    def add(self, segments: Sequence[Segment], suggestions: Sequence[Suggestion], unlike: Mapping[str, str]) -> None:
        """Count some segments with the suggestions for them."""
        self.unlike.update(unlike)
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
    tally = SuggestionTally([transcript.id for transcript in read])
    by_id = {transcript.id: transcript for transcript in read}
    with together(study.root):
        for segments, suggestions, unlike in (
            suggest_for(study, read, encoder, listener, ungated=ungated) if read else ()
        ):
            found: dict[str, list[Suggestion]] = {segment.transcript: [] for segment in segments}
            for item in suggestions:
                found[item.transcript].append(item)
            for name, own in found.items():
                write_transcript_suggestions(study, by_id[name], own, folder, formats, listener)
            tally.add(segments, suggestions, unlike)
        for transcript in read:
            if transcript.id not in tally.segments:
                write_transcript_suggestions(study, transcript, [], folder, formats, listener)
        _report_unlike(tally.unlike, folder, listener)
    return tally


def _report_unlike(unlike: Mapping[str, str], folder: Path, listener: Listener) -> None:
    """Say which transcripts are unlike those that the model learned from, and list them beside the suggestions."""
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
    """Say that a transcript is unlike those that the model learned from.

    >>> unlike_sentence("P07", "its sentences are much longer")
    'P07 is unlike the transcripts that comb learned from (its sentences are much longer): its scores promise less.'
    """
    return f"{name} is unlike the transcripts that comb learned from ({why}): its scores promise less."


def suggest_for(
    study: Study,
    transcripts: Sequence[Transcript],
    loading: "Future[TextEncoder]",
    listener: Listener,
    *,
    ungated: bool = False,
) -> Iterator[tuple[list[Segment], list[Suggestion], dict[str, str]]]:
    """Yield segments with the suggestions for them, whole transcripts at a time.

    With them come those transcripts that are unlike the ones that the model learned from, each with what differs.
    """
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
        most, outside = study.params.suggest.evidence, outside_scores(study, segments)
        done, allowed = 0, None
        for group, embeddings, _ in embedded(study, segments, encoder.result(), listener):
            model = head.result()
            if allowed is None:
                tell_missing(model.codes, outside, listener)
                allowed = assess(study, model.id, model.codes.codes, listener)
            closed = () if ungated else allowed.withheld
            foreign, why = allowed.unlike(group, embeddings, model)
            here, done = slice(done, done + len(group)), done + len(group)
            found = suggest_codes(
                group,
                embeddings,
                model,
                most,
                withheld=closed,
                cutoff=allowed.cutoff,
                unlike=foreign,
                outside={name: scores.of(here) for name, scores in outside.items()},
            )
            if is_starter(model.id) and study.codebook.exclusive:
                found = [item for item in found if item.rank == 1]
            yield group, [_marked(item, allowed.withheld, why) for item in found], why


def _marked(item: Suggestion, withheld: Collection[str], unlike: Collection[str]) -> Suggestion:
    """Mark a suggestion that promises less than others, wherever the model that made it is named."""
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
