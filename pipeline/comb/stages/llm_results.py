"""What language models coded, read back by the stages that compare, suggest and report."""

from collections.abc import Mapping
from pathlib import Path

from comb.codings.codings_csv import read_codings_file
from comb.codings.language_model import LlmRun
from comb.errors import BadInputError, NotReadyError
from comb.records import Coding, Transcript
from comb.stages.listener import Listener
from comb.study.files import read_json, read_record
from comb.study.layout import Study

CURRENT = "current.json"
"""Names the folder of the model that the params name; empty where they name none."""
RUN, CODINGS, NEW, SCORES, NEW_SCORES = "run.json", "codings.csv", "new.csv", "scores.csv", "new-scores.csv"
"""The files of a model's folder: how it coded, and codings and scores of ``data/raw`` and of ``data/new``."""


def current_run(study: Study) -> tuple[LlmRun, Path] | None:
    """Return how the model that the params name coded, and the folder with what it said; None where it did not."""
    path = study.llm / CURRENT
    name = str(read_json(path)["folder"]) if path.exists() else ""
    if not name:
        return None
    folder = study.llm / name
    return read_record(folder / RUN, LlmRun, "Run: comb llm code."), folder


def all_runs(study: Study) -> list[tuple[LlmRun, Path]]:
    """Return how each language model coded the study, and its folder, sorted by coder."""
    found = [(read_record(path, LlmRun, "Run: comb llm code."), path.parent) for path in study.llm.glob(f"*/{RUN}")]
    return sorted(found, key=lambda pair: pair[0].coder)


def need_run(study: Study) -> tuple[LlmRun, Path]:
    """Return what ``current_run`` does. Raises NotReadyError where no language model has coded."""
    found = current_run(study)
    if found is None:
        remedy = "Name a model in llm.model, configs/params.yaml, and run: comb llm code."
        raise NotReadyError("no language model has coded", where=str(study.llm), remedy=remedy)
    return found


def llm_codings(
    study: Study, transcripts: Mapping[str, Transcript], name: str, listener: Listener
) -> tuple[list[Coding], list[LlmRun]]:
    """Return what all language models coded in a file of their folders, ``CODINGS`` or ``NEW``, and how.

    What is of other transcripts than these is left out, and the listener is told so.
    """
    codings: list[Coding] = []
    runs = []
    for run, folder in all_runs(study):
        try:
            found, _ = read_codings_file(folder / name, transcripts)
        except BadInputError:
            listener.note(f"comb: {run.coder} coded other transcripts, so it is left out. Run: comb llm code.")
            continue
        if found:
            codings += found
            runs.append(run)
    return codings, runs
