"""``comb import``: import transcripts, codings, projects or coded tables into a study."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from comb.cli.app import app, find_study
from comb.cli.console import console


class _FilesByDefault(TyperGroup):
    """``comb import FILE...`` is ``comb import files FILE...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take a first word that is not a command for a file, or for an option of ``files``."""
        named = not args or args[0] in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if named else ["files", *args])


imports = typer.Typer(cls=_FilesByDefault, no_args_is_help=True, rich_markup_mode=None)
app.add_typer(imports, name="import", help="Import transcripts, codings, projects or coded tables: comb import FILE...")


@imports.command("files")
def import_files_command(
    paths: Annotated[list[Path], typer.Argument(help="Transcripts, codings CSV files, or projects of other software.")],
    encoding: Annotated[
        str, typer.Option(help="Encoding of text files that are not in Unicode, such as cp1250 or mac_roman.")
    ] = "",
    new: Annotated[
        bool, typer.Option("--new", help="Nobody has coded these transcripts: put them into data/new, for suggestions.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen without writing anything.")
    ] = False,
) -> None:
    """Check and import files, all or none. Takes transcripts, codings CSV files, .qdpx projects and more.

    Example: comb import --dry-run interviews/*.docx team.qdpx
    """
    from comb.stages.import_incoming import Handling
    from comb.stages.importing import import_files

    every = Handling(fresh=new, encoding=encoding)
    import_files(find_study(to_write=not dry_run), paths, console, every, dry_run=dry_run)


@imports.command("codings")
def import_codings_command(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx with one row per coded quote.")],
    transcript: Annotated[str, typer.Option(help="Column that names the transcript.")] = "",
    quote: Annotated[str, typer.Option(help="Column with the coded words.")] = "",
    code: Annotated[
        str, typer.Option(help="Column with the code, or with several codes separated by semicolons.")
    ] = "",
    coder: Annotated[str, typer.Option(help="Column that names the coder.")] = "",
    valence: Annotated[str, typer.Option(help="Column with barrier, facilitator, both or nothing.")] = "",
    memo: Annotated[str, typer.Option(help="Column with remarks.")] = "",
    by: Annotated[str, typer.Option(help="Name of the coder, if no column names one.")] = "",
    of: Annotated[str, typer.Option(help="Id of the transcript, if no column names it.")] = "",
) -> None:
    """Import coded quotes from a table. Columns are found by their usual names, or named by these options.

    Example: comb import codings codings.xlsx --quote "What they said" --code Theme --by Ann
    """
    from comb.codings.table_columns import CodingColumns
    from comb.stages.importing import import_quotes

    columns = CodingColumns(transcript, quote, code, coder, memo=memo, valence=valence)
    import_quotes(find_study(to_write=True), file, columns, console, coder=by, transcript=of)


@imports.command("table")
def import_table_command(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx with one row per utterance.")],
    transcript: Annotated[
        str, typer.Option(help="Column that names the transcript; without one, the file is one transcript.")
    ] = "",
    text: Annotated[str, typer.Option(help="Column with the words spoken.")] = "",
    speaker: Annotated[str, typer.Option(help="Column that names the speaker.")] = "",
    code: Annotated[
        str, typer.Option(help="Column with the code, or with several codes separated by semicolons.")
    ] = "",
    coder: Annotated[str, typer.Option(help="Column that names the coder, if there are several.")] = "",
    order: Annotated[str, typer.Option(help="Column that numbers the utterances of a transcript.")] = "",
    valence: Annotated[str, typer.Option(help="Column with barrier, facilitator, both or nothing.")] = "",
    time: Annotated[str, typer.Option(help="Column with the time, such as 00:12:31.")] = "",
    participant: Annotated[
        list[str] | None, typer.Option(help="Speaker whose speech is coded; may be repeated.")
    ] = None,
) -> None:
    """Import a table with one row per utterance. Makes transcripts and codings; columns are found, or named by options.

    Example: comb import table coded.csv --transcript id --speaker who --text utterance --code code --participant client
    """
    from comb.exchange.tables.utterance_tables import UtteranceColumns
    from comb.stages.importing import import_utterances

    columns = UtteranceColumns(transcript, text, speaker, code, coder, order, valence, time)
    import_utterances(find_study(to_write=True), file, columns, participant or [], console)
