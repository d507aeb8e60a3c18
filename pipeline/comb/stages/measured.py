"""Read the results of earlier commands in a study; None if they have not run."""

from pathlib import Path
from typing import TypeVar

from comb.active_learning.audit import Audit
from comb.evaluation.learning_curve import LearningCurve
from comb.evaluation.results import Metrics
from comb.learning.artifact import ModelFacts
from comb.study.files import read_record
from comb.study.layout import Study

Record = TypeVar("Record")


def read_metrics(study: Study) -> Metrics | None:
    """Read evaluate.json."""
    return read_optional(study.metrics / "evaluate.json", Metrics, "Run: comb evaluate.")


def read_model_facts(study: Study) -> ModelFacts | None:
    """Read head.json."""
    return read_optional(study.head / "head.json", ModelFacts, "Run: dvc repro --force train.")


def read_curve(study: Study) -> LearningCurve | None:
    """Read curve.json."""
    return read_optional(study.curve, LearningCurve, "Run: comb curve.")


def read_audit(study: Study) -> Audit | None:
    """Read audit.json."""
    return read_optional(study.audit_result, Audit, "Run: comb audit.")


def read_optional(path: Path, record: type[Record], remedy: str) -> Record | None:
    """Read a record; None if its file is missing or ``{}``, which means "could not be measured".

    Raises BadInputError with the remedy if it is damaged.
    """
    found = path.exists() and path.read_bytes().strip() != b"{}"
    return read_record(path, record, remedy) if found else None
