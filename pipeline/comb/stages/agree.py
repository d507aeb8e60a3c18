"""Agreement of coders, their disagreements, and the consensus."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from comb.agreement.disagreements import FILLED, apply, coders_of, header, listing, table_listing, unit_answers
from comb.agreement.human_vs_model import MARGIN
from comb.agreement.results import Agreement, ModelFacts
from comb.agreement.scales import SCALE_LEVELS, ScaleLevel
from comb.agreement.summarise import Settings, default_coders, summarise_study, summarise_table
from comb.agreement.table_files import TableFile, open_tables
from comb.agreement.unit_tables import read_tables
from comb.agreement.units import CONSENSUS, CodedStudy, book_for
from comb.codings.blind import keep_blind
from comb.codings.codings_csv import (
    NOT_CODINGS,
    CodingsRead,
    joined,
    read_codings,
    read_codings_file,
    tables_in,
    write_codings,
)
from comb.codings.language_model import LlmRun
from comb.codings.machine import LLM
from comb.codings.table_columns import find_columns, is_codings_header
from comb.errors import BadInputError, CombError, NotReadyError
from comb.exchange.attributes import read_attributes
from comb.records import Coding, Segment, Transcript
from comb.stages.listener import Listener
from comb.stages.llm_results import CODINGS, NEW, all_runs, llm_codings
from comb.stages.loading import read_all, read_segmented, report_changed
from comb.stages.measured import read_metrics
from comb.stages.reliability import model_id
from comb.study.files import read_rows
from comb.study.layout import Study
from comb.study.params import AgreementParams

QUOTE_WORDS = 3
"""Mean number of words from which a column contains quotes; names of units have fewer."""
Listed = tuple[list[str], list[list[object]]]
"""A list of disagreements: its columns and its rows."""


@dataclass(frozen=True)
class AgreeOptions:
    """The settings of ``comb agree``; empty or None: as in the params."""

    unit: Literal["", "segment", "turn", "transcript", "character"] = ""
    level: str = ""
    """A level of the codebook; for unit tables, of the scale: nominal, ordinal, interval or ratio."""
    coders: tuple[str, ...] = ()
    reference: str = ""
    coding: Literal["", "exclusive", "multiple"] = ""
    shape: Literal["", "long", "code-columns", "coders", "one-hot", "code-files"] = ""
    missing: tuple[str, ...] = ()
    """Values for a missing answer in unit tables, besides the usual marks; none: no others."""
    empty: Literal["", "no", "missing"] = ""
    """The meaning of an empty cell in a yes/no table."""
    order: tuple[str, ...] = ()
    """The codes of an ordinal scale, from low to high."""
    blind_only: bool = False
    """Whether codings that were not made blind are left out."""
    overlap: float = 0.9
    margin: float = MARGIN
    new: bool = False
    """Whether ``data/new`` and its codings in ``data/reference`` are compared, in place of ``data/raw``."""
    bootstrap: int | None = None
    seed: int | None = None


@dataclass(frozen=True)
class _Job:
    material: CodedStudy
    settings: Settings
    coders: tuple[str, ...]


def unit_tables(files: Sequence[Path]) -> list[TableFile]:
    """Open the files where they are unit tables; return nothing if they are codings CSV files."""
    if len({path.name for path in files}) < len(files):
        raise BadInputError("two files have the same name", remedy="Rename one of them.")
    tables, errors = [], []
    for path in files:
        try:
            tables += open_tables(path)
        except CombError as error:
            errors.append(error)
    if errors:
        raise joined(errors)
    codings = [table for table in tables if _holds_codings(table)]
    if codings and len(codings) < len(tables):
        remedy = "Name either codings CSV files of one study or unit tables."
        raise BadInputError("some of the files are codings and some are unit tables", remedy=remedy)
    return [] if codings else tables


def _holds_codings(table: TableFile) -> bool:
    """Return whether a table contains quotes of transcripts, by its columns and by whether the quotes are words."""
    if not is_codings_header(table.header):
        return False
    columns = find_columns(table.header)
    if columns.start and columns.end:
        return True
    at = table.header.index(columns.quote)
    quotes = [row[at].split() for row in table.sample if at < len(row) and row[at].strip()]
    return sum(map(len, quotes)) >= QUOTE_WORDS * max(len(quotes), 1)


def agree_on_tables(
    tables: Sequence[TableFile], options: AgreeOptions, files: Sequence[Path], listener: Listener, *, listed: bool
) -> tuple[Agreement, Listed]:
    """Compare the coders of unit tables; return all figures and, where ``listed``, the disagreements."""
    level = _scale_level(options.level)
    if options.order and level != "ordinal":
        raise BadInputError("--order is for an ordinal scale", remedy="Add --level ordinal, or leave --order out.")
    read = read_tables(
        tables, options.coding, options.shape, level, options.order, missing=options.missing, empty=options.empty
    )
    defaults = AgreementParams()
    settings = Settings(
        coders=options.coders,
        reference=options.reference,
        overlap=options.overlap,
        margin=options.margin,
        replicates=options.bootstrap or defaults.bootstrap,
        seed=defaults.seed if options.seed is None else options.seed,
        shape=read.shape,
        inputs=digests(files),
    )
    with listener.status("Comparing"):
        found = summarise_table(read.ratings, settings, read.reading, read.notes)
    return found, table_listing(read.ratings.of(found.coders)) if listed else ([], [])


def _scale_level(name: str) -> ScaleLevel:
    found = next((level for level in SCALE_LEVELS if level == (name or "nominal")), None)
    if found is None:
        remedy = f"For unit tables it is one of: {', '.join(SCALE_LEVELS)}. A level of the codebook needs a study."
        raise BadInputError(f"--level {name} needs a study", remedy=remedy)
    return found


def nothing_to_compare(study: Study) -> bool:
    """Return whether the study's model is the starter because nobody has coded anything yet."""
    from comb.learning.starter import is_starter

    coded = any(path.name not in NOT_CODINGS for path in study.codings.glob("*.csv"))
    return not coded and is_starter(model_id(study))


