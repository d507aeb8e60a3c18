"""``comb speakers``: confirm who is the interviewer and who is a participant."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comb.cli.app import app, find_study
from comb.cli.console import console
from comb.records import ROLES, Role

if TYPE_CHECKING:
    from comb.stages.speakers import WhoSpeaks
    from comb.transcripts.role_proposals import SpeakerRole


@app.command("speakers")
def speakers_command(
    transcripts: Annotated[
        list[str] | None, typer.Argument(help="Ids of transcripts, or files; by default, all transcripts of the study.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Confirm all proposed roles.")] = False,
    role: Annotated[list[str] | None, typer.Option(help='Confirm a role, as "SPEAKER=ROLE"; may be repeated.')] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Confirm who is the interviewer and who is a participant. Roles are proposed, with reasons.

    Example: comb speakers --accept
    """
    from comb.stages.speakers import accept_proposals, set_roles, watched_by_dvc, who_speaks

    study = find_study(to_write=bool(accept or role))
    files = [Path(name) for name in transcripts or () if Path(name).is_file()]
    ids = [name for name in transcripts or () if not Path(name).is_file()]
    found = who_speaks(study, ids, files)
    given = dict(map(_given, role or ()))
    taken = set_roles(study, found.speakers, given) if given else []
    if given:
        found = who_speaks(study, ids, files)
    taken += accept_proposals(study, found.speakers) if accept else []
    if taken:
        found = who_speaks(study, ids, files)
        console.note(f"Roles confirmed in {study.speakers}: {len(taken)}. Run: dvc repro.")
    if taken and not watched_by_dvc(study):
        path = study.speakers.relative_to(study.root)
        console.note(f"comb: dvc.yaml does not watch {path}: add it to deps of segment, suggest and transfer.")
    _show(found, as_json=as_json)


def _given(text: str) -> tuple[str, Role]:
    name, _, said = text.rpartition("=")
    known = next((role for role in ROLES if role == said.strip().casefold()), None)
    if known is None:
        raise typer.BadParameter(f"{text!r} is not SPEAKER=ROLE; roles: {', '.join(ROLES)}", param_hint="--role")
    return name.strip(), known


def _named(item: "SpeakerRole") -> str:
    name = item.speaker or "(not named)"
    return f"{name} → {item.pseudonym}" if item.pseudonym else name


def _show(found: "WhoSpeaks", *, as_json: bool) -> None:
    """Print the table, and what is still to be done."""
    if as_json:
        console.say(json.dumps([asdict(item) for item in found.speakers], ensure_ascii=False, indent=1))
    else:
        rows = [
            [item.transcript, _named(item), item.role or "?", item.source, "; ".join(item.reasons)]
            for item in found.speakers
        ]
        console.table("Who speaks", ("transcript", "speaker", "role", "how it is known", "why"), rows, texts=5)
    for stale in found.stale:
        console.note(f"comb: speakers.csv, {stale}. The row is not used: correct it, or delete it.")
    proposed = sum(item.role is not None for item in found.open)
    if proposed:
        console.note(f"Proposed roles, not used until you confirm them: {proposed}. To confirm: comb speakers --accept")
    if unclear := [item for item in found.open if item.role is None]:
        one = unclear[0]
        console.note(
            f"Speakers without a proposed role: {len(unclear)}. Set each one, such as: "
            f'comb speakers "{one.transcript}" --role "{one.speaker}=participant"'
        )
