"""The scores of the study's language model as an opinion that the head may join."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from comb.llm.coded import read_scores
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.llm_results import NEW_SCORES, SCORES, current_run
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.learning.classifier import Classifier
    from comb.learning.features import OutsideScores

MOST_LOGIT = 6.0
"""Limit of log-odds: a language model is surer of itself than it should be."""


def outside_scores(study: Study, segments: Sequence[Segment]) -> "dict[str, OutsideScores]":
    """Return what the study's language model said of segments, as log-odds by its name; nothing where none codes.

    A model that is shown coded segments of other transcripts is left out: its scores would have to be made anew in each
    fold of the head's own training. One that is given the codebook alone has seen no coding.
    """
    from comb.learning.features import OutsideScores

    found = current_run(study)
    if found is None or found[0].examples:
        return {}
    run, folder = found
    scores = np.full((len(segments), len(run.codes)), np.nan)
    for name in (SCORES, NEW_SCORES):
        own = read_scores(folder / name, segments, run.codes)
        scores = np.where(np.isnan(own), scores, own)
    if np.isnan(scores).all():
        return {}
    odds = np.log(np.clip(scores, 1e-9, 1) / np.clip(1 - scores, 1e-9, 1))
    return {run.coder: OutsideScores(run.codes, np.clip(odds, -MOST_LOGIT, MOST_LOGIT))}


def tell_missing(joined: "Classifier", scored: "dict[str, OutsideScores]", listener: Listener) -> None:
    """Say which opinions the head was trained with that say nothing of the segments at hand."""
    from comb.learning.opinions import OPINIONS

    own = {opinion.name for opinion in OPINIONS}
    for name in joined.judges:
        if name not in own and name not in scored:
            listener.note(
                f"comb: {name} has not coded these transcripts: comb suggests without it. Run: comb llm code."
            )
