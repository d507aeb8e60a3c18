"""Examples for a language model: coded segments of transcripts outside the fold of the one that it codes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from comb.codings.alignment import USED
from comb.evaluation.cross_validation import outer_folds
from comb.learning.dataset import Dataset
from comb.llm.few_shot import nearest_diverse
from comb.llm.prompt import Example, Prompt
from comb.records import Segment
from comb.stages.listener import Listener
from comb.stages.loading import all_embedded, load_encoder, read_dataset
from comb.study.layout import Study

Floats = NDArray[np.floating]


def examples_for(
    study: Study, raw: Sequence[Segment], new: Sequence[Segment], prompt: Prompt, listener: Listener
) -> list[list[Example]]:
    """Return the examples for each segment, first of the coded transcripts, then of the new ones.

    For a coded transcript, examples come only from the training part of its fold, with the folds of ``comb evaluate``;
    for new transcripts, from all coded ones.
    """
    dataset = read_dataset(study, listener)
    vectors = _unit(np.asarray(dataset.inputs.embeddings[:, 0], np.float32))
    row_of = {(s.transcript, s.start, s.end): row for row, s in enumerate(dataset.segments)}
    shown = []
    pools = training_rows(dataset, study)
    for segment in raw:
        row = row_of[segment.transcript, segment.start, segment.end]
        pool = pools[int(dataset.groups[row])]
        shown.append(_chosen(vectors[row], vectors, pool, dataset, prompt, study.params.llm.examples))
    if new:
        own = _unit(np.asarray(all_embedded(study, new, load_encoder(study), listener)[:, 0], np.float32))
        shown += [_chosen(v, vectors, dataset.rows, dataset, prompt, study.params.llm.examples) for v in own]
    return shown


def training_rows(dataset: Dataset, study: Study) -> dict[int, NDArray[np.intp]]:
    """Return, for each group of transcripts, the rows that may serve as examples: none of its own fold.

    A group that nobody has coded is held out by itself.
    """
    groups = {int(group): dataset.rows for group in np.unique(dataset.groups)}
    for train, test in outer_folds(dataset, study.params.evaluate):
        groups |= {int(group): train for group in np.unique(dataset.groups[test])}
    return groups


def _chosen(
    query: Floats, vectors: Floats, pool: NDArray[np.intp], dataset: Dataset, prompt: Prompt, most: int
) -> list[Example]:
    rows = [int(pool[k]) for k in nearest_diverse(query, vectors[pool], most)]
    return [_example(dataset, row, prompt) for row in rows]


def _example(dataset: Dataset, row: int, prompt: Prompt) -> Example:
    segment = dataset.segments[row]
    codes = [code for code, used in zip(dataset.codes, dataset.targets[row], strict=True) if used == USED]
    return Example(segment.context, segment.text, tuple(code for code in codes if code in prompt.codes))


def _unit(vectors: Floats) -> Floats:
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    unit: Floats = vectors / lengths
    return unit