def agree_on_study(
    study: Study, files: Sequence[Path], options: AgreeOptions, listener: Listener
) -> tuple[Agreement, Listed]:
    """Compare the coders of a study, people and the model; return all figures and the disagreements."""
    job = _job(study, files, options, listener)
    material, settings = job.material, job.settings
    with listener.status("Comparing"):
        found = replace(
            summarise_study(material, settings),
            model_facts=_model_facts(study, material),
            language_models=_language_models(study, material),
        )
    if options.blind_only:
        found = replace(found, reading="Only codings that people made blind are compared.")
    unit = settings.unit if settings.unit == "turn" else "segment"
    people = [name for name in job.coders if name not in material.models] or list(job.coders)
    rows = listing(unit_answers(material, people, "", unit), people, material.codebook)
    return found, (header(people), rows)


def apply_consensus(study: Study, files: Sequence[Path], options: AgreeOptions, file: Path, listener: Listener) -> None:
    """Write the codings of a list of disagreements that was filled in to a new file in the codings folder."""
    job = _job(study, files, options, listener)
    listed = list(read_rows(file, ("transcript", "start", "end", *FILLED)))
    if not listed:
        raise BadInputError(
            "the list is empty", where=file.name, remedy="Make one with: comb agree --disagreements FILE"
        )
    coders = coders_of(list(listed[0][1])) or list(job.coders)
    unit = job.settings.unit if job.settings.unit == "turn" else "segment"
    rows = unit_answers(job.material, coders, "", unit)
    before = {c.transcript for c in job.material.read.codings if c.coder == CONSENSUS}
    done = apply(listed, rows, book_for(job.material, unit), before, file.name)
    for name, count in done.open.items():
        listener.note(
            f"comb: {name}: rows not decided yet: {count}; fill in column consensus and apply the list again."
        )
    for name in done.kept:
        listener.note(
            f"comb: {name} already has a consensus, which is kept. To replace it, remove its codings of {CONSENSUS}."
        )
    if done.codings:
        target = _new_file(study.codings / "consensus.csv")
        write_codings(target, done.codings)
        listener.note(
            f"Transcripts: {len(done.finished)}, codings of coder {CONSENSUS}: {len(done.codings)} → {target}"
        )
    elif not done.open and not done.kept:
        listener.note("comb: no row of the list is decided yet: fill in column consensus.")


