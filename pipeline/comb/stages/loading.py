"""What several stages start from: transcripts that are read, and segments that are embedded."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from comb.errors import BadInputError
from comb.records import Segment, Transcript, spoken
from comb.stages.listener import Listener
from comb.stages.reading import Instructions, Prepared, Reading, prepare, prepare_all
from comb.study.files import read_array, read_records, read_transcripts
from comb.study.layout import Study
from comb.study.speakers import StudyRoles, ensure_speakers
from comb.transcripts.confirmed_roles import stale_rows, unknown_speakers
from comb.transcripts.encoding import EVERY
from comb.transcripts.reader import folder_files, read_folder, read_transcript, transcript_files, transcript_id
from comb.transcripts.role_proposals import SpeakerRole, propose_roles
from comb.transcripts.roles import key

if TYPE_CHECKING:
    from comb.encoder.embed import Embeddings, EncoderFacts, TextEncoder
    from comb.learning.artifact import Model
    from comb.learning.dataset import Dataset

MOST_NAMED = 5
"""Transcripts with unconfirmed speakers that are named one by one."""
MOST_COMPARED = 1000
"""Transcripts of a study that are compared to propose who speaks in one of them, in passing."""


def instructions(study: Study, encoding: str = "") -> Instructions:
    """Return how the study's transcripts are read; ``encoding`` is that of text files that are not in Unicode."""
    encodings = {EVERY: encoding} if encoding else study.params.study.given_encodings
    return Instructions(study.roles, encodings, study.params.segment)


def read_all(study: Study, folder: Path, listener: Listener, *, empty: bool = False) -> list[Transcript]:
    """Read a folder of transcripts, as ``each_in`` does, at once."""
    return [one.transcript for one in each_in(study, folder, listener, empty=empty)]


def read_files(study: Study, files: Sequence[Path], listener: Listener, encoding: str = "") -> list[Transcript]:
    """Read the named files, as ``each_of`` does, at once."""
    return [one.transcript for one in each_of(study, files, listener, encoding)]


def each_in(study: Study, folder: Path, listener: Listener, *, empty: bool = False) -> Iterator[Prepared]:
    """Yield the transcripts of a folder, sorted by id.

    At the end report those that cannot be read, and speakers whose role nobody confirmed. Raises BadInputError where
    none can be read, or, unless ``empty`` allows it, where there are none.
    """
    ensure_speakers(study.speakers)
    files, errors = folder_files(folder)
    readings = yield from _each(prepare_all(files, instructions(study)), errors)
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
    """Yield the transcripts in the named files; report as ``each_in`` does, and raise the first error for none.

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


def read_each(
    files: Sequence[Path], roles: StudyRoles, encodings: Mapping[str, str]
) -> tuple[list[Transcript], list[BadInputError]]:
    """Read the named files; what cannot be read is listed beside."""
    transcripts: list[Transcript] = []
    errors: list[BadInputError] = []
    for path in files:
        try:
            transcripts.append(read_transcript(path, roles, encodings))
        except BadInputError as error:
            errors.append(error)
    return transcripts, errors


def read_unconfirmed(study: Study, known: Sequence[Transcript] = ()) -> list[Transcript]:
    """Return the study's transcripts, raw and new, as they are without what a person confirmed of their speakers.

    ``known`` are those that are read already.
    """
    found = {transcript.id: transcript for transcript in known}
    for folder in (study.raw, study.new):
        if any(transcript_id(path) not in found for path in _files(folder)):
            with _quietly():
                others, _ = read_folder(folder, study.roles.unconfirmed, study.params.study.given_encodings)
            for transcript in others:
                found.setdefault(transcript.id, transcript)
    return [found[name] for name in sorted(found)]


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep readers from saying again what they said when the file was read before."""
    logger = logging.getLogger("comb.transcripts")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for _, path in transcript_files(folder))


def report_imported(study: Study, files: Sequence[Path], listener: Listener) -> None:
    """Say which speakers of transcripts that were just brought in a person has to confirm."""
    ensure_speakers(study.speakers)
    how = instructions(study)
    found = [one for one in (prepare(path, how) for path in files) if isinstance(one, Prepared)]
    report_speakers(study, [one.reading for one in found], listener)


