"""``comb suggest --engine ray``: the same output as the local stage, to the byte, and also Parquet partitions."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from comb.errors import BadInputError
from comb.records import Suggestion
from comb.scale.cluster import cluster, import_ray
from comb.scale.results import Partitions, Result
from comb.scale.run import work_on
from comb.scale.sources import find_sources, parts
from comb.scale.work import SuggestFacts, SuggestWork, digest_of, facts_json, travelling
from comb.stages.listener import Listener
from comb.stages.loading import load_model, no_speech, tell_texts_cut
from comb.stages.reading import READERS, instructions
from comb.stages.reliability import assess
from comb.stages.speaker_reports import report_speakers, report_stale
from comb.stages.suggest import SuggestionTally, report_unlike
from comb.study.atomic import remove, together
from comb.study.files import visible, write_bytes, write_table
from comb.study.layout import Study
from comb.study.speakers import ensure_speakers
from comb.study.suggestion_files import suggestion_table

PARTITIONS = "partitions"
"""Folder beside the suggestions with tables of all suggestions, and of the files that could not be read."""


@dataclass
class _Run:
    """What is known at the end of a run."""

    tally: SuggestionTally = field(default_factory=SuggestionTally)
    facts: list[SuggestFacts] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    """File and error of what could not be read."""


def suggest_on_ray(
    study: Study,
    given: Sequence[str],
    folder: Path,
    formats: Sequence[str],
    listener: Listener,
    encoding: str = "",
    *,
    ungated: bool = False,
    address: str = "",
    workers: int = 0,
) -> SuggestionTally:
    """Make suggestions on Ray as ``stages.suggest`` does, and return the counts.

    ``given`` are files, folders, addresses in an object store, or Parquet tables of transcripts; by default data/new. A
    transcript that cannot be read is a row of ``partitions/errors.parquet``. ``address`` is that of a cluster; without
    it, Ray is started on this machine with that number of ``workers``.
    """
    import_ray(address)
    ensure_speakers(study.speakers)
    sources, errors = find_sources(study, given, study.new)
    if not sources and errors:
        raise errors[0]
    if not sources:
        return SuggestionTally()
    model = load_model(study)
    assess(study, model.id, model.codes.codes, listener)
    how, files, work = instructions(study, encoding), travelling(study), SuggestWork(tuple(formats), ungated)
    done = Partitions(study.state / "ray", digest_of(files, how, work), parts(sources))
    with cluster(address, workers) as many:
        work_on(done, files, how, work, many, listener)
    with together(study.root):
        run = _write(done, folder, formats, errors)
        if run.errors:
            write_table(folder / PARTITIONS / "errors.parquet", _error_table(run.errors))
        else:
            remove(folder / PARTITIONS / "errors.parquet")
        if not run.facts:
            raise BadInputError(
                "none of the transcripts could be read", where=run.errors[0][0], remedy=run.errors[0][1]
            )
        if not any(run.tally.segments.values()):
            raise no_speech(Path(sources[0].name))
        report_unlike(run.tally.unlike, folder, listener)
    done.remove()
    _tell(study, run, listener, whole_study=not given)
    return run.tally


def _write(done: Partitions, folder: Path, formats: Sequence[str], errors: Iterable[BadInputError]) -> _Run:
    """Write the files of all transcripts, and a partition for each part."""
    run = _Run(errors=[(error.where, str(error)) for error in errors])
    place, kept = folder / PARTITIONS / "suggestions", set()
    for number, results in enumerate(done.read()):
        run.errors += [(one.source, one.error) for one in results if one.error]
        suggestions: list[Suggestion] = []
        for one in (one for one in results if not one.error):
            facts = facts_json().validate_json(one.facts)
            suggestions += _write_files(one, f"{facts.transcript}.jsonl", folder, formats)
            run.tally.add(facts.transcript, facts.segments, facts.scores, facts.unlike)
            run.facts.append(facts.without_scores())
        path = place / f"part-{number:06}.parquet"
        write_table(path, suggestion_table(suggestions))
        kept.add(path)
    for path in set(visible(place, "part-*.parquet")) - kept:
        remove(path)
    return run


def _write_files(one: Result, lines: str, folder: Path, formats: Sequence[str]) -> list[Suggestion]:
    """Write a transcript's files but for the ``lines`` of JSON where these are not wanted; return what those say."""
    from pydantic import TypeAdapter

    for name, content in one.files.items():
        if name != lines or "jsonl" in formats:
            write_bytes(folder / name, content)
    adapter = TypeAdapter(Suggestion)
    return [adapter.validate_json(line) for line in one.files[lines].split(b"\n") if line]


def _error_table(errors: Sequence[tuple[str, str]]) -> object:
    import pyarrow as pa

    files, said = zip(*errors, strict=True)
    return pa.table({"file": pa.array(files, pa.string()), "error": pa.array(said, pa.string())})


def _tell(study: Study, run: _Run, listener: Listener, *, whole_study: bool) -> None:
    """Report what the local stage reports of a run."""
    for _, error in run.errors:
        listener.note(f"comb: {error}")
    for facts in run.facts:
        for warning in facts.warnings:
            logging.getLogger(READERS).warning("%s", warning)
        for note in facts.notes:
            listener.note(note)
    readings = [facts.reading for facts in run.facts]
    if whole_study:
        report_stale(study, readings, listener)
    report_speakers(study, readings, listener)
    tell_texts_cut(sum(facts.cut for facts in run.facts), study.params.encoder.max_tokens, listener)