def _job(study: Study, files: Sequence[Path], options: AgreeOptions, listener: Listener) -> _Job:
    params = study.params
    material = _new_material(study, listener) if options.new else _material(study, files, listener)
    if options.blind_only:
        material = _blind_only(material, options, listener)
    level = options.level or params.agreement.level
    trained = params.train.level
    coders, book = options.coders or default_coders(material), study.codebook
    people = [name for name in coders if name not in material.models]
    if len(people) < len(coders) and len(people) < 2 and not options.level:
        level = trained
        one = "only one person coded" if not options.coders else "only one person is named"
        listener.note(f"comb: {one}: compared with the model, at the level it is trained at ({level}).")
    if level in SCALE_LEVELS and level not in book.levels:
        remedy = f"Codes of a study are nominal. The codebook's levels are: {', '.join(book.levels)}."
        raise BadInputError(f"--level {level} is for unit tables", remedy=remedy)
    inputs = digests(files or tables_in(study.reference if options.new else study.codings))
    return _Job(material, _settings(study, options, level, coders, inputs), coders)


def _settings(
    study: Study, options: AgreeOptions, level: str, coders: tuple[str, ...], inputs: tuple[tuple[str, str], ...] = ()
) -> Settings:
    params, book, trained = study.params, study.codebook, study.params.train.level
    beside = trained if book.level_index(level) > book.level_index(trained) else level
    return Settings(
        unit=options.unit or params.agreement.unit,
        level=level or book.levels[-1],
        machine_level=beside or book.levels[-1],
        coders=coders,
        reference=options.reference,
        overlap=options.overlap,
        margin=options.margin,
        replicates=options.bootstrap or params.agreement.bootstrap,
        seed=params.agreement.seed if options.seed is None else options.seed,
        inputs=inputs,
    )


def agree_on_material(study: Study, material: CodedStudy) -> Agreement:
    """Compare the people in the given codings, with the settings of ``comb agree``.

    Raises NotReadyError if fewer than two people coded, and BadInputError if there is nothing to compare.
    """
    if len(material.people) < 2:
        remedy = "Have two people finish the same transcripts."
        raise NotReadyError("there are no two coders to compare yet", remedy=remedy)
    return summarise_study(material, _settings(study, AgreeOptions(), study.params.agreement.level, material.people))


def _blind_only(material: CodedStudy, options: AgreeOptions, listener: Listener) -> CodedStudy:
    """Leave out codings that were not made blind, and report how many. Raises NotReadyError if none is left."""
    exempt = {*material.models, options.reference}
    read, left_out = keep_blind(material.read, exempt)
    for (transcript, coder), count in left_out.items():
        listener.note(f"comb: {transcript}, coder {coder}: codings left out because they were not made blind: {count}.")
    total = sum(left_out.values())
    kept = sum(bool(coding.code) and coding.coder not in exempt for coding in read.codings)
    listener.note(f"comb: --blind-only: codings used: {kept}, left out: {total}.")
    if not any(coding.coder not in exempt for coding in read.codings):
        remedy = "Code in blind mode in comb review, and export; column blind of the codings shows which are."
        raise NotReadyError("no codings were made blind", remedy=remedy)
    return replace(material, read=read)


def _material(study: Study, files: Sequence[Path], listener: Listener) -> CodedStudy:
    transcripts, segments = read_segmented(study)
    report_changed(study, transcripts, listener)
    read = read_codings(study.codings, transcripts, study.codebook)
    if files:
        parts = [read_codings_file(path, transcripts, study.codebook) for path in files]
        codings = tuple(coding for part, _ in parts for coding in part)
        read = CodingsRead(codings, tuple(w for _, warnings in parts for w in warnings), read.coverage)
    for warning in read.warnings:
        listener.note(f"comb: {warning}")
    models: dict[str, Sequence[str]] = {}
    if not files:
        held_out, models = _held_out(study, transcripts, listener)
        coded, runs = llm_codings(study, transcripts, CODINGS, listener)
        models |= {run.coder: run.codes for run in runs}
        read = replace(read, codings=(*read.codings, *held_out, *coded))
    if not read.codings:
        remedy = "Put codings CSV files there, or name some: comb agree FILE..."
        raise NotReadyError("there are no codings", where=str(study.codings), remedy=remedy)
    return coded_study(study, transcripts, segments, read, models)