def report_stale(study: Study, readings: Sequence[Reading], listener: Listener) -> None:
    """Say which rows of the table of speakers do nothing."""
    others = {key(name) for path in _files(study.raw, study.new) for name in (transcript_id(path), path.name)}
    for stale in stale_rows([one.outline for one in readings], study.roles.rows, others):
        listener.note(f"comb: {study.speakers.name}, {stale}. The row is not used: correct it, or delete it.")


def report_speakers(study: Study, readings: Sequence[Reading], listener: Listener, files: Sequence[Path] = ()) -> None:
    """Say which speakers are not coded because nobody confirmed who they are, with the roles that are proposed.

    ``files`` are those that were read from outside the study.
    """
    unknown = unknown_speakers([one.outline for one in readings], study.roles)
    for one in readings:
        if one.silent and one.outline.id not in unknown:
            what = "nobody speaks in it whose speech is coded"
            listener.note(f"comb: {one.outline.id}: {what}. See: comb speakers.")
    own = {transcript_id(path) for path in _files(study.raw, study.new)}
    sources = {one.outline.id: one.outline.source for one in readings if one.outline.id not in own}
    named = list(unknown)[:MOST_NAMED]
    proposed = _proposed(study, named, [path for path in files if transcript_id(path) not in own])
    for name in named:
        asked = [item for item in proposed if item.transcript == name and item.source == "proposed"]
        listener.note(_question(name, asked, sources.get(name, "")))
    if len(unknown) > MOST_NAMED:
        rest = len(unknown) - MOST_NAMED
        more = "1 more transcript has" if rest == 1 else f"{rest} more transcripts have"
        listener.note(f"comb: {more} such speakers. To see all: comb speakers.")
    for one in readings:
        for doubt in one.doubts if unknown.get(one.outline.id) != [""] else ():
            listener.note(f"comb: {doubt}")


def _proposed(study: Study, names: Sequence[str], others: Sequence[Path]) -> list[SpeakerRole]:
    """Return who probably speaks in transcripts of these names, which lie in the study or in other files.

    The study's transcripts are read again for it, all together: in a study of more than ``MOST_COMPARED`` nothing is
    proposed but by ``comb speakers``.
    """
    if not names or sum(1 for _ in _files(study.raw, study.new)) > MOST_COMPARED:
        return []
    roles = study.roles
    with _quietly():
        found, _ = read_each(
            [path for path in others if transcript_id(path) in names],
            roles.unconfirmed,
            study.params.study.given_encodings,
        )
    return propose_roles(read_unconfirmed(study, found), roles)


def _question(name: str, speakers: Sequence[SpeakerRole], file: str) -> str:
    """Ask who speaks; ``file`` is the name of a file outside the study."""
    command = f'comb speakers "{file}"' if file else "comb speakers"
    if not speakers:
        return f"comb: {name}: speakers of unknown role, not coded. See: {command}."
    listed = ", ".join(f"{item.speaker or 'nobody is named'!r} ({_guess(item)})" for item in speakers)
    known = all(item.role for item in speakers)
    remedy = f"Confirm with: {command} --accept." if known else f"See: {command}."
    return f"comb: {name}: speakers of unknown role, not coded: {listed}. {remedy}"


def _guess(item: SpeakerRole) -> str:
    return f"{item.role}?" if item.role else "who is this?"


