"""Load input that several stages need: transcripts, and segments with embeddings."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from comb.errors import BadInputError
from comb.records import Segment, Transcript, spoken
from comb.stages.listener import Listener
from comb.stages.reading import Prepared, Reading, instructions, prepare_all
from comb.stages.reading_cache import prepare_new
from comb.stages.speaker_reports import MOST_NAMED, files_in, quietly, report_speakers, report_stale
from comb.study.files import read_array, read_records, read_transcripts
from comb.study.layout import Study
from comb.study.speakers import ensure_speakers
from comb.transcripts.reader import folder_files, read_folder, transcript_id

if TYPE_CHECKING:
    from comb.encoder.embed import Embeddings, EncoderFacts, TextEncoder
    from comb.learning.artifact import Model
    from comb.learning.dataset import Dataset


def read_all(study: Study, folder: Path, listener: Listener, *, empty: bool = False) -> list[Transcript]:
    """Read all transcripts of a folder at once; see ``each_in``."""
    return [one.transcript for one in each_in(study, folder, listener, empty=empty)]


def read_files(study: Study, files: Sequence[Path], listener: Listener, encoding: str = "") -> list[Transcript]:
    """Read all named files at once; see ``each_of``."""
    return [one.transcript for one in each_of(study, files, listener, encoding)]


def each_in(
    study: Study, folder: Path, listener: Listener, *, empty: bool = False, keep: bool = False
) -> Iterator[Prepared]:
    """Return the transcripts of a folder, sorted by id, read as they are asked for.

    With ``keep``, only files that are new or changed since the last such run are read. At the end it reports those that
    cannot be read, and speakers whose role nobody confirmed. It raises BadInputError if none can be read or, unless
    ``empty`` allows it, there are none.
    """
    ensure_speakers(study.speakers)
    files, errors = folder_files(folder)
    how = instructions(study)
    found = prepare_new(files, how, study.readings, listener) if keep else prepare_all(files, how)
    return each_read(study, folder, found, errors, listener, empty=empty)


def each_read(
    study: Study,
    folder: Path,
    found: Iterable[Prepared | BadInputError],
    errors: list[BadInputError],
    listener: Listener,
    *,
    empty: bool = False,
) -> Iterator[Prepared]:
    """Yield the transcripts among the given ones of a folder, and report errors and speakers as ``each_in`` does."""
    readings = yield from _each(found, errors)
    listener.report(errors)
    if not readings and not (empty and not errors):
        what = "none of its files could be read" if errors else "there are no transcripts"
        remedy = (
            "Put transcripts there (.docx, .odt, .txt, .vtt, .srt, .rtf, .pdf, .csv, .xlsx), or use: comb import FILE."
        )
        raise BadInputError(what, where=str(folder), remedy=remedy)
    report_stale(study, readings, listener)
    report_speakers(study, readings, listener)


def each_of(study: Study, files: Sequence[Path], listener: Listener, encoding: str = "") -> Iterator[Prepared]:
    """Yield the transcripts in the named files; report as ``each_in`` does, or raise the first error if all failed.

    ``encoding`` is that of text files that are not in Unicode; without it the study's params may name it.
    """
    errors: list[BadInputError] = []
    readings = yield from _each(prepare_all(files, instructions(study, encoding)), errors)
    if not readings:
        raise errors[0]
    listener.report(errors)
    report_speakers(study, readings, listener, files)


def _each(
    found: Iterable[Prepared | BadInputError], errors: list[BadInputError]
) -> Generator[Prepared, None, list[Reading]]:
    """Yield what was read, add what was not to the errors, and return the readings."""
    readings = []
    for one in found:
        if isinstance(one, BadInputError):
            errors.append(one)
        else:
            readings.append(one.reading)
            yield one
    return readings


def read_dataset(
    study: Study, listener: Listener, embed: "Callable[[Sequence[Segment]], Embeddings] | None" = None
) -> "Dataset":
    """Read the dataset for training and evaluation, and report repairs.

    The embeddings are those made by ``comb embed``, or returned by ``embed`` for the segments.
    """
    from comb.codings.codings_csv import read_codings, read_participants
    from comb.learning.dataset import make_dataset
    from comb.stages.llm_opinion import outside_scores

    transcripts, segments = read_segmented(study)
    report_changed(study, transcripts, listener)
    codings = read_codings(study.codings, transcripts, study.codebook)
    for warning in codings.warnings:
        listener.note(f"comb: {warning}")
    dataset = make_dataset(
        segments,
        embed(segments) if embed else read_array(study.embeddings, 3),
        codings,
        study.codebook,
        study.params.train,
        read_participants((study.participants, study.people), list(transcripts)),
        outside=outside_scores(study, segments),
        starter=starter_codes(study),
    )
    unplaced = dataset.views.unplaced
    if unplaced:
        listener.note(f"comb: codings outside all segments (interviewers' speech?), not used: {unplaced}.")
    return dataset


def read_segmented(study: Study) -> tuple[dict[str, Transcript], list[Segment]]:
    """Return the output of ``comb segment``: the transcripts by id, and their segments.

    Raises NotReadyError if it has not run, BadInputError if a file is damaged or the two are from different runs.
    """
    remedy = "Run: dvc repro (or: comb segment)."
    transcripts = read_transcripts(study.transcripts, remedy)
    segments = read_records(study.segments, Segment, remedy)
    cuts = {name: transcript.cuts for name, transcript in transcripts.items()}
    for segment in segments:
        text = transcripts[segment.transcript].text if segment.transcript in transcripts else ""
        if not text or spoken(text, segment.start, segment.end, cuts[segment.transcript]) != segment.text:
            what = "transcripts and segments are from different runs"
            raise BadInputError(what, where=study.segments.name, remedy=remedy)
    return transcripts, segments


def report_changed(study: Study, read: Mapping[str, Transcript], listener: Listener) -> None:
    """Report which transcripts' files have changed, or are gone, since ``comb segment`` read them."""
    with quietly():
        found, _ = read_folder(study.raw, study.roles.unconfirmed, study.params.study.given_encodings)
    texts = {transcript.id: transcript.text for transcript in found}
    there = {transcript_id(path) for path in files_in(study.raw)}
    gone = sorted(set(read) - there)
    changed = sorted(name for name in set(read) & set(texts) if texts[name] != read[name].text)
    for names, what in ((gone, "gone"), (changed, "changed")):
        if names:
            said = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" * (len(names) > MOST_NAMED))
            listener.note(f"comb: files in {study.raw.name} are {what} since comb segment: {said}. Run: dvc repro.")


