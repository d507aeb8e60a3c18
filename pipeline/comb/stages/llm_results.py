"""Read the codings of language models, for the stages that compare, suggest and report."""

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
"""File with the folder of the model that the params name; the folder is empty if they name none."""
RUN, CODINGS, NEW, SCORES, NEW_SCORES = "run.json", "codings.csv", "new.csv", "scores.csv", "new-scores.csv"
"""The files in a model's folder: its run, and its codings and scores of ``data/raw`` and of ``data/new``."""


def current_run(study: Study) -> tuple[LlmRun, Path] | None:
    """Return the run of the model that the params name, and its folder; None if it has not coded."""
    path = study.llm / CURRENT
    name = str(read_json(path)["folder"]) if path.exists() else ""
    if not name:
        return None
    folder = study.llm / name
    return read_record(folder / RUN, LlmRun, "Run: comb llm code."), folder


def all_runs(study: Study) -> list[tuple[LlmRun, Path]]:
    """Return the run of each language model in the study, and its folder, sorted by coder."""
    found = [(read_record(path, LlmRun, "Run: comb llm code."), path.parent) for path in study.llm.glob(f"*/{RUN}")]
    return sorted(found, key=lambda pair: pair[0].coder)


def need_run(study: Study) -> tuple[LlmRun, Path]:
    """Return the result of ``current_run``. Raises NotReadyError if no language model has coded."""
    found = current_run(study)
    if found is None:
        remedy = "Name a model in llm.model, configs/params.yaml, and run: comb llm code."
        raise NotReadyError("no language model has coded", where=str(study.llm), remedy=remedy)
    return found


def llm_codings(
    study: Study, transcripts: Mapping[str, Transcript], name: str, listener: Listener
) -> tuple[list[Coding], list[LlmRun]]:
    """Return all language models' codings in the file ``CODINGS`` or ``NEW`` of their folders, with their runs.

    Codings of other transcripts are left out, and the listener is notified.
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
