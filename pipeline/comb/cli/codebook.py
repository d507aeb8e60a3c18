"""``comb codebook``: edit the codebook and its codings, as on the page Codebook."""

import getpass
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.cli.review import DatabaseOption

if TYPE_CHECKING:
    from comb.codings.edits import Edit
    from comb.review.storage.codebook_edit import Beside
    from comb.stages.codebook import Changed
    from comb.study.layout import Study

codebook = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(codebook, name="codebook", help="Rename, merge, split, move and describe codes; codings follow.")
Why = Annotated[str, typer.Option(help="Reason for the change, for the codebook's history.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen without changing anything.")]
Code = Annotated[str, typer.Argument(help="Id of the code.")]


@codebook.command("add")
def add_command(
    code: Code,
    under: Annotated[str, typer.Option(help="Id of the parent code; by default, none.")] = "",
    name: Annotated[str, typer.Option(help="Its name; by default, made from the id.")] = "",
    definition: Annotated[str, typer.Option(help="What it means.")] = "",
    why: Why = "",
    dry_run: DryRun = False,
    database: DatabaseOption = "",
) -> None:
    """Add a code. It becomes the last one under its parent, or at the top.

    Example: comb codebook add luck --under motivation --definition "Chance."
    """
    from comb.codings.edits import Add, NewCode

    _edit(Add(new=NewCode(id=code, name=name, definition=definition), under=under), why, database, dry_run=dry_run)


@codebook.command("rename")
def rename_command(
    old: Code,
    new: Annotated[str, typer.Argument(help="The new id.")],
    why: Why = "",
    dry_run: DryRun = False,
    database: DatabaseOption = "",
) -> None:
    """Change the id of a code; its codings follow everywhere.

    Example: comb codebook rename goals aims --dry-run
    """
    from comb.codings.edits import Rename

    _edit(Rename(code=old, to=new), why, database, dry_run=dry_run)


@codebook.command("describe")
def describe_command(
    code: Code,
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    color: Annotated[str | None, typer.Option(help="Its colour, such as #0072B2.")] = None,
    definition: Annotated[str | None, typer.Option(help="What it means.")] = None,
    include: Annotated[str | None, typer.Option(help="What to code with it.")] = None,
    exclude: Annotated[str | None, typer.Option(help="What belongs elsewhere.")] = None,
    example: Annotated[
        list[str] | None, typer.Option(help="An example; may be repeated. Replaces all earlier ones.")
    ] = None,
    why: Why = "",
    dry_run: DryRun = False,
    database: DatabaseOption = "",
) -> None:
    """Change the name, colour, definition or examples of a code. An empty text removes an entry.

    Example: comb codebook describe goals --name "Aims and priorities"
    """
    from comb.codings.edits import Describe

    edit = Describe(
        code=code,
        name=name,
        color=color,
        definition=definition,
        include=include,
        exclude=exclude,
        examples=None if example is None else tuple(example),
    )
    _edit(edit, why, database, dry_run=dry_run)


@codebook.command("merge")
def merge_command(
    code: Code,
    into: Annotated[str, typer.Argument(help="The code that takes over its codings.")],
    why: Why = "",
    dry_run: DryRun = False,
    database: DatabaseOption = "",
) -> None:
    """Merge CODE into INTO. INTO takes over the codings of CODE and the codes below it.

    Example: comb codebook merge optimism beliefs_about_consequences --dry-run
    """
    from comb.codings.edits import Merge

    _edit(Merge(code=code, into=into), why, database, dry_run=dry_run)


@codebook.command("split")
def split_command(
    code: Code,
    into: Annotated[list[str], typer.Argument(help="Ids of the new codes.")],
    why: Why = "",
    dry_run: DryRun = False,
    database: DatabaseOption = "",
) -> None:
    """Begin to split a code. The new codes come after it; you then decide on its passages in the workspace.

    Example: comb codebook split emotion fear joy
    """
    from comb.codings.edits import NewCode, Split

    new = tuple(NewCode(id=one) for one in into)
    _edit(Split(code=code, into=new), why, database, dry_run=dry_run)