def read_dataset(
    study: Study, listener: Listener, embed: "Callable[[Sequence[Segment]], Embeddings] | None" = None
) -> "Dataset":
    """Read what train and evaluate start from, and report what had to be repaired.

    The embeddings are those that ``comb embed`` made, or what ``embed`` returns for the segments.
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
        listener.note(f"comb: {unplaced} codings lie outside all segments (interviewers' speech?): not used.")
    return dataset


def read_segmented(study: Study) -> tuple[dict[str, Transcript], list[Segment]]:
    """Return what ``comb segment`` wrote: the transcripts by id, and their segments.

    Raises NotReadyError where it has not run, BadInputError where a file is damaged or the two are not of one run.
    """
    remedy = "Run: dvc repro (or: comb segment)."
    transcripts = read_transcripts(study.transcripts, remedy)
    segments = read_records(study.segments, Segment, remedy)
    cuts = {name: transcript.cuts for name, transcript in transcripts.items()}
    for segment in segments:
        text = transcripts[segment.transcript].text if segment.transcript in transcripts else ""
        if not text or spoken(text, segment.start, segment.end, cuts[segment.transcript]) != segment.text:
            what = "transcripts and segments are not of one run"
            raise BadInputError(what, where=study.segments.name, remedy=remedy)
    return transcripts, segments


def report_changed(study: Study, read: Mapping[str, Transcript], listener: Listener) -> None:
    """Say which transcripts' files have changed, or are gone, since ``comb segment`` read them."""
    with _quietly():
        found, _ = read_folder(study.raw, study.roles.unconfirmed, study.params.study.given_encodings)
    texts = {transcript.id: transcript.text for transcript in found}
    there = {transcript_id(path) for path in _files(study.raw)}
    gone = sorted(set(read) - there)
    changed = sorted(name for name in set(read) & set(texts) if texts[name] != read[name].text)
    for names, what in ((gone, "not there any more"), (changed, "changed")):
        if names:
            said = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" * (len(names) > MOST_NAMED))
            listener.note(f"comb: files in {study.raw.name} are {what} since comb segment: {said}. Run: dvc repro.")


def no_speech(where: Path) -> BadInputError:
    """Return the error for transcripts without any speech that is coded."""
    return BadInputError(
        "no speech of participants was found",
        where=str(where),
        remedy="Say who speaks: comb speakers. Or add other roles to segment.roles in configs/params.yaml.",
    )


def encoder_id(study: Study) -> str:
    """Return the id of the exported encoder."""
    return _encoder_facts(study).id


def tuned_on(study: Study) -> str:
    """Return the digest of what the exported encoder was fine-tuned on; empty where it was not."""
    return _encoder_facts(study).tuned


def starter_codes(study: Study) -> dict[str, str]:
    """Return the starter's code for each of the study's codes that it knows; none where it is off or does not fit.

    Before there is an encoder, as where it is about to be fine-tuned, the starter has nothing to say.
    """
    from comb.learning.shipped_starter import read_starter

    params = study.params.train
    if not params.starter or not study.encoder.is_dir() or (facts := _encoder_facts(study)).tuned:
        return {}
    codes = {code: study.codebook.codes[code].name for code in study.codebook.codes_at(params.level)}
    return read_starter().known(codes, facts.weights_sha256)


def load_model(study: Study) -> "Model":
    """Read the trained model; where none is trained, return the starter for the study's codes.

    Raises NotReadyError where neither is there.
    """
    from comb.learning.artifact import read_model

    known = {} if (study.head / "head.json").exists() else starter_codes(study)
    return shipped_model(study, known) if known else read_model(study.head, encoder_id(study))


def shipped_model(study: Study, known: Mapping[str, str]) -> "Model":
    """Return the starter as a model; ``known`` holds its code for each of the study's."""
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
    """Yield the embeddings of so many segments group by group, each with how many texts were new."""
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
    """Say how many texts were longer than the encoder reads."""
    if encoder.cut:
        texts = "1 text is" if encoder.cut == 1 else f"{encoder.cut} texts are"
        remedy = "raise encoder.max_tokens if the model reads more, or let segment.unit be sentence"
        listener.note(f"comb: {texts} longer than the {encoder.max_tokens} tokens that the encoder reads: {remedy}.")


def all_embedded(study: Study, segments: Sequence[Segment], encoder: "TextEncoder", listener: Listener) -> "Embeddings":
    """Return the embeddings (N, B, D) of all segments at once."""
    import numpy as np

    return np.concatenate(
        [embeddings for _, embeddings, _ in embedded(study, segments, len(segments), encoder, listener)]
    )


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
