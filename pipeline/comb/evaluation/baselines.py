"""What suggestions are compared with: word TF-IDF with logistic regression, and always saying what is most common.

Shapes: N segments, K codes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from comb.agreement.coefficients import Floats
from comb.codings.alignment import USED, Codes
from comb.learning.dataset import Dataset


def tfidf_baseline(dataset: Dataset, a: NDArray[np.intp], b: NDArray[np.intp]) -> tuple[Codes, Floats]:
    """Word TF-IDF with logistic regression, as a careful tutorial would do it."""
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
    """Say of every segment what is said most often: for each code whether it is used, or the one most used."""
    share = (dataset.targets[a] == USED).mean(axis=0)
    scores = np.tile(np.append(share, 1 - share.sum()) if dataset.exclusive else share, (len(b), 1))
    chosen = _one_hot(scores) if dataset.exclusive else (scores > 0.5).astype(np.int8)
    k = len(dataset.codes)
    return chosen[:, :k], scores[:, :k]


def _one_hot(scores: Floats) -> Codes:
    chosen: Codes = (scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])).astype(np.int8)
    return chosen
