"""``comb audit``: what the model misses, found by coding blind what it left uncoded."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from comb.cli import app, find_study
from comb.cli import console as show
from comb.cli.loading import load_aside, read_all
from comb.cli.reliability import model_id, write_card
from comb.cli.suggest import suggest_for
from comb.errors import BadInputError

if TYPE_CHECKING:
    from comb.study.layout import Study

FORM = ("transcript", "start", "end", "quote", "code", "valence", "coder")


@app.command("audit")
def audit_command(
    size: Annotated[int, typer.Option(help="How many segments to draw.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="Another number draws other segments.")] = 1,
    estimate: Annotated[
        list[Path] | None, typer.Option(help="Codings CSV with what was drawn, coded; may be repeated.")
    ] = None,
) -> None:
    """Draw segments that the model left uncoded, to be coded blind; then estimate what it misses.

    Example: comb audit --size 50
    """
    study = find_study()
    if estimate:
        _estimate(study, estimate)
    else:
        _draw(study, size, seed)


def _draw(study: "Study", size: int, seed: int) -> None:
    from comb.active_learning.audit import draw
    from comb.study.files import write_json, write_rows

    transcripts = read_all(study.new, study.params)
    uncoded = []
    for segments, suggestions in suggest_for(study, transcripts, load_aside(study)):
        touched = {(item.transcript, item.start, item.end) for item in suggestions}
        uncoded += [s for s in segments if (s.transcript, s.start, s.end) not in touched]
    drawn = draw(uncoded, size, seed)
    frame = Counter(segment.transcript for segment in uncoded)
    write_rows(study.audit, FORM[:3], ([s.transcript, s.start, s.end] for s in drawn))
    write_rows(study.audit_form, FORM, ([s.transcript, s.start, s.end, s.text, "", "", ""] for s in drawn))
    facts = {"model": model_id(study), "seed": seed, "uncoded": dict(sorted(frame.items())), "drawn": len(drawn)}
    write_json(study.audit_result, facts)
    show.note(f"{len(drawn)} of {len(uncoded)} segments without a suggestion, drawn with seed {seed}: {study.audit}")
    show.note(f"Code them without looking at suggestions: in comb review, or in a copy of {study.audit_form}.")
    show.note("In the copy each row gets your name as coder; the code stays empty where there is nothing to code.")
    show.note("Then: comb audit --estimate COPY.csv")


def _estimate(study: "Study", files: list[Path]) -> None:
    from comb.active_learning.audit import estimate, judge
    from comb.codings.codings_csv import read_codings_file
    from comb.study.files import need, read_json, read_rows, write_json

    facts = read_json(need(study.audit_result, "Draw a sample first: comb audit."))
    places = [(r["transcript"], int(r["start"]), int(r["end"])) for _, r in read_rows(study.audit, FORM[:3])]
    texts = {transcript.id: transcript for transcript in read_all(study.new, study.params)}
    codings = [coding for file in files for coding in read_codings_file(_there(file), texts)[0]]
    judged = judge(places, codings, study.codebook, study.params.train.level)
    if len(judged) < len(places):
        show.note(f"comb: {len(places) - len(judged)} of {len(places)} drawn segments are not coded yet: left out.")
    codes = [code for code in read_json(study.head / "head.json")["codes"] if code in study.codebook]
    found = {**facts, **estimate(judged, facts["uncoded"], codes, facts["seed"])}
    write_json(study.audit_result, found)
    write_card(study)
    _print(found)


def _there(file: Path) -> Path:
    if not file.is_file():
        raise BadInputError("there is no such file", where=str(file), remedy="Name the CSV with the coded sample.")
    return file


def _print(found: dict[str, Any]) -> None:
    rows = [["any code", *_figures(found["any"])]]
    rows += [[code, *_figures(facts)] for code, facts in found["codes"].items() if facts["found"]]
    header = ("code", "found", "share missed", "95% interval", "segments", "in other transcripts")
    show.table("Of the segments that the model left uncoded", header, rows)
    show.say(found["sentence"])


def _figures(facts: dict[str, Any]) -> list[str]:
    others = facts["others_like_them"]
    return [
        str(facts["found"]),
        f"{facts['share']:.1%}",
        f"{facts['low']:.1%} to {facts['high']:.1%}",
        f"{facts['segments_low']} to {facts['segments_high']}",
        f"{others['low']:.1%} to {others['high']:.1%}" if others and others["low"] is not None else "–",
    ]