def people_on_segments(study: Study, listener: Listener) -> tuple[CodedStudy, list[str]]:
    """Return the study's codings, and the people among the coders. Raises NotReadyError for fewer than two people."""
    material = _material(study, (), listener)
    if len(material.people) < 2:
        remedy = "Two people must have coded the same transcripts."
        raise NotReadyError("there are no two coders to compare", where=str(study.codings), remedy=remedy)
    return material, list(material.people)


def _new_material(study: Study, listener: Listener) -> CodedStudy:
    """Return the new transcripts with people's codings of them, and those of language models."""
    from comb.transcripts.segment import segment_transcripts

    transcripts = {transcript.id: transcript for transcript in read_all(study, study.new, listener)}
    read = read_codings(study.reference, transcripts, study.codebook)
    for warning in read.warnings:
        listener.note(f"comb: {warning}")
    if not read.codings:
        remedy = "Put codings CSV files of the new transcripts there."
        raise NotReadyError("there are no codings", where=str(study.reference), remedy=remedy)
    coded, runs = llm_codings(study, transcripts, NEW, listener)
    segments = segment_transcripts(transcripts.values(), study.params.segment)
    read = replace(read, codings=(*read.codings, *coded))
    return coded_study(study, transcripts, segments, read, {run.coder: run.codes for run in runs})


def coded_study(
    study: Study,
    transcripts: Mapping[str, Transcript],
    segments: Sequence[Segment],
    read: CodingsRead,
    models: Mapping[str, Sequence[str]],
) -> CodedStudy:
    """Return the data for a comparison in a study."""
    params = study.params
    whole = params.segment.unit == "turn"
    roles = params.segment.roles
    return CodedStudy(
        transcripts,
        segments,
        read,
        study.codebook,
        roles,
        params.train.overlap,
        models,
        whole,
        read_attributes(study.attributes),
    )


def _held_out(
    study: Study, transcripts: Mapping[str, Transcript], listener: Listener
) -> tuple[list[Coding], dict[str, Sequence[str]]]:
    """Read the predictions of cross-validated models, and which codes they know; nothing if missing or outdated."""
    if not study.heldout.exists():
        return [], {}
    try:
        codings, _ = read_codings_file(study.heldout, transcripts)
    except BadInputError:
        listener.note(
            f"comb: {study.heldout.name} is from other transcripts, so the model is left out. Run: dvc repro."
        )
        return [], {}
    metrics = read_metrics(study)
    known = list(metrics.codes) if metrics else sorted({c.code for c in codings if c.code})
    return codings, dict.fromkeys(sorted({coding.coder for coding in codings}), known)


def _model_facts(study: Study, material: CodedStudy) -> ModelFacts | None:
    """Return the data on the model that is compared from the study's files; None if there is none."""
    classifiers = [name for name in material.models if not name.startswith(LLM)]
    metrics = read_metrics(study) if classifiers else None
    if metrics is None:
        return None
    return ModelFacts(
        id=metrics.model or ", ".join(classifiers),
        encoder=study.params.encoder.model,
        level=study.params.train.level or study.codebook.levels[-1],
        segments=metrics.protocol.segments,
        transcripts=metrics.protocol.transcripts,
        folds=metrics.protocol.folds,
    )


def _language_models(study: Study, material: CodedStudy) -> tuple[LlmRun, ...]:
    return tuple(run for run, _ in all_runs(study) if run.coder in material.models)


def digests(files: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Return the name and SHA-256 of each file."""
    return tuple((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files)


def _new_file(path: Path) -> Path:
    """Return an unused name: consensus.csv, consensus-2.csv, ..."""
    number, free = 2, path
    while free.exists():
        free = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return free
