"""Choose what to code next, and advise whether to go on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from comb.active_learning.acquisition import (
    Candidates,
    Worth,
    choose,
    default_strategy,
    proposals,
    scores_from_definitions,
    transcripts,
)
from comb.active_learning.stopping import Advice, Signals, advise, agreement
from comb.codings.alignment import UNREAD, align
from comb.codings.codings_csv import read_codings
from comb.errors import NotReadyError
from comb.learning.artifact import read_model
from comb.learning.classifier import NO_CODE
from comb.learning.features import Inputs
from comb.records import Proposal, Segment
from comb.stages.listener import Listener
from comb.stages.llm_opinion import outside_scores
from comb.stages.loading import all_embedded, encoder_id, load_encoder, read_all, read_segmented
from comb.stages.measured import read_audit, read_curve, read_optional
from comb.study.atomic import together
from comb.study.files import write_record, write_rows
from comb.study.layout import Study
from comb.transcripts.segment import segment_transcripts

if TYPE_CHECKING:
    from comb.encoder.embed import TextEncoder


@dataclass(frozen=True)
class NextSteps:
    """The proposals for what to code next."""

    segments: list[Proposal]
    transcripts: list[Worth]
    advice: list[Advice]
    """The advice of the stopping rules."""


@dataclass(frozen=True)
class Memory:
    """The latest model's suggestions for segments that nobody has coded."""

    model: str
    said: dict[str, list[str]]
    """Codes by segment id."""
    agreement: list[float] = field(default_factory=list)
    """Kappa between the suggestions of each model and of the one before it, the latest last."""


def propose_next(study: Study, most: int, listener: Listener) -> NextSteps:
    """Write and return the segments (at most ``most``) and transcripts that are most worth coding next."""
    segments, coded = _uncoded(study, listener)
    candidates, codes, said = _see(study, segments, coded, listener)
    strategy = default_strategy(exclusive=candidates.exclusive)
    picked = choose(candidates, strategy, most, np.random.default_rng(study.params.train.seed))
    found = proposals(segments, candidates, codes, picked, strategy)
    ranked = transcripts(segments, candidates, codes, found, strategy)
    with together(study.root):
        write_rows(study.next, [f.name for f in fields(Proposal)], map(astuple, found))
        write_rows(study.next_transcripts, [f.name for f in fields(Worth)], map(astuple, ranked))
        history = _remember(study, said) if said else []
    advice = advise(Signals(read_curve(study), read_audit(study), history))
    return NextSteps(found, ranked, advice)


def _uncoded(study: Study, listener: Listener) -> tuple[list[Segment], Counter[str]]:
    """List the segments that nobody has read: those of data/raw without a coding, and those of data/new.

    Also return how many segments of each transcript somebody has read.
    """
    raw, read = read_of_raw(study)
    new = read_all(study, study.new, listener, empty=True)
    there = {segment.transcript for segment in raw}
    found = [segment for segment, known in zip(raw, read, strict=True) if not known]
    found += segment_transcripts([t for t in new if t.id not in there], study.params.segment)
    if not found:
        remedy = "Add transcripts that nobody has coded: comb import --new FILE, or Add files in the workspace."
        raise NotReadyError("nothing is left to propose: everything is coded", where=str(study.new), remedy=remedy)
    return found, Counter(segment.transcript for segment, known in zip(raw, read, strict=True) if known)


def read_of_raw(study: Study) -> tuple[list[Segment], list[bool]]:
    """Return the segments of data/raw, and whether any coder has read each; none if comb segment has not run."""
    if not study.segments.exists():
        return [], []
    transcripts, segments = read_segmented(study)
    codings = read_codings(study.codings, transcripts, study.codebook)
    train = study.params.train
    views = align(segments, codings, study.codebook, train.level, train.overlap)
    read = [any((view.codes[row] != UNREAD).any() for view in views.coders.values()) for row in range(len(segments))]
    return segments, read


def _see(
    study: Study, segments: Sequence[Segment], coded: Counter[str], listener: Listener
) -> tuple[Candidates, Sequence[str], Memory | None]:
    """Return what strategies see, the codes, and what the model, if there is one, suggests for each segment."""
    encoder = load_encoder(study)
    embeddings = all_embedded(study, segments, encoder, listener)
    inputs = Inputs.of(segments, embeddings, outside=outside_scores(study, segments))
    names = dict.fromkeys(segment.transcript for segment in segments)
    where = embeddings[:, 0], inputs.transcripts, np.array([coded[name] for name in names], np.intp)
    if not (study.head / "head.json").exists():
        listener.note("comb: nothing is trained yet: segments are ranked by similarity to the codebook's definitions.")
        codes = study.codebook.codes_at(study.params.train.level)
        scores = scores_from_definitions(embeddings[:, 0], _definitions(study, codes, encoder))
        return Candidates(scores, np.full(len(codes), 0.5), study.codebook.exclusive, *where), codes, None
    model = read_model(study.head, encoder_id(study))
    head = model.codes
    scores = head.predict_proba(inputs, np.arange(len(segments)))
    said = {
        segment.id: [code for code, used in zip(head.codes, row, strict=True) if used and code != NO_CODE]
        for segment, row in zip(segments, head.predict(scores, inputs.transcripts), strict=True)
    }
    candidates = Candidates(scores, head.thresholds, head.exclusive, *where)
    return candidates, head.codes, Memory(model.id, said)


def _definitions(study: Study, codes: Sequence[str], encoder: "TextEncoder") -> Any:
    """Return embeddings (K, D) of what the codebook says of each code, its children and examples included."""
    from comb.encoder.embed import Cache

    texts = []
    for code in codes:
        below = [entry for entry in study.codebook if code in entry.path]
        texts.append(" ".join(part for e in below for part in (e.name or e.id, e.definition, *e.examples)))
    return Cache(study.cache, encoder).encode(texts)[0][:, 0]


def _remember(study: Study, said: Memory) -> list[float]:
    """Keep what this model suggests, and return how far each model so far agreed with the one before it."""
    before = read_optional(study.memory, Memory, f"Delete {study.memory.name} and run comb next again.")
    history = list(before.agreement) if before else []
    if before and before.model != said.model:
        kappa = agreement(before.said, said.said)
        history += [kappa] if kappa is not None else []
    write_record(study.memory, replace(said, agreement=history))
    return history
