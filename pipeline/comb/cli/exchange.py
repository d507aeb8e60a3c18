"""Commands that bring material into a study and give it to other software: ``import`` and ``export``."""

import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from comb.cli import app, find_study, formats
from comb.cli import console as show
from comb.errors import BadInputError

if TYPE_CHECKING:
    from comb.exchange.project import Project
    from comb.exchange.to_study import Placement
    from comb.study.layout import Study


class _FilesByDefault(TyperGroup):
    """``comb import FILE...`` is ``comb import files FILE...``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take a first word that is no command for a file."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["files", *args])


imports = typer.Typer(cls=_FilesByDefault, no_args_is_help=True, rich_markup_mode=None)
app.add_typer(imports, name="import", help="Bring transcripts, codings, projects or a coded table into the study.")


@dataclass
class _Incoming:
    """What an import is about to write; nothing is written before all of it is known."""

    new: dict[Path, Path] = field(default_factory=dict)
    grown: dict[Path, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, placed: "Placement") -> None:
        """Add the files of a project."""
        clash = set(placed.grown.values()) & set(self.grown.values())
        if clash:
            remedy = "Import the two projects one after the other."
            raise BadInputError(f"two projects bring {min(clash).name}", where="import", remedy=remedy)
        self.new |= placed.new
        self.grown |= placed.grown


@imports.command("files")
def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Transcripts, codings CSV files, or projects of other software.")],
) -> None:
    """Check files and bring them into the study, all or none: transcripts, codings CSV files, .qdpx projects and more.

    Example: comb import interviews/*.docx codings.csv
    """
    study = find_study()
    incoming = _Incoming()
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            _take(path, study, incoming, Path(folder) / str(number))
        _copy_all(incoming.new, incoming.grown)
    for note in incoming.notes:
        show.note(note)


def _take(path: Path, study: "Study", incoming: _Incoming, folder: Path) -> None:
    """Read a file and say where in the study it, or what is in it, belongs."""
    target = _own_table(path, study)
    read = None if target else formats.reader(path)
    if read is None:
        target = target or _transcript_target(path, study)
        incoming.new[path] = target
        incoming.notes.append(f"{path.name} → {target.relative_to(study.root)}")
        return
    _take_project(path, read, study, incoming, folder)


def _take_project(path: Path, read: Callable[..., Any], study: "Study", incoming: _Incoming, folder: Path) -> None:
    """Read a file of other software, and make ready what is in it."""
    from comb.exchange.project import Setting
    from comb.exchange.to_study import place_project

    with show.status(f"Reading {path.name}"):
        setting = Setting(study.params.study.roles, _codebook(study), lambda: _transcripts(study))
        project: Project = read(path, setting)
        placed = place_project(project, path.stem, study, _template_codebook(), folder)
    incoming.add(placed)
    incoming.notes += [f"comb: {path.name}: {warning}" for warning in project.warnings]
    incoming.notes += [_told(path, project), *placed.notes]


def _own_table(path: Path, study: "Study") -> Path | None:
    """Say where one of comb's own tables belongs; None for every other file."""
    from comb.codings.codings_csv import REQUIRED
    from comb.transcripts.reader import read_rows

    if path.suffix.lower() != ".csv":
        return None
    header = {name.strip() for name in read_rows(path)[0]}
    if header in ({"transcript", "coder"}, {"transcript", "participant"}):
        return study.codings / ("coverage.csv" if "coder" in header else "participants.csv")
    return study.codings / path.name if set(REQUIRED) <= header else None


def _transcript_target(path: Path, study: "Study") -> Path:
    from comb.transcripts.reader import read_transcript

    read_transcript(path, study.params.study.roles)
    return study.raw / path.name


def _codebook(study: "Study") -> Any:
    return study.codebook if (study.root / "configs" / "codebook.yaml").exists() else None


def _transcripts(study: "Study") -> dict[str, Any]:
    """Read the transcripts that the study has, coded and new ones."""
    from comb.transcripts.reader import read_folder

    folders = [folder for folder in (study.new, study.raw) if folder.is_dir()]
    return {t.id: t for folder in folders for t in read_folder(folder, study.params.study.roles)[0]}


def _template_codebook() -> Any:
    """Give the codebook that ``comb init`` writes."""
    from importlib.resources import as_file, files

    from comb.codebook import read_codebook

    with as_file(files("comb.study.template").joinpath("configs/codebook.yaml")) as path:
        return read_codebook(path)


def _told(path: Path, project: "Project") -> str:
    """Say in one line what a project brought."""
    codings = [coding for coding in project.codings if coding.code]
    coders = {coding.coder for coding in project.codings}
    codes = len(project.codebook.codes) if project.codebook else 0
    told = f"{path.name}: {len(project.transcripts)} transcripts, {codes} codes, {len(codings)} codings"
    told += f" of {len(coders)} coders"
    if project.suggestions:
        models = Counter(item.model for item in project.suggestions)
        told += (
            f"; {len(project.suggestions)} suggestions of {len(models)} models are left out: comb suggest makes them"
        )
    return f"{told}."


@imports.command("codings")
def import_codings_command(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx with one row per coded quote.")],
    transcript: Annotated[str, typer.Option(help="Column that names the transcript.")] = "",
    quote: Annotated[str, typer.Option(help="Column with the words that were coded.")] = "",
    code: Annotated[str, typer.Option(help="Column with the code; several codes with ; between.")] = "",
    coder: Annotated[str, typer.Option(help="Column that names the coder.")] = "",
    valence: Annotated[str, typer.Option(help="Column with barrier, facilitator, both or nothing.")] = "",
    memo: Annotated[str, typer.Option(help="Column with remarks.")] = "",
    by: Annotated[str, typer.Option(help="Who coded, where no column says so.")] = "A",
    of: Annotated[str, typer.Option(help="Id of the transcript, where no column names it.")] = "",
) -> None:
    """Bring in coded quotes from a table; columns are found by common names, or given by these options.

    Example: comb import codings codings.xlsx --quote "What they said" --code Theme --by Ann
    """
    from functools import partial

    from comb.exchange.tables.quote_tables import Columns, read_quotes

    given = Columns(transcript, quote, code, coder, memo=memo, valence=valence)
    study = find_study()
    incoming = _Incoming()
    with tempfile.TemporaryDirectory() as folder:
        read = partial(read_quotes, given=given, coder=by, transcript=of)
        _take_project(file, read, study, incoming, Path(folder))
        _copy_all(incoming.new, incoming.grown)
    for note in incoming.notes:
        show.note(note)


@imports.command("table")
def import_table_command(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx with one row per utterance.")],
    transcript: Annotated[str, typer.Option(help="Column that names the transcript.")],
    text: Annotated[str, typer.Option(help="Column with the words spoken.")],
    speaker: Annotated[str, typer.Option(help="Column that names the speaker.")] = "",
    code: Annotated[str, typer.Option(help="Column with the code; several codes with ; between.")] = "",
    coder: Annotated[str, typer.Option(help="Column that names the coder, where there are several.")] = "",
    order: Annotated[str, typer.Option(help="Column that numbers the utterances of a transcript.")] = "",
    valence: Annotated[str, typer.Option(help="Column with barrier, facilitator, both or nothing.")] = "",
    time: Annotated[str, typer.Option(help="Column with the time, such as 00:12:31.")] = "",
    participant: Annotated[
        list[str] | None, typer.Option(help="Speaker whose speech is coded; may be repeated.")
    ] = None,
) -> None:
    """Turn a table with one row per utterance into transcripts and codings.

    Example: comb import table coded.csv --transcript id --speaker who --text utterance --code code --participant client
    """
    from comb.codings.codings_csv import NOT_CODINGS, write_codings
    from comb.exchange.tables.utterance_tables import RAW_COLUMNS, Columns, raw_rows, split_table, table_codings
    from comb.study.files import write_rows
    from comb.transcripts.reader import find_role, read_rows, read_transcript

    study = find_study()
    columns = Columns(transcript, text, speaker, code, coder, order, valence, time)
    header, rows = read_rows(file)
    roles = study.params.study.roles
    parts = split_table(rows, header, columns, participant or [], lambda name: find_role(name, roles), file.name)
    codings = []
    with tempfile.TemporaryDirectory() as folder:
        for name, utterances in parts.items():
            path = Path(folder) / f"{name}.csv"
            write_rows(path, RAW_COLUMNS, raw_rows(utterances))
            codings += table_codings(read_transcript(path, roles), utterances)
        table = Path(folder) / "codings" / f"{file.stem}.csv"
        if table.name in NOT_CODINGS:
            remedy = "Rename it: comb keeps that name for something else."
            raise BadInputError("a table of codings cannot have this name", where=file.name, remedy=remedy)
        write_codings(table, codings)
        targets = {Path(folder) / f"{name}.csv": study.raw / f"{name}.csv" for name in parts}
        _copy_all({**targets, table: study.codings / table.name} if code else targets, {})
    coders, codes = ({getattr(c, name) for c in codings} for name in ("coder", "code"))
    show.note(
        f"{len(parts)} transcripts → {study.raw}, {len(codings)} codings of {len(coders)} coders → {study.codings}"
    )
    unknown = sorted(name for name in codes if name and name not in study.codebook)
    if unknown:
        show.note(f"comb: not in configs/codebook.yaml yet: {', '.join(unknown)}. Add these codes before dvc repro.")


def _copy_all(targets: dict[Path, Path], grown: dict[Path, Path]) -> None:
    """Copy files into the study, all or none; one that would replace another, or share its id, is an error.

    Files of ``grown`` hold all of what they replace.
    """
    from comb.study.files import write_bytes

    taken: dict[tuple[Path, str], Path] = {}
    for source, target in targets.items():
        there = [path for path in target.parent.glob("*") if _id(path) == _id(target)]
        other = taken.setdefault((target.parent, _id(target)), source)
        clash = [path for path in there if path.name != target.name or path.read_bytes() != source.read_bytes()]
        if clash or other != source:
            remedy = "Rename one of the two, or make another study for it; nothing was imported."
            name = clash[0].name if clash else other
            raise BadInputError(
                f"the study has another file of that name or id: {name}", where=str(source.name), remedy=remedy
            )
    for source, target in (*targets.items(), *grown.items()):
        write_bytes(target, source.read_bytes())


def _id(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem).casefold()


@app.command("export")
def export_command(
    name: Annotated[str, typer.Option("--format", help=f"One of: {', '.join(formats.writable())}.")],
    out: Annotated[Path | None, typer.Option(help="File, or folder; by default the study's own folder.")] = None,
    coder: Annotated[list[str] | None, typer.Option(help="Only this coder's codings; may be repeated.")] = None,
    suggestions: Annotated[
        bool, typer.Option("--suggestions/--no-suggestions", help="With what models suggest, as coders of their own.")
    ] = True,
) -> None:
    """Write transcripts, codebook, codings and suggestions for other software.

    Example: comb export --format qdpx --out for-nvivo.qdpx
    """
    from comb.exchange.from_study import gather_project

    study = find_study()
    known = formats.writable()
    if name not in known:
        what = f"unknown format {name!r}; known: {', '.join(known)}"
        raise typer.BadParameter(what, param_hint="--format")
    with show.status("Reading the study"):
        project = gather_project(study, coder or [], suggestions=suggestions)
    written = formats.write_project(project, known[name], out or study.root)
    for warning in project.warnings:
        show.note(f"comb: {warning}")
    codings, found = len(project.codings), len(project.suggestions)
    show.note(f"{len(project.transcripts)} transcripts, {codings} codings, {found} suggestions → {written}")
