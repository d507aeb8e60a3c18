"""The comparison of a notebook's stored outputs with new ones, and the study that the stored results are of."""

import json

import numpy as np
import pytest

from comb.codings.alignment import USED, align, reference
from comb.codings.codings_csv import read_codings
from comb.study.layout import Study
from comb.transcripts.reader import read_folder
from comb.transcripts.segment import segment_transcripts
from tests.notebooks.run_notebooks import NOTEBOOKS, alike, differences

nbformat = pytest.importorskip("nbformat")


def notebook(*outputs):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=list(outputs))])


def stream(text):
    return nbformat.v4.new_output("stream", text=text)


def result(data):
    return nbformat.v4.new_output("execute_result", data=data)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("kappa 0.476", "kappa 0.476", True),
        ("kappa 0.476", "kappa 0.481", True),
        ("kappa 0.476", "kappa 0.52", False),
        ("kappa 0.476", "alpha 0.476", False),
        ("3140 segments", "3141 segments", False),
        ("83%", "82%", False),
        ("a 0.1 b 0.2", "a 0.1", False),
        ("+0.002", "-0.002", False),
        ("", "", True),
    ],
)
def test_lines_are_alike_where_words_and_whole_numbers_are_the_same(old, new, same):
    assert alike(old, new) is same


def test_the_same_outputs_do_not_differ():
    made = notebook(stream("kappa 0.47\n"), result({"text/plain": "(32, 3140)"}))
    assert differences(made, made) == []


def test_a_difference_names_the_cell_and_both_lines():
    (problem,) = differences(notebook(stream("one\n12 codes\n")), notebook(stream("one\n13 codes\n")))
    assert "cell 0" in problem
    assert "12 codes" in problem
    assert "13 codes" in problem


def test_a_lacking_output_is_a_difference():
    assert differences(notebook(stream("one\ntwo\n")), notebook(stream("one\n")))
    assert differences(notebook(), notebook(stream("one\n")))


def test_a_picture_may_change_and_must_be_there():
    old = result({"image/png": "aaaa", "text/plain": "<A>"})
    new = result({"image/png": "bbbb", "text/plain": "<B>"})
    assert differences(notebook(old), notebook(new)) == []
    assert differences(notebook(old), notebook())


def test_stored_results_are_of_the_example_study_as_it_is():
    study = Study.find(NOTEBOOKS)
    params, codebook = study.params, study.codebook
    transcripts, _ = read_folder(study.raw, study.roles)
    segments = segment_transcripts(transcripts, params.segment)
    codings = read_codings(study.codings, {transcript.id: transcript for transcript in transcripts})
    views = align(segments, codings, codebook, params.train.level, params.train.overlap)
    merged = reference(views, segments, params.train.reference, exclusive=codebook.exclusive)
    counts = dict(zip(views.codes, (merged.codes == USED).sum(axis=0).tolist(), strict=True))
    curve = json.loads((NOTEBOOKS / "results" / "curve.json").read_text(encoding="utf-8"))
    played = json.loads((NOTEBOOKS / "results" / "simulate.json").read_text(encoding="utf-8"))
    assert curve["now"] == len(transcripts)
    assert {code: facts["now"] for code, facts in curve["codes"].items()} == counts
    # The last size is all that a run has whose held-out quarter of the transcripts is the longest.
    assert 0.5 * len(segments) < played["sizes"][-1] < np.ceil(0.75 * len(segments))