@codebook.command("move")
def move_command(
    code: Code,
    under: Annotated[str, typer.Option(help="Id of the new parent code; by default, the top.")] = "",
    before: Annotated[str, typer.Option(help="Id of the code to put it before; by default, it comes last.")] = "",
    why: Why = "",
    dry_run: DryRun = False,
    database: DatabaseOption = "",
) -> None:
    """Move a code, and the codes below it, to another place in the tree.

    Example: comb codebook move optimism --under automatic_motivation
    """
    from comb.codings.edits import Move

    _edit(Move(code=code, under=under, before=before), why, database, dry_run=dry_run)


@codebook.command("delete")
def delete_command(
    code: Code,
    uncode: Annotated[bool, typer.Option("--uncode", help="Keep its passages as read, without this code.")] = False,
    why: Why = "",
    dry_run: DryRun = False,
    database: DatabaseOption = "",
) -> None:
    """Delete a code that no coding uses. With --uncode, also one that is in use: its passages lose it.

    Example: comb codebook delete off_target
    """
    from comb.codings.edits import Delete

    _edit(Delete(code=code, uncode=uncode), why, database, dry_run=dry_run)


@codebook.command("undo")
def undo_command(why: Why = "", database: DatabaseOption = "") -> None:
    """Undo the last change and its effects on codings.

    Example: comb codebook undo
    """
    from comb.stages.codebook import Asked, undo_last

    asked = Asked(None, _who(), why)
    _change(
        lambda study, beside: undo_last(study, asked, console, uses=beside.uses, pending=beside.pending),
        database,
        undoes=True,
    )


@codebook.command("restore")
def restore_command(
    version: Annotated[int, typer.Argument(help="Number of the version; see comb codebook history.")],
    why: Why = "",
    database: DatabaseOption = "",
) -> None:
    """Restore an old version of the codebook.

    Example: comb codebook restore 3
    """
    from comb.stages.codebook import Asked, restore_version

    asked = Asked(None, _who(), why)
    _change(lambda study, beside: restore_version(study, version, asked, console, uses=beside.uses), database)


@codebook.command("history")
def history_command() -> None:
    """List the versions of the codebook: when, who, what, and why.

    Example: comb codebook history
    """
    from comb.study.codebook_history import read_history

    rows = [[one.version, one.at, one.by, one.what, one.why] for one in read_history(find_study())]
    console.table("Versions", ("version", "when", "who", "what", "why"), rows, texts=5)


def _edit(edit: "Edit", why: str, database: str, *, dry_run: bool) -> None:
    from comb.stages.codebook import Asked, edit_study

    asked = Asked(edit, _who(), why)

    def change(study: "Study", beside: "Beside") -> "Changed":
        return edit_study(study, asked, console, uses=beside.uses, pending=beside.pending, dry_run=dry_run)

    _change(change, database, dry_run=dry_run)


def _change(
    change: "Callable[[Study, Beside], Changed]", database: str, *, dry_run: bool = False, undoes: bool = False
) -> None:
    from comb.review.storage.codebook_edit import with_database
    from comb.review.storage.database import Database

    study = find_study(to_write=True)
    store = Database.open(database or study.review) if database or study.review.exists() else None
    try:
        done = with_database(study, store, lambda beside: change(study, beside), undoes=undoes)
    finally:
        if store is not None:
            store.close()
    names = (
        f" Files that {'would change' if dry_run else 'were changed'}: {', '.join(done.files)}." if done.files else ""
    )
    console.note(f"{'Would do' if dry_run else 'Done'}: {done.what}.{names}")
    if not dry_run:
        console.note("To train and suggest with it: dvc repro.")


def _who() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return ""