def no_speech(where: Path) -> BadInputError:
    """Return the error for transcripts without any speech that is coded."""
    return BadInputError(
        "no speech of participants was found",
        where=str(where),
        remedy="Confirm who speaks: comb speakers. Or add other roles to segment.roles in configs/params.yaml.",
    )


def encoder_id(study: Study) -> str:
    """Return the id of the exported encoder."""
    return _encoder_facts(study).id


def tuned_on(study: Study) -> str:
    """Return the digest of the data on which the exported encoder was fine-tuned; empty if it was not."""
    return _encoder_facts(study).tuned


def starter_codes(study: Study) -> dict[str, str]:
    """Return the starter's code for each of the study's codes that it knows; none if it is off or does not fit.

    Before there is an encoder, for example before fine-tuning, there are none.
    """
    from comb.learning.shipped_starter import read_starter

    params = study.params.train
    if not params.starter or not study.encoder.is_dir() or (facts := _encoder_facts(study)).tuned:
        return {}
    codes = {code: study.codebook.codes[code].name for code in study.codebook.codes_at(params.level)}
    return read_starter().known(codes, facts.weights_sha256)


def load_model(study: Study) -> "Model":
    """Read the trained model; if none is trained, return the starter for the study's codes.

    Raises NotReadyError if neither is there.
    """
    from comb.learning.artifact import read_model

    known = {} if (study.head / "head.json").exists() else starter_codes(study)
    return shipped_model(study, known) if known else read_model(study.head, encoder_id(study))


def shipped_model(study: Study, known: Mapping[str, str]) -> "Model":
    """Return the starter as a model; ``known`` maps each of the study's codes to the starter's."""
    from comb.learning.shipped_starter import read_starter
    from comb.learning.starter import starter_model

    facts = _encoder_facts(study)
    return starter_model(read_starter(), known, facts.id, facts.dimension, study.params.train.level)


def _encoder_facts(study: Study) -> "EncoderFacts":
    from comb.encoder.embed import read_encoder_facts

    return read_encoder_facts(study.encoder)


def embedded(
    study: Study, segments: Iterable[Segment], count: int, encoder: "TextEncoder", listener: Listener
) -> "Iterator[tuple[list[Segment], Embeddings, int]]":
    """Yield the embeddings of segments group by group, each with the number of new texts."""
    from comb.encoder.embed import Cache, distinct_texts, embed_segments, groups

    context = study.params.embed.context
    cache = Cache(study.cache, encoder)
    with listener.progress("Encoding", count) as advance:
        for group in groups(segments):
            each = len(group) / distinct_texts(group, context=context)
            yield group, *embed_segments(group, cache, _times(each, advance), context=context)
    tell_cut(encoder, listener)


def _times(each: float, advance: Callable[[float], object]) -> Callable[[int], object]:
    """Return a follower of progress to which one thing done counts ``each``."""
    return lambda done: advance(done * each)


def tell_cut(encoder: "TextEncoder", listener: Listener) -> None:
    """Report how many texts were longer than the encoder's limit."""
    tell_texts_cut(encoder.cut, encoder.max_tokens, listener)


def tell_texts_cut(count: int, max_tokens: int, listener: Listener) -> None:
    """Report how many texts were longer than the given number of tokens."""
    if count:
        texts = "1 text is" if count == 1 else f"{count} texts are"
        remedy = "raise encoder.max_tokens if the model reads more, or set segment.unit: sentence"
        listener.note(f"comb: {texts} longer than the {max_tokens} tokens that the encoder reads: {remedy}.")


def all_embedded(study: Study, segments: Sequence[Segment], encoder: "TextEncoder", listener: Listener) -> "Embeddings":
    """Return the embeddings (N, B, D) of all segments at once."""
    import numpy as np

    return np.concatenate(
        [embeddings for _, embeddings, _ in embedded(study, segments, len(segments), encoder, listener)]
    )


def load_aside(study: Study) -> "Future[TextEncoder]":
    """Begin to load the exported encoder in a separate thread."""
    thread = ThreadPoolExecutor(1)
    encoder = thread.submit(load_encoder, study)
    thread.shutdown(wait=False)
    return encoder


def load_encoder(study: Study) -> "TextEncoder":
    """Load the exported encoder."""
    from comb.encoder.embed import OnnxEncoder

    return OnnxEncoder(study.encoder, study.params.embed.batch_tokens)
