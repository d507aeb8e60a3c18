"""``comb pseudonymise``: find names and other identifiers, confirm them, write a copy of the study without them."""

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.privacy.found import KINDS

if TYPE_CHECKING:
    from comb.stages.pseudonym_copy import Copied
    from comb.stages.pseudonymise import Look
    from comb.study.layout import Study

_READ = (
    "Rules do not find everything: read the transcripts. What somebody says can identify them without a name. "
    "Rows of your own are replaced wherever their words occur."
)


@app.command("pseudonymise")
def pseudonymise_command(
    apply: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the pseudonymised copy of the study to this folder.")
    ] = None,
    restore: Annotated[
        Path | None,
        typer.Option(metavar="COPY", help="Restore the originals of this pseudonymised copy, with the key."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="With --restore: the folder for the originals.")] = None,
    decide: Annotated[
        Literal["replace", "keep"] | None, typer.Option(help="Decide this for all undecided candidates of --kind.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help=f"With --decide: {', '.join(KINDS)}; may be repeated.")] = None,
) -> None:
    """Find names and other identifiers, and replace them in a copy. You confirm each before it is replaced.

    Example: comb pseudonymise
    """
    from comb.stages.pseudonymise import decide_all, look

    study = find_study(to_write=True)
    if sum(option is not None for option in (apply, restore, decide)) > 1:
        raise typer.BadParameter("use only one of --apply, --restore and --decide")
    if (restore is None) != (out is None):
        raise typer.BadParameter("--restore and --out go together")
    if unknown := [name for name in kind or () if name not in KINDS]:
        raise typer.BadParameter(f"unknown kind {unknown[0]!r}; the kinds are: {', '.join(KINDS)}", param_hint="--kind")
    if restore is not None and out is not None:
        _restore(study, restore, out)
    elif apply is not None:
        _apply(study, apply)
    elif decide is not None:
        done = decide_all(study, kind or KINDS, decide)
        console.note(f"Candidates decided: {done} ({decide}).")
    else:
        _show(study, look(study, console))


def _show(study: "Study", found: "Look") -> None:
    """Print how much was found, by kind: never what."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in found.rows:
        counts[row.kind][0] += 1
        counts[row.kind][1] += row.occurrences
        counts[row.kind][2] += not row.decision
    rows = [(kind, *counts[kind]) for kind in KINDS if kind in counts]
    if rows:
        console.table("What may identify people", ("kind", "candidates", "places", "not decided"), rows)
    else:
        console.note("No candidates were found.")
    console.note(f"Found by rules{f' and by {found.recogniser}' if found.recogniser else ''} in {found.words:,} words.")
    where = study.candidates.relative_to(study.root)
    if found.undecided:
        console.note(
            f"Decide on each: comb review (page Pseudonyms), or the column decision of {where}: replace, keep, or part "
            "(only the words in column part)."
        )
    else:
        console.note("All candidates are decided. Write the copy with: comb pseudonymise --apply DIR")
    console.note(_READ)


def _apply(study: "Study", out: Path) -> None:
    from comb.stages.originals_left import originals_left
    from comb.stages.pseudonym_copy import pseudonymise

    if study.review.exists():
        console.note(
            "comb: unexported decisions of the review page are not in the copy. To export them: comb review --export"
        )
    _say_copied(pseudonymise(study, out, console))
    console.note(f"The key is {study.key}: keep it apart from the copy.")
    console.table("Where the originals remain", ("place", "what to do"), originals_left(study), texts=2)


def _restore(study: "Study", copy: Path, out: Path) -> None:
    from comb.stages.pseudonym_copy import restore

    _say_copied(restore(study, copy, out, console))


def _say_copied(done: "Copied") -> None:
    console.note(
        f"Transcripts: {done.transcripts}, places replaced: {done.replaced}, codings: {done.codings} → {done.folder}"
    )
    if done.changed_format:
        console.note(
            f"Written in another format, because their own would lose the turns: {', '.join(done.changed_format)}"
        )
