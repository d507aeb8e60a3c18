"""The scores of the study's language model as an opinion that the head may join."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from comb.llm.coded import score_rows
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.llm_results import NEW_SCORES, SCORES, current_run
from comb.study.layout import Study

if TYPE_CHECKING:
    from comb.learning.classifier import Classifier
    from comb.learning.features import OutsideScores

MOST_LOGIT = 6.0
"""Limit of log-odds, because language models are overconfident."""


class OutsideTable:
    """The scores of the study's language model by the places of segments, as log-odds; empty if there is no model.

    A model that is shown coded segments of other transcripts is left out: its scores would have to be computed in each
    fold of the head's own training. One that is given the codebook alone has seen no coding.
    """

    def __init__(self, coder: str = "", codes: tuple[str, ...] = ()) -> None:
        self.coder, self.codes = coder, codes
        self.rows: dict[tuple[str, int, int], NDArray[np.float64]] = {}
        self.met: set[str] = set()
        """Its name, once it was asked for a segment that it has scored."""

    @classmethod
    def read(cls, study: Study) -> "OutsideTable":
        """Read the scores of the model that the params name."""
        found = current_run(study)
        if found is None or found[0].examples:
            return cls()
        run, folder = found
        table = cls(run.coder, run.codes)
        for name in (SCORES, NEW_SCORES):
            for place, own in score_rows(folder / name, run.codes):
                scores = np.array(own)
                before = table.rows.get(place, scores)
                table.rows[place] = np.where(np.isnan(scores), before, scores)
        return table

    def of(self, segments: Sequence[Segment]) -> "dict[str, OutsideScores]":
        """Return the log-odds of some segments by the model's name; empty if it has scored none of them."""
        from comb.learning.features import OutsideScores

        missing = np.full(len(self.codes), np.nan)
        found = [self.rows.get((one.transcript, one.start, one.end), missing) for one in segments]
        scores = np.array(found).reshape(len(segments), len(self.codes))
        if np.isnan(scores).all():
            return {}
        self.met.add(self.coder)
        odds = np.log(np.clip(scores, 1e-9, 1) / np.clip(1 - scores, 1e-9, 1))
        return {self.coder: OutsideScores(self.codes, np.clip(odds, -MOST_LOGIT, MOST_LOGIT))}


def outside_scores(study: Study, segments: Sequence[Segment]) -> "dict[str, OutsideScores]":
    """Return the scores of the study's language model for segments, as ``OutsideTable.of`` does."""
    return OutsideTable.read(study).of(segments)


def tell_missing(joined: "Classifier", scored: Collection[str], listener: Listener) -> None:
    """Report opinions with which the head was trained but which are missing for these segments."""
    from comb.learning.opinions import OPINIONS

    own = {opinion.name for opinion in OPINIONS}
    for name in joined.judges:
        if name not in own and name not in scored:
            listener.note(
                f"comb: {name} has not coded these transcripts: comb suggests without it. Run: comb llm code."
            )
