"""Write down which version of comb's algorithms each stage uses, where DVC can see it."""

from comb.study.files import write_text
from comb.study.layout import Study

VERSIONS = {
    "encoder": 1,
    "segment": 1,
    "tune": 1,
    "embed": 1,
    "train": 3,
    "evaluate": 5,
    "agreement": 2,
    "suggest": 3,
    "transfer": 3,
    "llm": 2,
    "synthesis": 4,
}
"""By stage of ``dvc.yaml``: the version of what it does. Raise a stage's number whenever the same input gives another
output: after an upgrade, ``dvc repro`` then runs that stage again, and those that depend on what it writes."""


def versions(study: Study) -> dict[str, int]:
    """Write the version of each stage into the study, and return them."""
    lines = (f"{stage}: {number}\n" for stage, number in VERSIONS.items())
    write_text(study.versions, "# Written by comb; DVC runs a stage again when its number changes.\n" + "".join(lines))
    return VERSIONS
