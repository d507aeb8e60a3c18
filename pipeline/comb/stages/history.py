"""The history of a study: each evaluation is a run, and runs are compared with one another."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import comb
from comb.errors import BadInputError, CombError, NotReadyError
from comb.evaluation.cross_validation import Evaluation
from comb.evaluation.runs import History, Run, compare, counts_of
from comb.evaluation.summary import summary
from comb.learning.dataset import Dataset
from comb.stages.words_in_git import words_in_git
from comb.study.files import read_record, visible, write_record
from comb.study.git import commit, in_work_tree
from comb.study.layout import Study

_SECTIONS = ("encoder", "tune", "segment", "embed", "train", "evaluate")
"""Sections of the params that an evaluation depends on."""
LONGEST_NOTE = 200


def keep_run(study: Study, dataset: Dataset, result: Evaluation) -> None:
    """Add a run to the history, unless its results equal those of the last run or nothing was measured."""
    if not result.metrics.protocol.folds:
        return
    files = _files(study)
    run = Run(
        number=1 + max((int(path.stem) for path in files), default=0),
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        note="",
        version=comb.__version__,
        model=result.metrics.model,
        exclusive=dataset.exclusive,
        settings=_settings(study),
        protocol=result.metrics.protocol,
        summary=summary(result.metrics),
        transcripts=counts_of(dataset, result.chosen),
    )
    with suppress(CombError):  # a damaged run is told by comb history
        if files and _read(files[-1]).measured_the_same(run):
            return
    write_record(study.history / f"{run.number:04}.json", run)


def _settings(study: Study) -> dict[str, str]:
    def flat(value: Any, name: str) -> dict[str, str]:
        if not isinstance(value, dict):
            return {name: str(value)}
        return {key: text for part, inner in value.items() for key, text in flat(inner, f"{name}.{part}").items()}

    params = study.params.model_dump(mode="json")
    return {key: text for section in _SECTIONS for key, text in flat(params[section], section).items()}


def read_history(study: Study, first: int | None = None, last: int | None = None) -> History:
    """Read the runs and compare each with the one before; ``first`` and ``last`` limit the runs.

    Raises NotReadyError if there are none, BadInputError for a damaged file and for a number that no run has.
    """
    runs = [_read(path) for path in _files(study)]
    if not runs:
        raise NotReadyError(
            "nothing has been evaluated yet", remedy="Code two transcripts or more, then run: dvc repro."
        )
    known = [run.number for run in runs]
    for number in (first, last):
        if number is not None and number not in known:
            remedy = f"The runs are: {', '.join(map(str, known))}."
            raise BadInputError(f"there is no run {number}", remedy=remedy)
    kept = [run for run in runs if (first or 0) <= run.number <= (last or run.number)]
    params = study.params.evaluate
    changes = [compare(one, other, params) for one, other in pairwise(kept)]
    return History(kept, changes, compare(kept[0], kept[-1], params) if len(kept) > 2 else None)


def save(study: Study, note: str) -> str:
    """Name the last run and, if the study has a git repository, commit its files there; return what was done.

    Raises NotReadyError if nothing has been evaluated yet, BadInputError for a note that is no line, and if the
    codebook or the prompt repeats what somebody said.
    """
    text = " ".join(note.split())
    if not text or len(text) > LONGEST_NOTE:
        raise BadInputError(
            "this cannot be the name of a run", remedy=f"Use 1 to {LONGEST_NOTE} characters, without people's names."
        )
    run = read_history(study).runs[-1]
    git = in_work_tree(study.root)
    if git:
        _refuse_words(study)
    write_record(study.history / f"{run.number:04}.json", replace(run, note=text))
    done = commit(study.root, text) if git else None
    in_git = {True: " and committed to git", False: "; git has nothing new to commit", None: ""}[done]
    said = " Git refused to commit: look at git status." if git and done is None else ""
    return f'Run {run.number} is named "{text}"{in_git}.{said}'


def _refuse_words(study: Study) -> None:
    """Raise BadInputError if a text that git keeps stands in a transcript."""
    if found := words_in_git(study):
        raise BadInputError(
            f"git would keep participants' words: texts of {', '.join(found)} occur in transcripts",
            where="configs",
            remedy="Reword these examples, or leave them out.",
        )


def _files(study: Study) -> list[Path]:
    return [path for path in visible(study.history, "*.json") if path.stem.isdecimal()]


def _read(path: Path) -> Run:
    return read_record(path, Run, "Delete this file; the other runs stay.")
