"""N-gram weights: what scikit-learn gives, without importing it."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from comb.learning import tfidf as module
from comb.learning.tfidf import KINDS, WORDS, Kind, Ngrams, fit_ngrams, ngram_rows, ngrams

SAID = ["I don’t know", "know, know", "", "…", "I don't want to know 😀", "Zoë's café's open", "to to to"]
texts = st.lists(st.one_of(st.sampled_from(SAID), st.text("ab é'’ 😀.", max_size=12)), max_size=8)


def peer(kind: Kind) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=partial(ngrams, kind=kind), sublinear_tf=True, dtype=np.float32)


@pytest.mark.parametrize("kind", KINDS)
@given(new=texts)
@settings(deadline=None)
def test_weights_are_those_of_scikit_learn(kind: Kind, new: list[str]) -> None:
    theirs, ours = peer(kind).fit(SAID), fit_ngrams(SAID, kind)
    assert list(ours.terms) == list(theirs.get_feature_names_out())
    rows = ngram_rows([ours], new).matrix()
    assert rows.shape == (len(new), len(ours.terms))
    if new:
        np.testing.assert_allclose(rows.toarray(), theirs.transform(new).toarray(), atol=1e-6)


def test_words_are_scikit_learns_words_and_pairs() -> None:
    analyze = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORDS).build_analyzer()
    for text in SAID:
        assert ngrams(text, "words") == analyze(text)


@given(st.text("ab é'’ 😀.", max_size=30))
def test_character_ngrams_are_all_within_words(text: str) -> None:
    every = {
        f" {w} "[a:b] for w in text.split() for a in range(len(w) + 2) for b in range(a + 2, min(a + 5, len(w) + 2) + 1)
    }
    assert set(ngrams(text, "characters")) == every


def test_a_product_is_that_of_the_matrix_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    many = SAID * 3
    parts = [fit_ngrams(SAID, kind) for kind in KINDS]
    both = ngram_rows(parts, many)
    weights = np.random.default_rng(1).normal(size=(both.width, 3))
    whole = hstack([ngram_rows([part], many).matrix() for part in parts])
    np.testing.assert_allclose(both @ weights, whole @ weights, atol=1e-9)
    monkeypatch.setattr(module, "BLOCK", 2)
    np.testing.assert_array_equal(ngram_rows(parts, many) @ weights, both @ weights)


def test_texts_without_known_ngrams_weigh_nothing() -> None:
    one = Ngrams("words", ("know",), np.ones(1))
    assert not (ngram_rows([one], ["", "else"]) @ np.ones((1, 2))).any()
    assert (ngram_rows([one], []) @ np.ones((1, 2))).shape == (0, 2)


def test_most_frequent_ngrams_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NGRAMS", 2)
    assert fit_ngrams(["b b a", "c b", "a c", "c"], "words").terms == ("b", "c")


def test_rare_ngrams_are_left_out_of_large_studies() -> None:
    few, many = ["common word", "rare word"], ["common word"] * 199 + ["rare word"]
    assert "rare" in fit_ngrams(few, "words").terms
    assert "rare" not in fit_ngrams(many, "words").terms


def test_using_ngrams_imports_neither_scikit_learn_nor_scipy() -> None:
    code = """
import sys, numpy as np
from comb.learning.tfidf import Ngrams, ngram_rows
ngram_rows([Ngrams("characters", (" a", "a "), np.ones(2))], ["a b"]) @ np.ones((2, 1))
assert not {"sklearn", "scipy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
