"""``comb agree``: how far coders agree, where they do not, and what they settle on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from comb.cli import app, find_study
from comb.cli import console as show
from comb.errors import BadInputError, NotReadyError

if TYPE_CHECKING:
    from comb.agreement.results import Settings
    from comb.agreement.units import Material
    from comb.records import Coding, Transcript
    from comb.study.layout import Study

Table = tuple[list[str], list[dict[str, str]]]


@app.command("agree")
def agree_command(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Codings CSV files, or unit tables; by default the study's codings.")
    ] = None,
    unit: Annotated[str, typer.Option(help="segment, turn, transcript or character; by default as in params.")] = "",
    level: Annotated[str, typer.Option(help="Level of the codebook; by default as in params.")] = "",
    coder: Annotated[list[str] | None, typer.Option(help="Coder to compare; repeat it. By default all people.")] = None,
    reference: Annotated[str, typer.Option(help="Coder to measure the others against, such as consensus.")] = "",
    coding: Annotated[str, typer.Option(help="Unit tables: exclusive or multiple codes per unit.")] = "",
    overlap: Annotated[float, typer.Option(help="Share that matching passages have in common.")] = 0.9,
    bootstrap: Annotated[int | None, typer.Option(help="Replicates for the intervals.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the bootstrap.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures as JSON.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write all figures as a table.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a report as one HTML file.")] = None,
    quotes: Annotated[bool, typer.Option(help="Show participants' words in the report.")] = True,
    disagreements: Annotated[Path | None, typer.Option(help="Write the disagreements, to be worked through.")] = None,
    apply: Annotated[Path | None, typer.Option(help="Read a filled list; write codings of coder consensus.")] = None,
) -> None:
    """Compare coders: agreement with intervals, disagreements, and what they settle on.

    Example: comb agree --json agreement.json --html agreement.html
    """
    asked = _Asked(unit, level, tuple(coder or ()), reference, coding, overlap, bootstrap, seed)
    tables = _unit_tables(files or [])
    if tables:
        _refuse_for_tables(unit, level, apply)
        found, listed = _agree_tables(tables, asked, files or [])
    else:
        study = find_study()
        job = _study_job(study, files or [], asked)
        if apply is not None:
            _apply(study, job, apply)
            return
        found, listed = _agree_study(job)
    _write(found, listed, json_file, csv_file, html_file, disagreements, quotes=quotes)
    _print(found)


@dataclass(frozen=True)
class _Asked:
    unit: str
    level: str
    coders: tuple[str, ...]
    reference: str
    coding: str
    overlap: float
    bootstrap: int | None
    seed: int | None

    def check(self) -> None:
        if self.coding not in ("", "exclusive", "multiple"):
            raise typer.BadParameter("say exclusive or multiple", param_hint="--coding")
        if not 0 < self.overlap <= 1:
            raise typer.BadParameter("give a share above 0, up to 1", param_hint="--overlap")
        if self.bootstrap is not None and self.bootstrap < 2:
            raise typer.BadParameter("give two replicates or more", param_hint="--bootstrap")


@dataclass(frozen=True)
class _Job:
    material: "Material"
    settings: "Settings"
    coders: tuple[str, ...]


Listed = tuple[list[str], list[list[object]]]


def _unit_tables(files: Sequence[Path]) -> dict[str, Table]:
    """Read the files where they are unit tables; nothing where they are codings CSV files."""
    from comb.codings.codings_csv import REQUIRED
    from comb.transcripts.reader import read_rows

    tables = {path: read_rows(path) for path in files}
    codings = [path for path, (header, _) in tables.items() if set(REQUIRED) <= set(header)]
    if codings and len(codings) < len(tables):
        remedy = "Give codings CSV files of one study, or unit tables."
        raise BadInputError("some of the files are codings and some are unit tables", remedy=remedy)
    if len({path.name for path in files}) < len(files):
        raise BadInputError("two of the files have one name", remedy="Give each table a name of its own.")
    return {} if codings else {path.name: table for path, table in tables.items()}


def _refuse_for_tables(unit: str, level: str, apply: Path | None) -> None:
    if unit or level or apply:
        option = "--unit" if unit else "--level" if level else "--apply"
        remedy = "Unit tables are cut into units already; leave it out, or give codings of a study."
        raise BadInputError(f"{option} needs a study", remedy=remedy)


def _agree_tables(tables: Mapping[str, Table], asked: _Asked, files: Sequence[Path]) -> tuple[dict[str, Any], Listed]:
    from comb.agreement.disagreements import table_listing
    from comb.agreement.results import Settings, summarise_table
    from comb.agreement.unit_tables import is_long, read_long, read_one_hot
    from comb.study.params import AgreementParams

    asked.check()
    coding = cast(Literal["", "exclusive", "multiple"], asked.coding)
    long = [is_long(header) for header, _ in tables.values()]
    if any(long) and not all(long):
        raise BadInputError("some tables are long and some are one-hot", remedy="Give all in one form.")
    ratings = read_long(tables, coding) if all(long) else read_one_hot(tables, coding)
    defaults = AgreementParams()
    settings = Settings(
        coders=asked.coders,
        reference=asked.reference,
        overlap=asked.overlap,
        replicates=asked.bootstrap or defaults.bootstrap,
        seed=defaults.seed if asked.seed is None else asked.seed,
        inputs=_digests(files),
    )
    with show.status("Comparing"):
        found = summarise_table(ratings, settings)
    return found, table_listing(ratings.of(found["coders"]))


def _study_job(study: "Study", files: Sequence[Path], asked: _Asked) -> _Job:
    from comb.agreement.results import Settings, default_coders

    asked.check()
    params = study.params
    material = _material(study, files)
    unit, level = asked.unit or params.agreement.unit, asked.level or params.agreement.level
    if unit not in ("segment", "turn", "transcript", "character"):
        raise typer.BadParameter("say segment, turn, transcript or character", param_hint="--unit")
    trained = params.train.level
    if len(material.people) < 2 and material.models and not asked.level and not asked.coders:
        level = trained
        show.note(f"comb: one person coded: compared with the model, at the level it is trained at ({level}).")
    book = study.codebook
    beside = trained if book.level_index(level) > book.level_index(trained) else level
    coders = asked.coders or default_coders(material)
    settings = Settings(
        unit=unit,
        level=level or book.levels[-1],
        machine_level=beside or book.levels[-1],
        coders=coders,
        reference=asked.reference,
        overlap=asked.overlap,
        replicates=asked.bootstrap or params.agreement.bootstrap,
        seed=params.agreement.seed if asked.seed is None else asked.seed,
        inputs=_digests(files or sorted(study.codings.glob("*.csv"))),
    )
    return _Job(material, settings, coders)


def _agree_study(job: _Job) -> tuple[dict[str, Any], Listed]:
    from comb.agreement.disagreements import header, judge, listing
    from comb.agreement.results import summarise_study

    material, settings = job.material, job.settings
    with show.status("Comparing"):
        found = summarise_study(material, settings)
    unit = settings.unit if settings.unit == "turn" else "segment"
    people = [name for name in job.coders if name not in material.models] or list(job.coders)
    rows = listing(judge(material, people, "", unit), people, material.codebook)
    return found, (header(people), rows)


def _material(study: "Study", files: Sequence[Path]) -> "Material":
    from comb.agreement.units import Material
    from comb.codings.codings_csv import CodingsRead, read_codings, read_codings_file
    from comb.records import Segment
    from comb.study.files import need, read_table, read_transcripts

    transcripts = read_transcripts(need(study.transcripts, "Run: comb segment."))
    segments = read_table(need(study.segments, "Run: comb segment."), Segment)
    read = read_codings(study.codings, transcripts)
    if files:
        parts = [read_codings_file(path, transcripts) for path in files]
        codings = tuple(coding for part, _ in parts for coding in part)
        read = CodingsRead(codings, tuple(w for _, warnings in parts for w in warnings), read.coverage)
    for warning in read.warnings:
        show.note(f"comb: {warning}")
    held_out, models = ([], {}) if files else _held_out(study, transcripts)
    read = replace(read, codings=(*read.codings, *held_out))
    if not read.codings:
        remedy = "Put codings CSV files there, or name some: comb agree FILE..."
        raise NotReadyError("there are no codings", where=str(study.codings), remedy=remedy)
    params = study.params
    whole = params.segment.unit == "turn"
    roles = params.segment.roles
    return Material(transcripts, segments, read, study.codebook, roles, params.train.overlap, models, whole)


def _held_out(
    study: "Study", transcripts: "Mapping[str, Transcript]"
) -> "tuple[list[Coding], dict[str, Sequence[str]]]":
    """Read what cross-validated models said, and which codes they can say; nothing where that is missing or stale."""
    from comb.codings.codings_csv import read_codings_file
    from comb.study.files import read_json

    if not study.heldout.exists():
        return [], {}
    try:
        codings, _ = read_codings_file(study.heldout, transcripts)
    except BadInputError:
        show.note(f"comb: {study.heldout.name} is of other transcripts: the model is left out. Run: dvc repro.")
        return [], {}
    metrics = study.metrics / "evaluate.json"
    known = list(read_json(metrics)["codes"]) if metrics.exists() else sorted({c.code for c in codings if c.code})
    return codings, dict.fromkeys(sorted({coding.coder for coding in codings}), known)


def _digests(files: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    return tuple((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files)


def _apply(study: "Study", job: _Job, file: Path) -> None:
    """Write the codings of a filled list to a new file in the codings folder."""
    from comb.agreement.disagreements import FILLED, apply, coders_of, judge
    from comb.agreement.units import CONSENSUS, book_for
    from comb.codings.codings_csv import write_codings
    from comb.study.files import read_rows

    listed = list(read_rows(file, ("transcript", "start", "end", *FILLED)))
    if not listed:
        raise BadInputError(
            "the list is empty", where=file.name, remedy="Make one with: comb agree --disagreements FILE"
        )
    coders = coders_of(list(listed[0][1])) or list(job.coders)
    unit = job.settings.unit if job.settings.unit == "turn" else "segment"
    rows = judge(job.material, coders, "", unit)
    before = {c.transcript for c in job.material.read.codings if c.coder == CONSENSUS}
    done = apply(listed, rows, book_for(job.material, unit), before, file.name)
    for name, count in done.open.items():
        show.note(f"comb: {name}: {count} rows are not decided yet; fill column consensus and apply the list again.")
    for name in done.kept:
        show.note(f"comb: {name} has a consensus already: it stays. Remove its codings of {CONSENSUS} to replace it.")
    if done.codings:
        target = _new_file(study.codings / "consensus.csv")
        write_codings(target, done.codings)
        show.note(f"{len(done.finished)} transcripts, {len(done.codings)} codings of coder {CONSENSUS} → {target}")
    elif not done.open and not done.kept:
        show.note("comb: nothing is decided in the list yet: fill column consensus.")


def _new_file(path: Path) -> Path:
    """Give a name that is free: consensus.csv, consensus-2.csv, ..."""
    number, free = 2, path
    while free.exists():
        free = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return free


def _print(found: Mapping[str, Any]) -> None:
    from comb.report.blocks import tables

    for title, header, rows, notes in tables(found):
        if rows:
            show.table(title, header, rows)
        for line in notes:
            show.say(line)


def _write(
    found: Mapping[str, Any],
    listed: Listed,
    json_file: Path | None,
    csv_file: Path | None,
    html_file: Path | None,
    disagreements: Path | None,
    *,
    quotes: bool,
) -> None:
    from comb.study.files import write_json, write_rows, write_text

    header, rows = listed
    if json_file:
        write_json(json_file, found)
    if csv_file:
        from comb.report.flat import COLUMNS, flat

        write_rows(csv_file, COLUMNS, flat(found))
    if html_file:
        from comb.report.agreement import render

        write_text(html_file, render(found, header, rows, quotes=quotes))
    if disagreements:
        write_rows(disagreements, header, rows)
        show.note(f"{len(rows)} disagreements → {disagreements}. Fill column consensus; then: comb agree --apply FILE")
    for path in (json_file, csv_file, html_file):
        if path:
            show.note(f"→ {path}")
