"""Thresholds where only part of a transcript is coded, and not a random part.

Shapes: N segments, K codes.

Who codes what ``comb next`` proposes codes doubtful segments and those with rare codes. A threshold that agrees best
with people on these is no good for the rest. Probabilities stand up better, as the choice looked only at what a head
looks at; so each threshold is chosen for the kappa that is to be expected on all segments of the transcripts that
somebody has begun, going by their scores. Transcripts that nobody has begun change nothing.

Source: expected agreement under calibrated probabilities, as Ye, Chai, Lee & Chieu (2012), Optimizing F-measure: a tale
of two approaches, ICML, section 4, have it for F1; covariate shift: Shimodaira (2000).
"""

from dataclasses import replace

import numpy as np

from comb.agreement.coefficients import cohen_kappa
from comb.learning.classifier import CUTS, Classifier, Floats

SWEEPS = 2


def settle(classifier: Classifier, scores: Floats) -> Classifier:
    """Give the classifier with thresholds that suit segments with these scores (N, K).

    >>> expected_cut(np.array([0.9, 0.8, 0.3, 0.1, 0.1, 0.0]))
    0.32
    """
    if not classifier.exclusive:
        return replace(classifier, thresholds=np.array([expected_cut(column) for column in scores.T]))
    thresholds, best = np.full(scores.shape[1], 0.5), -1.0
    for _ in range(SWEEPS):
        for k in range(len(thresholds)):
            for cut in CUTS:
                trial = thresholds.copy()
                trial[k] = cut
                value = _expected_worth(scores, trial)
                if value > best + 1e-9:
                    best, thresholds = value, trial
    return replace(classifier, thresholds=thresholds)


def expected_cut(scores: Floats) -> float:
    """Give the cut of ``CUTS`` at which one code's scores (N,) promise the highest kappa."""
    used = scores >= CUTS[:, None]
    hits, false = (used * scores).sum(axis=1), (used * (1 - scores)).sum(axis=1)
    missed, right = scores.sum() - hits, (1 - scores).sum() - false
    kappas = cohen_kappa(np.stack([np.stack([right, false], -1), np.stack([missed, hits], -1)], axis=-2))
    return float(CUTS[np.nan_to_num(kappas, nan=-1.0).argmax()])


def _expected_worth(scores: Floats, thresholds: Floats) -> float:
    """Kappa and macro-F1 together, as ``head`` has it: kappa alone gives up rare codes."""
    guess = (scores / thresholds).argmax(axis=1)
    table = np.stack([scores[guess == k].sum(axis=0) for k in range(len(thresholds))], axis=1)
    f1 = 2 * np.diag(table) / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1e-9)
    return float(np.nan_to_num(cohen_kappa(table)) + f1.mean())
