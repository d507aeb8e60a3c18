"""What several commands start from: transcripts that are read, and segments that are embedded."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from comb.cli import console as show
from comb.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from comb.encoder.embed import Embeddings, TextEncoder
    from comb.learning.dataset import Material
    from comb.records import Segment, Transcript
    from comb.study.layout import Study
    from comb.study.params import Params


def read_all(folder: Path, params: "Params", *, empty: bool = False) -> "list[Transcript]":
    """Read a folder of transcripts, reporting those that cannot be read; an error where none can."""
    from comb.transcripts.reader import read_folder

    transcripts, errors = read_folder(folder, params.study.roles)
    show.report(errors)
    if not transcripts and not (empty and not errors):
        what = "none of its files could be read" if errors else "there are no transcripts"
        remedy = "Put transcripts there (.docx, .txt, .vtt, .srt, .rtf, .pdf, .csv, .xlsx), or use: comb import FILE."
        raise BadInputError(what, where=str(folder), remedy=remedy)
    _report_unknown(transcripts, params)
    return transcripts


def read_files(files: Sequence[Path], params: "Params") -> "list[Transcript]":
    """Read the files that were named; those that cannot be read are reported, and it is an error if none can."""
    from comb.transcripts.reader import read_transcript

    transcripts: list[Transcript] = []
    errors: list[BadInputError] = []
    for path in files:
        try:
            transcripts.append(read_transcript(path, params.study.roles))
        except BadInputError as error:
            errors.append(error)
    if not transcripts:
        raise errors[0]
    show.report(errors)
    _report_unknown(transcripts, params)
    return transcripts


def _report_unknown(transcripts: "Sequence[Transcript]", params: "Params") -> None:
    from comb.transcripts.reader import unknown_speakers

    for name, speakers in unknown_speakers(transcripts, params.study.roles).items():
        listed = ", ".join(repr(speaker) for speaker in speakers)
        show.note(
            f"comb: {name}: speakers of unknown role, not coded: {listed}. "
            "Add them to study.roles in configs/params.yaml (participant, interviewer or other)."
        )


def study_material(study: "Study", embed: "Callable[[Sequence[Segment]], Embeddings] | None" = None) -> "Material":
    """Read what train and evaluate start from, reporting what had to be mended.

    The embeddings are those that ``comb embed`` made, or what ``embed`` makes of the segments.
    """
    from comb.codings.codings_csv import read_codings, read_participants
    from comb.learning.dataset import gather
    from comb.records import Segment
    from comb.study.files import read_array, read_table, read_transcripts

    transcripts = read_transcripts(study.transcripts)
    codings = read_codings(study.codings, transcripts)
    for warning in codings.warnings:
        show.note(f"comb: {warning}")
    segments = read_table(study.segments, Segment)
    material = gather(
        segments,
        embed(segments) if embed else read_array(study.embeddings),
        codings,
        study.codebook,
        study.params.train,
        read_participants(study.participants, list(transcripts)),
    )
    unplaced = material.views.unplaced
    if unplaced:
        show.note(f"comb: {unplaced} codings lie outside all segments (interviewers' speech?): not used.")
    return material


def no_speech(where: Path) -> BadInputError:
    """Give the error for transcripts without any speech that is coded."""
    return BadInputError(
        "no speech of participants was found",
        where=str(where),
        remedy="Add the speakers' names to study.roles.participant, or other roles to segment.roles, in params.yaml.",
    )


def encoder_id(study: "Study") -> str:
    """Give the id of the exported encoder."""
    from comb.study.files import need, read_json

    return str(read_json(need(study.encoder / "encoder.json", "Run: comb encoder."))["id"])


def tuned_on(study: "Study") -> str:
    """Give the digest of what the exported encoder was fine-tuned on; empty where it was not."""
    from comb.study.files import need, read_json

    return str(read_json(need(study.encoder / "encoder.json", "Run: comb encoder.")).get("tuned", ""))


def embedded(
    study: "Study", segments: "Sequence[Segment]", encoder: "TextEncoder"
) -> "Iterator[tuple[list[Segment], Embeddings, int]]":
    """Give the embeddings of segments group by group, each with how many texts were new."""
    from comb.encoder.embed import Cache, distinct_texts, embed_segments, groups

    context = study.params.embed.context
    cache = Cache(study.cache, encoder)
    with show.progress("Encoding", distinct_texts(segments, context=context)) as advance:
        for group in groups(segments):
            yield group, *embed_segments(group, cache, advance, context=context)


def all_embedded(study: "Study", segments: "Sequence[Segment]", encoder: "TextEncoder") -> "Embeddings":
    """Give the embeddings (N, B, D) of all segments at once."""
    import numpy as np

    return np.concatenate([embeddings for _, embeddings, _ in embedded(study, segments, encoder)])


def load_aside(study: "Study") -> "Future[TextEncoder]":
    """Begin to load the exported encoder, beside what is done meanwhile."""
    thread = ThreadPoolExecutor(1)
    encoder = thread.submit(load_encoder, study)
    thread.shutdown(wait=False)
    return encoder


def load_encoder(study: "Study") -> "TextEncoder":
    """Load the exported encoder."""
    from comb.encoder.embed import OnnxEncoder

    return OnnxEncoder(study.encoder, study.params.embed.batch_tokens)
