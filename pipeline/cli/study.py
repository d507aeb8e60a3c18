"""Commands that set a study up: ``init`` and ``import``."""

import tempfile
import unicodedata
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline.cli import app, find_study, show
from pipeline.errors import BadInputError

if TYPE_CHECKING:
    from pipeline.study import Study

FOLDERS = ("raw", "codings", "new", "reference")


@app.command("init")
def init_command(folder: Annotated[Path, typer.Argument(help="Folder of the new study.")]) -> None:
    """Make a new study: configs, dvc.yaml, empty data folders. Files that are there already are left as they are.

    Example: comb init my-study
    """
    template = files("pipeline.template")
    made = {
        "configs/params.yaml": "configs/params.yaml",
        "configs/codebook.yaml": "configs/codebook.yaml",
        "dvc.yaml": "dvc.yaml",
        "gitignore": ".gitignore",
        "dvc-config": ".dvc/config",
    }
    if folder.exists() and not folder.is_dir():
        raise BadInputError("there is a file of that name", where=str(folder), remedy="Choose another name.")
    for source, target in made.items():
        text = template.joinpath(source).read_text(encoding="utf-8")
        if target == ".dvc/config" and not _in_git(folder):
            text += "    no_scm = true\n"
        _write_new(folder / target, text)
    for name in FOLDERS:
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    show.note(
        f"A new study is in {folder}. Next:\n"
        f"  1. cd {folder}; say in configs/codebook.yaml which behaviour you study\n"
        "  2. put coded transcripts in data/raw and codings in data/codings (or: comb import --help)\n"
        "  3. put transcripts to be coded in data/new\n"
        "  4. dvc repro"
    )


def _write_new(path: Path, text: str) -> None:
    from pipeline.store import write_text

    if not path.exists():
        write_text(path, text)


def _in_git(folder: Path) -> bool:
    here = folder.resolve()
    return any((parent / ".git").exists() for parent in (here, *here.parents))


class _FilesByDefault(TyperGroup):
    """``comb import FILE...`` is ``comb import files FILE...``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take a first word that is no command for a file."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["files", *args])


imports = typer.Typer(cls=_FilesByDefault, no_args_is_help=True, rich_markup_mode=None)
app.add_typer(imports, name="import", help="Bring transcripts, codings or a coded table into the study.")


@imports.command("files")
def import_files(paths: Annotated[list[Path], typer.Argument(help="Transcripts, or codings CSV files.")]) -> None:
    """Copy transcripts to data/raw and codings CSV files to data/codings, each checked first.

    Example: comb import interviews/*.docx codings.csv
    """
    study = find_study()
    targets = {path: _target(path, study) for path in paths}
    _copy_all(targets)
    for path, target in targets.items():
        show.note(f"{path.name} → {target.relative_to(study.root)}")


def _target(path: Path, study: "Study") -> Path:
    """Say where a file belongs, having read it; raises BadInputError where it cannot be read."""
    from pipeline.codings import REQUIRED
    from pipeline.transcripts import read_rows, read_transcript

    if path.suffix.lower() == ".csv":
        header = {name.strip() for name in read_rows(path)[0]}
        if header in ({"transcript", "coder"}, {"transcript", "participant"}):
            return study.codings / ("coverage.csv" if "coder" in header else "participants.csv")
        if set(REQUIRED) <= header:
            return study.codings / path.name
    read_transcript(path, study.params.study.roles)
    return study.raw / path.name


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
    from pipeline.codings import NOT_CODINGS, write_codings
    from pipeline.exchange.tables import RAW_COLUMNS, Columns, raw_rows, split_table, table_codings
    from pipeline.store import write_rows
    from pipeline.transcripts import find_role, read_rows, read_transcript

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
        _copy_all({**targets, table: study.codings / table.name} if code else targets)
    coders, codes = ({getattr(c, name) for c in codings} for name in ("coder", "code"))
    show.note(
        f"{len(parts)} transcripts → {study.raw}, {len(codings)} codings of {len(coders)} coders → {study.codings}"
    )
    unknown = sorted(name for name in codes if name and name not in study.codebook)
    if unknown:
        show.note(f"comb: not in configs/codebook.yaml yet: {', '.join(unknown)}. Add these codes before dvc repro.")


def _copy_all(targets: dict[Path, Path]) -> None:
    """Copy files into the study, all or none; one that would replace another, or share its id, is an error."""
    from pipeline.store import write_bytes

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
    for source, target in targets.items():
        write_bytes(target, source.read_bytes())


def _id(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem).casefold()
