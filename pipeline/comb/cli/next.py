"""``comb next``: what to code next, and whether to go on."""

from collections import Counter
from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from comb.cli import app, find_study
from comb.cli import console as show
from comb.cli.loading import all_embedded, encoder_id, load_encoder, read_all
from comb.cli.reliability import read_optional
from comb.errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comb.active_learning.acquisition import Candidates
    from comb.encoder.embed import TextEncoder
    from comb.learning.artifact import Model
    from comb.records import Segment
    from comb.study.layout import Study


@app.command("next")
def next_command(
    most: Annotated[int, typer.Option("--segments", help="How many segments to propose.", min=1)] = 200,
) -> None:
    """Say which segments and transcripts are worth coding next, and whether to go on at all.

    Example: comb next --segments 50
    """
    import numpy as np

    from comb.active_learning.acquisition import DEFAULT, Worth, choose, proposals, transcripts
    from comb.records import Proposal
    from comb.study.files import write_rows

    study = find_study()
    segments, coded = _uncoded(study)
    candidates, codes, said = _see(study, segments, coded)
    picked = choose(candidates, DEFAULT, most, np.random.default_rng(study.params.train.seed))
    found = proposals(segments, candidates, codes, picked, DEFAULT)
    ranked = transcripts(segments, candidates, codes, found, DEFAULT)
    write_rows(study.next, [field.name for field in fields(Proposal)], map(astuple, found))
    header = [field.name for field in fields(Worth)]
    write_rows(study.next_transcripts, header, map(astuple, ranked))
    show.table("Transcripts worth coding next", header, [astuple(worth) for worth in ranked[:15]])
    show.note(f"{len(found)} segments are in {study.next}, the transcripts in {study.next_transcripts}.")
    _advise(study, said)


def _uncoded(study: "Study") -> "tuple[list[Segment], Counter[str]]":
    """List the segments that nobody has read: those of data/raw without a coding, and those of data/new.

    Tells, too, how many segments of each transcript somebody has read.
    """
    from comb.transcripts.segment import segment_transcripts

    raw, read = _raw(study)
    new = read_all(study.new, study.params, empty=True)
    there = {segment.transcript for segment in raw}
    found = [segment for segment, known in zip(raw, read, strict=True) if not known]
    found += segment_transcripts([t for t in new if t.id not in there], study.params.segment)
    if not found:
        remedy = "Put transcripts that nobody has coded into data/new."
        raise NotReadyError("nothing is left to propose: everything is coded", where=str(study.new), remedy=remedy)
    return found, Counter(segment.transcript for segment, known in zip(raw, read, strict=True) if known)


def _raw(study: "Study") -> "tuple[list[Segment], list[bool]]":
    """Give the segments of data/raw, and whether any coder has read each; none where comb segment has not run."""
    from comb.codings.alignment import UNREAD, align
    from comb.codings.codings_csv import read_codings
    from comb.records import Segment
    from comb.study.files import read_table, read_transcripts

    if not study.segments.exists():
        return [], []
    segments = read_table(study.segments, Segment)
    codings = read_codings(study.codings, read_transcripts(study.transcripts))
    train = study.params.train
    views = align(segments, codings, study.codebook, train.level, train.overlap)
    read = [any((view.codes[row] != UNREAD).any() for view in views.coders.values()) for row in range(len(segments))]
    return segments, read


def _see(
    study: "Study", segments: "Sequence[Segment]", coded: "Counter[str]"
) -> "tuple[Candidates, Sequence[str], dict[str, Any] | None]":
    """Give what strategies see, the codes, and what the model, if there is one, suggests for each segment."""
    import numpy as np

    from comb.active_learning.acquisition import Candidates, scores_from_definitions
    from comb.learning.artifact import read_model
    from comb.learning.classifier import NONE, Inputs

    encoder = load_encoder(study)
    embeddings = all_embedded(study, segments, encoder)
    inputs = Inputs.of(segments, embeddings)
    names = dict.fromkeys(segment.transcript for segment in segments)
    where = embeddings[:, 0], inputs.transcripts, np.array([coded[name] for name in names], np.intp)
    if not (study.head / "head.json").exists():
        show.note("comb: nothing is trained yet: segments are ranked by likeness to the codebook's definitions.")
        codes = study.codebook.codes_at(study.params.train.level)
        definitions = _definitions(study, codes, encoder)
        scores = scores_from_definitions(embeddings[:, 0], definitions)
        return Candidates(scores, np.full(len(codes), 0.5), study.codebook.exclusive, *where), codes, None
    model: Model = read_model(study.head, encoder_id(study))
    head = model.codes
    scores = head.scores(inputs, np.arange(len(segments)))
    said = {
        segment.id: [code for code, used in zip(head.codes, row, strict=True) if used and code != NONE]
        for segment, row in zip(segments, head.chosen(scores), strict=True)
    }
    candidates = Candidates(scores, head.thresholds, head.exclusive, *where)
    return candidates, head.codes, {"model": model.id, "said": said}


def _definitions(study: "Study", codes: "Sequence[str]", encoder: "TextEncoder") -> Any:
    """Give the embeddings (K, D) of what the codebook says of each code, its children and examples included."""
    from comb.encoder.embed import Cache

    texts = []
    for code in codes:
        below = [entry for entry in study.codebook if code in entry.path]
        texts.append(" ".join(part for e in below for part in (e.name or e.id, e.definition, *e.examples)))
    return Cache(study.cache, encoder).encode(texts)[0][:, 0]


def _advise(study: "Study", said: dict[str, Any] | None) -> None:
    """Print what the stopping rules advise."""
    from comb.active_learning.stopping import Signals, advise

    history = _remember(study, said) if said else []
    signals = Signals(read_optional(study.curve), read_optional(study.audit_result), history)
    for advice in advise(signals):
        show.say(f"{advice.verdict} ({advice.rule}): {advice.reason}.")


def _remember(study: "Study", said: dict[str, Any]) -> list[float]:
    """Keep what this model suggests, and give how far each model so far agreed with the one before it."""
    from comb.active_learning.stopping import agreement
    from comb.study.files import write_json

    before = read_optional(study.memory) or {"model": said["model"], "agreement": []}
    history = list(before["agreement"])
    if before["model"] != said["model"]:
        kappa = agreement(before["said"], said["said"])
        history += [kappa] if kappa is not None else []
    write_json(study.memory, {**said, "agreement": history})
    return history
