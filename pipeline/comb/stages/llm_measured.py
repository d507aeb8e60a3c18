"""Agreement of a language model with people on the segments that it coded, for the card and the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from comb.agreement.coefficients import Floats
from comb.codings.alignment import UNREAD, UNUSED, USED, Codes
from comb.codings.codings_csv import read_codings_file
from comb.codings.language_model import LlmRun
from comb.errors import CombError
from comb.evaluation.among_people import human
from comb.evaluation.code_gate import judge_codes
from comb.evaluation.results import Comparison, Gate, People
from comb.evaluation.scoring import score
from comb.learning.dataset import Dataset
from comb.llm.coded import read_scores
from comb.records import Coding, Segment
from comb.stages.listener import Listener
from comb.stages.llm_results import CODINGS, SCORES
from comb.stages.loading import read_dataset
from comb.stages.tune import without_embeddings
from comb.study.files import read_transcripts
from comb.study.layout import Study


@dataclass(frozen=True)
class LlmMetrics:
    """A language model compared with the reference and with people, on the segments that it answered."""

    coder: str
    comparison: Comparison
    people: People | None
    """None if no two people coded these segments."""
    gate: Gate
    segments: int
    transcripts: int


def measure(study: Study, run: LlmRun, folder: Path, listener: Listener) -> LlmMetrics | None:
    """Compare a language model with people; None if nobody coded the same segments.

    The model never sees people's codings of the transcripts on which it is measured: its prompt has no examples, or
    examples from other folds.
    """
    try:
        dataset = read_dataset(study, listener, without_embeddings)
    except CombError:
        return None
    answered = predictions(study, run, folder, dataset)
    rows = dataset.rows[(answered.chosen[dataset.rows] != UNREAD).all(axis=1)]
    if not len(rows):
        return None
    params, groups = study.params.evaluate, dataset.groups[rows]
    found = score(dataset.targets[rows], answered.chosen[rows], groups, dataset.codes, dataset.exclusive, params)
    people = human(dataset, answered.chosen, params)
    transcripts = len({dataset.segments[row].transcript for row in rows})
    gate = judge_codes(found, people, params.gate, len(np.unique(groups)))
    return LlmMetrics(run.coder, found, people, gate, len(rows), transcripts)


@dataclass(frozen=True)
class Answers:
    """A language model's answers for N segments."""

    chosen: Codes
    """(N, K), -1 where it gave no answer."""
    scores: Floats
    """(N, K), NaN where it gave none."""


def predictions(study: Study, run: LlmRun, folder: Path, dataset: Dataset) -> Answers:
    """Return a language model's answers for the dataset's segments; -1 and NaN where it gave none."""
    codings, _ = read_codings_file(folder / CODINGS, read_transcripts(study.transcripts))
    scores = read_scores(folder / SCORES, dataset.segments, dataset.codes)
    return Answers(chosen_codes(dataset.segments, codings, dataset.codes, run.codes), scores)


def chosen_codes(
    segments: Sequence[Segment], codings: Sequence[Coding], codes: Sequence[str], offered: Sequence[str]
) -> Codes:
    """Return codings by segment as codes (N, K): -1 where a segment has no row, or a code was not offered."""
    given: dict[tuple[str, int, int], set[str]] = {}
    for coding in codings:
        given.setdefault((coding.transcript, coding.start, coding.end), set()).add(coding.code)
    found = np.full((len(segments), len(codes)), UNREAD, np.int8)
    known = np.array([code in offered for code in codes], bool)
    for row, segment in enumerate(segments):
        said = given.get((segment.transcript, segment.start, segment.end))
        if said is not None:
            found[row, known] = [USED if code in said else UNUSED for code in np.array(codes)[known]]
    return found
