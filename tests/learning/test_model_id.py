"""A model's id is the hash of what it is made of: the same on every machine, another where anything is another."""

from dataclasses import replace

import numpy as np
import pytest

from comb.learning.dataset import Dataset
from comb.learning.train import model_id
from comb.stages.listener import Listener
from comb.stages.loading import read_dataset
from comb.study.layout import Study
from tests.stages import test_pipeline

coded = test_pipeline.coded


@pytest.fixture
def dataset(coded: Study, comb) -> Dataset:
    comb("segment")
    comb("embed")
    return read_dataset(coded, Listener())


def test_the_id_depends_on_what_the_model_is_made_of_and_not_on_the_last_bits(coded: Study, dataset: Dataset) -> None:
    params = coded.params.train
    usual = model_id(dataset, params, "encoder", 1)
    noise = np.random.default_rng(1).normal(scale=1e-3, size=dataset.inputs.embeddings.shape)
    other_bits = replace(dataset.inputs, embeddings=dataset.inputs.embeddings + noise.astype(np.float16))
    assert model_id(replace(dataset, inputs=other_bits), params, "encoder", 1) == usual
    assert model_id(dataset, params, "encoder", 2) != usual
    assert model_id(dataset, params, "another", 1) != usual
    assert model_id(dataset, params.model_copy(update={"seed": 2}), "encoder", 1) != usual
    row = int(dataset.rows[0])
    targets = dataset.targets.copy()
    targets[row, 0] = 1 - targets[row, 0]
    assert model_id(replace(dataset, targets=targets), params, "encoder", 1) != usual
    segments = list(dataset.segments)
    segments[row] = replace(segments[row], text="Another sentence.")
    assert model_id(replace(dataset, segments=segments), params, "encoder", 1) != usual
