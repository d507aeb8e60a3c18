"""Record the version of comb's algorithm in each stage, where DVC can see it."""

from comb.study.files import write_text
from comb.study.layout import Study

VERSIONS = {
    "encoder": 1,
    "segment": 2,
    "tune": 1,
    "embed": 1,
    "train": 3,
    "evaluate": 6,
    "agreement": 9,
    "suggest": 3,
    "transfer": 3,
    "llm": 2,
    "synthesis": 11,
}
"""The version of the algorithm of each stage in ``dvc.yaml``. Raise a stage's number whenever the same input gives
another output: after an upgrade, ``dvc repro`` then runs that stage and its dependents again."""


def versions(study: Study) -> dict[str, int]:
    """Write the version of each stage into the study, and return them."""
    lines = (f"{stage}: {number}\n" for stage, number in VERSIONS.items())
    write_text(study.versions, "# Written by comb; DVC runs a stage again when its number changes.\n" + "".join(lines))
    return VERSIONS
