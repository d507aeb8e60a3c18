"""The command ``suggest``, whose run by hand takes seconds and whose memory does not grow with the transcripts."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli import app, find_study
from comb.cli import console as show
from comb.cli.formats import write_each
from comb.cli.loading import embedded, encoder_id, load_aside, no_speech, read_all, read_files
from comb.cli.reliability import trust
from comb.records import SUGGESTION_FORMATS

if TYPE_CHECKING:
    from comb.encoder.embed import TextEncoder
    from comb.records import Segment, Suggestion, Transcript
    from comb.study.layout import Study


@app.command("suggest")
def suggest_command(
    files: Annotated[list[Path] | None, typer.Argument(help="Transcripts; by default all in data/new.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the suggestions.")] = None,
    formats: Annotated[
        str, typer.Option("--format", help=f"{', '.join(SUGGESTION_FORMATS)}; several with commas.")
    ] = "",
) -> None:
    """Suggest codes for new transcripts, with score and evidence.

    Example: comb suggest interview.docx --format csv,xlsx
    """
    study = find_study()
    wanted = _formats(formats) or list(study.params.suggest.formats)
    encoder = load_aside(study)
    transcripts = read_files(files, study.params) if files else read_all(study.new, study.params, empty=True)
    folder = out or study.suggestions
    folder.mkdir(parents=True, exist_ok=True)
    if not transcripts:
        show.note(f"No transcripts in {study.new}: put some there, or name a file: comb suggest interview.docx")
        return
    tally, by_id = Tally(), {transcript.id: transcript for transcript in transcripts}
    for segments, suggestions in suggest_for(study, transcripts, encoder):
        found: dict[str, list[Suggestion]] = {segment.transcript: [] for segment in segments}
        for item in suggestions:
            found[item.transcript].append(item)
        for name, own in found.items():
            _write(study, by_id[name], own, folder, wanted)
        tally.add(segments, suggestions)
    for transcript in transcripts:
        if transcript.id not in tally.segments:
            _write(study, transcript, [], folder, wanted)
    tally.show(transcripts)
    show.note(f"Suggestions are in {folder} ({', '.join(wanted)}).")


def suggest_for(
    study: "Study", transcripts: "Sequence[Transcript]", loading: "Future[TextEncoder]"
) -> "Iterator[tuple[list[Segment], list[Suggestion]]]":
    """Give segments with the suggestions for them, whole transcripts at a time."""
    from comb.learning.artifact import read_model
    from comb.learning.suggest import suggest
    from comb.transcripts.segment import segment_transcripts

    # Until spaCy is imported there are no sentences; what they answer is known, and is encoded meanwhile.
    with ThreadPoolExecutor(1) as pool:
        encoder = pool.submit(_warm, loading, study, transcripts)
        head = pool.submit(read_model, study.head, encoder_id(study))
        segments = segment_transcripts(transcripts, study.params.segment)
        if not segments:
            raise no_speech(Path(transcripts[0].source))
        most = study.params.suggest.evidence
        trusted: tuple[dict[str, str], float | None] | None = None
        for group, embeddings, _ in embedded(study, segments, encoder.result()):
            model = head.result()
            trusted = trusted or trust(study, model.id)
            yield group, suggest(group, embeddings, model, most, withheld=trusted[0], cutoff=trusted[1])


def _warm(loading: "Future[TextEncoder]", study: "Study", transcripts: "Sequence[Transcript]") -> "TextEncoder":
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


def _write(
    study: "Study", transcript: "Transcript", suggestions: "list[Suggestion]", folder: Path, wanted: list[str]
) -> None:
    """Write the suggestions for one transcript, in comb's own tables and in the formats of other software."""
    from comb.exchange.project import Project
    from comb.study.files import SUGGESTION_TABLES, write_suggestions

    write_suggestions(folder, transcript.id, suggestions, [name for name in wanted if name in SUGGESTION_TABLES])
    others = [name for name in wanted if name not in SUGGESTION_TABLES]
    if others:
        name = transcript.id
        project = Project(
            name, study.codebook, {name: transcript}, suggestions=tuple(suggestions), new=frozenset({name})
        )
        write_each(project, folder, others)


def _formats(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SUGGESTION_FORMATS:
            known = ", ".join(SUGGESTION_FORMATS)
            raise typer.BadParameter(f"unknown format {name!r}; known: {known}", param_hint="--format")
    return names


@dataclass
class Tally:
    """What a run suggested, counted."""

    segments: Counter[str] = field(default_factory=Counter)
    """By transcript."""
    coded: Counter[str] = field(default_factory=Counter)
    """Segments with a suggestion, by transcript."""
    scores: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By code."""

    def add(self, segments: "Sequence[Segment]", suggestions: "Sequence[Suggestion]") -> None:
        """Count some segments with the suggestions for them."""
        self.segments.update(segment.transcript for segment in segments)
        self.coded.update(item.transcript for item in suggestions if item.rank == 1)
        for item in suggestions:
            self.scores[item.code].append(item.score)

    def show(self, transcripts: "Sequence[Transcript]") -> None:
        """Print the counts as two tables."""
        names = [transcript.id for transcript in transcripts]
        rows = [[n, self.segments[n], self.coded[n], _share(self.coded[n], self.segments[n])] for n in names]
        show.table("Suggestions by transcript", ("transcript", "segments", "with a code", "coverage"), rows)
        codes = [[code, len(s), sum(s) / len(s), max(s)] for code, s in sorted(self.scores.items())]
        show.table("Suggestions by code", ("code", "suggestions", "mean score", "highest"), codes)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"
