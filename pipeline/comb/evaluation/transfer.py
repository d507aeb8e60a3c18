"""Compare the output of ``comb suggest`` for transcripts with codings that training never reads.

Shapes: N segments, K codes that are learned, L codes of the reference.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import USED, Codes
from comb.evaluation.every_code import score_every, ungated, with_scores
from comb.evaluation.results import TransferMetrics, TransferProtocol
from comb.learning.artifact import Model
from comb.learning.dataset import Dataset
from comb.learning.suggest import Unlike, decide
from comb.study.params import EvaluateParams

NEVER_LEARNED = "too few coded segments to be learned"


def transfer(
    dataset: Dataset,
    model: Model,
    params: EvaluateParams,
    withheld: Mapping[str, str],
    cutoff: float | None,
    foreign: tuple[Unlike, Mapping[str, str]],
) -> TransferMetrics:
    """Evaluate a trained model on transcripts on which it was not trained; ``dataset`` contains the model's codes.

    ``withheld``, ``cutoff`` and ``foreign`` are those used by ``comb suggest``: withheld codes with the reason, the
    score for sets, and transcripts unlike those that the model learned from, with the differences.
    """
    unlike, why = foreign
    found = decide(model, dataset.segments, dataset.inputs, unlike, cutoff)
    rows, k = dataset.rows, len(dataset.codes)
    every: Codes = found.chosen[rows, :k].astype(np.int8)
    chosen = every * np.array([code not in withheld for code in dataset.codes], np.int8)
    suggested, loose = (score_every(dataset, rows, codes, params) for codes in (chosen, every))
    used = {code for code, figures in suggested.codes.items() if figures.n}
    return TransferMetrics(
        overall=with_scores(suggested.overall, chosen, found.scores[rows, :k], _truth(dataset, rows)),
        intervals=suggested.intervals,
        ungated=ungated(loose, every),
        codes={code: figures for code, figures in suggested.codes.items() if code in used | set(dataset.codes)},
        withheld={
            code: withheld.get(code, NEVER_LEARNED)
            for code in dataset.every
            if code in withheld or (code in used and code not in dataset.codes)
        },
        unlike=why,
        protocol=TransferProtocol(len(rows), len(np.unique(dataset.groups[rows])), model.id),
    )


def _truth(dataset: Dataset, rows: NDArray[np.intp]) -> Codes:
    return np.asarray(dataset.targets[rows] == USED).astype(np.int8)
