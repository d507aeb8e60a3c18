"""What suggestions are compared with: word TF-IDF with logistic regression, and always the most common answer.

Shapes: N segments, K codes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats
from comb.codings.alignment import USED, Codes
from comb.evaluation.results import Figure, Lead
from comb.learning.dataset import Dataset


def tfidf_baseline(dataset: Dataset, a: NDArray[np.intp], b: NDArray[np.intp]) -> tuple[Codes, Floats]:
    """Predict by word TF-IDF and logistic regression with balanced classes, cut at one half."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2 if len(a) > 200 else 1)
    train = vectorizer.fit_transform([dataset.inputs.texts[row] for row in a])
    test = vectorizer.transform([dataset.inputs.texts[row] for row in b])
    return _logistic(train, test, dataset.targets[a], dataset.exclusive)


def _logistic(train: Any, test: Any, targets: Codes, exclusive: bool) -> tuple[Codes, Floats]:
    from sklearn.linear_model import LogisticRegression

    def probabilities(answers: NDArray[Any], k: int) -> Floats:
        out = np.zeros((test.shape[0], k))
        if len(np.unique(answers)) > 1:
            model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(train, answers)
            out[:, model.classes_] = model.predict_proba(test)
        return out

    k = targets.shape[1]
    if exclusive:
        scores = probabilities(np.where(targets.any(axis=1), targets.argmax(axis=1), k), k + 1)
        return _one_hot(scores)[:, :k], scores[:, :k]
    scores = np.stack([probabilities(column, 2)[:, 1] for column in targets.T], axis=1)
    return (scores >= 0.5).astype(np.int8), scores


def majority_baseline(dataset: Dataset, a: NDArray[np.intp], b: NDArray[np.intp]) -> tuple[Codes, Floats]:
    """Return the most frequent answer for every segment: whether each code is used, or the most used code."""
    share = (dataset.targets[a] == USED).mean(axis=0)
    scores = np.tile(np.append(share, 1 - share.sum()) if dataset.exclusive else share, (len(b), 1))
    chosen = _one_hot(scores) if dataset.exclusive else (scores > 0.5).astype(np.int8)
    k = len(dataset.codes)
    return chosen[:, :k], scores[:, :k]


def _one_hot(scores: Floats) -> Codes:
    chosen: Codes = (scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])).astype(np.int8)
    return chosen


def better_baseline(figures: Mapping[str, Mapping[str, Figure]], leads: Mapping[str, Lead]) -> str:
    """Return in words which baselines agree better with people than comb does; nothing if none does.

    ``figures`` are the overall figures by name, those of ``comb`` among them.
    """
    own, told, surely = figures["comb"]["cohen_kappa"], [], False
    for name, lead in leads.items():
        gap, other = lead.cohen_kappa, figures[name]["cohen_kappa"]
        if gap.value is None or gap.value >= 0 or own is None or other is None:
            continue
        low, high = (value if value is not None else gap.value for value in (gap.low, gap.high))
        surely = surely or high < 0
        told.append(f"{name} has {other:.2f} (95% interval of comb's lead {low:+.2f} to {high:+.2f})")
    if not told:
        return ""
    remedy = (
        "comb's suggestions are worse than those of a simple method here: do not rely on them"
        if surely
        else "the codings so far do not show that comb's suggestions are better than those of a simple method"
    )
    again = "Code more, then train again (Train, or: dvc repro)."
    return f"with no code withheld, comb has a held-out kappa of {own:.2f}; {'; '.join(told)}: {remedy}. {again}"
