"""What several stages start from: transcripts that are read, and segments that are embedded."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comb.errors import BadInputError
from comb.records import Segment, Transcript
from comb.stages.listener import Listener
from comb.study.files import need, read_json
from comb.study.layout import Study
from comb.study.params import Params
from comb.transcripts.doubts import doubts
from comb.transcripts.encoding import EVERY
from comb.transcripts.reader import read_folder, read_transcript, unknown_speakers

if TYPE_CHECKING:
    from comb.encoder.embed import Embeddings, TextEncoder
    from comb.learning.dataset import Dataset


def read_all(folder: Path, params: Params, listener: Listener, *, empty: bool = False) -> list[Transcript]:
    """Read a folder of transcripts and report those that cannot be read.

    Raises BadInputError where none can be read, or, unless ``empty`` allows it, where there are none.
    """
    transcripts, errors = read_folder(folder, params.study.roles, params.study.given_encodings)
    listener.report(errors)
    if not transcripts and not (empty and not errors):
        what = "none of its files could be read" if errors else "there are no transcripts"
        remedy = (
            "Put transcripts there (.docx, .odt, .txt, .vtt, .srt, .rtf, .pdf, .csv, .xlsx), or use: comb import FILE."
        )
        raise BadInputError(what, where=str(folder), remedy=remedy)
    _report_unknown(transcripts, params, listener)
    return transcripts


def read_files(files: Sequence[Path], params: Params, listener: Listener, encoding: str = "") -> list[Transcript]:
    """Read the named files and report those that cannot be read; raise the first error where none can.

    ``encoding`` is that of text files that are not in Unicode; without it the study's params may name it.
    """
    encodings = {EVERY: encoding} if encoding else params.study.given_encodings
    transcripts: list[Transcript] = []
    errors: list[BadInputError] = []
    for path in files:
        try:
            transcripts.append(read_transcript(path, params.study.roles, encodings))
        except BadInputError as error:
            errors.append(error)
    if not transcripts:
        raise errors[0]
    listener.report(errors)
    _report_unknown(transcripts, params, listener)
    return transcripts


def _report_unknown(transcripts: Sequence[Transcript], params: Params, listener: Listener) -> None:
    for name, speakers in unknown_speakers(transcripts, params.study.roles).items():
        listed = ", ".join(repr(speaker) for speaker in speakers)
        listener.note(
            f"comb: {name}: speakers of unknown role, not coded: {listed}. "
            "Add them to study.roles in configs/params.yaml (participant, interviewer or other)."
        )
    for transcript in transcripts:
        for doubt in doubts(transcript):
            listener.note(f"comb: {doubt}")


def read_dataset(
    study: Study, listener: Listener, embed: "Callable[[Sequence[Segment]], Embeddings] | None" = None
) -> "Dataset":
    """Read what train and evaluate start from, and report what had to be repaired.

    The embeddings are those that ``comb embed`` made, or what ``embed`` returns for the segments.
    """
    from comb.codings.codings_csv import read_codings, read_participants
    from comb.learning.dataset import make_dataset
    from comb.study.files import read_array, read_table, read_transcripts

    transcripts = read_transcripts(study.transcripts)
    codings = read_codings(study.codings, transcripts, study.codebook)
    for warning in codings.warnings:
        listener.note(f"comb: {warning}")
    segments = read_table(study.segments, Segment)
    dataset = make_dataset(
        segments,
        embed(segments) if embed else read_array(study.embeddings),
        codings,
        study.codebook,
        study.params.train,
        read_participants(study.participants, list(transcripts)),
    )
    unplaced = dataset.views.unplaced
    if unplaced:
        listener.note(f"comb: {unplaced} codings lie outside all segments (interviewers' speech?): not used.")
    return dataset


def no_speech(where: Path) -> BadInputError:
    """Return the error for transcripts without any speech that is coded."""
    return BadInputError(
        "no speech of participants was found",
        where=str(where),
        remedy="Add the speakers' names to study.roles.participant, or other roles to segment.roles, in params.yaml.",
    )


def encoder_id(study: Study) -> str:
    """Return the id of the exported encoder."""
    return str(_encoder_facts(study)["id"])


def tuned_on(study: Study) -> str:
    """Return the digest of what the exported encoder was fine-tuned on; empty where it was not."""
    return str(_encoder_facts(study).get("tuned", ""))


def _encoder_facts(study: Study) -> dict[str, Any]:
    facts: dict[str, Any] = read_json(need(study.encoder / "encoder.json", "Run: comb encoder."))
    return facts


def embedded(
    study: Study, segments: Sequence[Segment], encoder: "TextEncoder", listener: Listener
) -> "Iterator[tuple[list[Segment], Embeddings, int]]":
    """Yield the embeddings of segments group by group, each with how many texts were new."""
    from comb.encoder.embed import Cache, distinct_texts, embed_segments, groups

    context = study.params.embed.context
    cache = Cache(study.cache, encoder)
    with listener.progress("Encoding", distinct_texts(segments, context=context)) as advance:
        for group in groups(segments):
            yield group, *embed_segments(group, cache, advance, context=context)


def all_embedded(study: Study, segments: Sequence[Segment], encoder: "TextEncoder", listener: Listener) -> "Embeddings":
    """Return the embeddings (N, B, D) of all segments at once."""
    import numpy as np

    return np.concatenate([embeddings for _, embeddings, _ in embedded(study, segments, encoder, listener)])


def load_aside(study: Study) -> "Future[TextEncoder]":
    """Begin to load the exported encoder in a thread of its own."""
    thread = ThreadPoolExecutor(1)
    encoder = thread.submit(load_encoder, study)
    thread.shutdown(wait=False)
    return encoder


def load_encoder(study: Study) -> "TextEncoder":
    """Load the exported encoder."""
    from comb.encoder.embed import OnnxEncoder

    return OnnxEncoder(study.encoder, study.params.embed.batch_tokens)
