"""Everything that ``comb agree`` says, in one dictionary: the agreement JSON of DESIGN.md, section 3, and more."""

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import comb
from comb.agreement.compare import compare, in_use, pair_codes
from comb.agreement.diagnostics import against, apart, confusion, drift, levels, valence
from comb.agreement.human_vs_model import beside
from comb.agreement.ratings import Ratings, require_comparable
from comb.agreement.sample_size import more_needed
from comb.agreement.unitizing import unitizing
from comb.agreement.units import UNIT_NOTES, Material, study_ratings
from comb.errors import BadInputError


@dataclass(frozen=True)
class Settings:
    """What was asked for."""

    unit: str = "unit"
    level: str = ""
    coders: tuple[str, ...] = ()
    reference: str = ""
    machine_level: str = ""
    """Level at which a model is put beside the people: the one it is trained at, or one above."""
    overlap: float = 0.9
    """How much of what they cover together two passages must have in common to match."""
    replicates: int = 2000
    seed: int = 1
    inputs: tuple[tuple[str, str], ...] = ()
    """Names and SHA-256 of the files that were read."""


def summarise_table(ratings: Ratings, settings: Settings) -> dict[str, Any]:
    """Compare the coders of unit tables. Raises BadInputError where there is nothing to compare."""
    if settings.coders:
        ratings = ratings.of(_known(settings.coders, ratings.coders))
    return {**_common(ratings, settings), **_reference(ratings, settings)}


def summarise_study(material: Material, settings: Settings) -> dict[str, Any]:
    """Compare the coders of a study. Raises BadInputError where there is nothing to compare."""
    coders = settings.coders or default_coders(material)
    ratings = study_ratings(material, coders, settings.level, settings.unit)
    found = _common(ratings, settings)
    found["valence"] = valence(ratings, settings.replicates, settings.seed)
    if len(material.codebook.levels) > 1:
        by_level = {level: study_ratings(material, coders, level, settings.unit) for level in material.codebook.levels}
        found["levels"] = levels(by_level, settings.replicates, settings.seed)
    found["passages"] = unitizing(
        material, coders, settings.level, settings.overlap, settings.replicates, settings.seed
    )
    people = [name for name in coders if name not in material.models]
    found["machine"] = [_beside(material, people, machine, settings) for machine in material.models if len(people) > 1]
    order = _coding_order(material, coders)
    found["drift"] = drift(ratings, order)
    if settings.reference:
        named = tuple(dict.fromkeys([*coders, settings.reference]))
        with_reference = study_ratings(material, named, settings.level, settings.unit)
        found["against"] = against(with_reference, settings.reference)
    found["notes"] = [*found["notes"], *_notes(material, ratings, coders)]
    return found


def _beside(material: Material, people: Sequence[str], machine: str, settings: Settings) -> dict[str, Any]:
    level = settings.machine_level or settings.level
    ratings = study_ratings(material, [*people, machine], level, settings.unit)
    return {"level": level, **beside(ratings, people, machine, settings.replicates, settings.seed)}


def _common(ratings: Ratings, settings: Settings) -> dict[str, Any]:
    require_comparable(ratings)
    judged = ratings.judged()
    paired = judged.sum(axis=1) > 1
    figures = compare(ratings, settings.replicates, settings.seed)
    units = int(ratings.sizes[paired].sum())
    groups = len({g for g, both in zip(ratings.groups, paired, strict=True) if both}) if ratings.clustered else 0
    headline = "cohen_kappa" if len(ratings.coders) == 2 else "fleiss_kappa"
    return {
        "unit": ratings.unit,
        "units": units,
        "coders": list(ratings.coders),
        "settings": describe(ratings, settings),
        **figures,
        "use": _use(ratings, paired),
        "judged": _judged(ratings),
        "transcripts": groups,
        "pair_codes": pair_codes(ratings) if len(ratings.coders) > 2 else None,
        "confusion": confusion(ratings),
        "apart": apart(ratings),
        "sample_size": {
            "coefficient": headline,
            "target": 0.1,
            "overall": more_needed(figures["overall"][headline], units, groups),
            "codes": {code: more_needed(figures["codes"][code][headline], units, groups) for code in ratings.codes},
        },
        "notes": [UNIT_NOTES[ratings.unit]],
    }


def describe(ratings: Ratings, settings: Settings) -> dict[str, Any]:
    """Write down the settings, with exact versions and a signature: same signature, same figures."""
    found: dict[str, Any] = {
        "unit": ratings.unit,
        "level": settings.level,
        "coding": "exclusive" if ratings.exclusive else "multiple",
        "coders": list(ratings.coders),
        "reference": settings.reference,
        "codes_in_use": [code for code, used in zip(ratings.codes, in_use(ratings), strict=True) if used],
        "categories": list(ratings.categories) if ratings.exclusive else 2,
        "overlap": settings.overlap,
        "bootstrap": settings.replicates,
        "seed": settings.seed,
        "resampled": "transcripts" if ratings.clustered else "units",
        "interval": "95%, percentile bootstrap",
        "inputs": dict(settings.inputs),
        "versions": {"comb": comb.__version__, "numpy": np.__version__, "python": platform.python_version()},
    }
    text = json.dumps(found, sort_keys=True, ensure_ascii=False)
    return {**found, "signature": hashlib.sha256(text.encode()).hexdigest()[:16]}


def _reference(ratings: Ratings, settings: Settings) -> dict[str, Any]:
    if not settings.reference:
        return {}
    _known([settings.reference], ratings.coders)
    return {"against": against(ratings, settings.reference)}


def _known(asked: Sequence[str], there: Sequence[str]) -> list[str]:
    for name in asked:
        if name not in there:
            raise BadInputError(f"there is no coder {name!r}", remedy=f"The coders are: {', '.join(there)}.")
    return list(asked)


def default_coders(material: Material) -> tuple[str, ...]:
    """List people; where there is only one, the model too; what was settled on stands in where there is none."""
    people = material.people or tuple(name for name in material.coders if name not in material.models)
    return people if len(people) > 1 else (*people, *material.models)


def _use(ratings: Ratings, paired: np.ndarray) -> dict[str, dict[str, int]]:
    """Count how often each coder used each code in units that two judged."""
    used = ((ratings.cells == 1) & paired[:, None, None]) * ratings.sizes[:, None, None]
    counts = used.sum(axis=0).astype(int)
    return {
        code: {coder: int(counts[r, k]) for r, coder in enumerate(ratings.coders)}
        for k, code in enumerate(ratings.codes)
    }


def _judged(ratings: Ratings) -> dict[str, int]:
    judged = (ratings.judged() * ratings.sizes[:, None]).sum(axis=0)
    return {coder: int(judged[r]) for r, coder in enumerate(ratings.coders)}


def _coding_order(material: Material, coders: Sequence[str]) -> list[str]:
    """Order transcripts by when they were first coded, where codings say so; else as they are in the study."""
    first: dict[str, str] = {}
    for coding in material.read.codings:
        if coding.coder in coders and coding.created_at:
            first[coding.transcript] = min(first.get(coding.transcript, coding.created_at), coding.created_at)
    names = list(material.transcripts)
    return sorted(names, key=lambda name: (first.get(name, "~"), names.index(name)))


def _notes(material: Material, ratings: Ratings, coders: Sequence[str]) -> list[str]:
    notes = []
    taken = sum(1 for c in material.read.codings if c.coder in coders and c.model and c.coder not in material.models)
    if taken:
        notes.append(f"{taken} codings of people began as suggestions of a model: they are not independent of it.")
    if ratings.unit == "character" and not ratings.clustered:
        notes.append("One transcript: passages coded alike were drawn in place of transcripts; its interval is rough.")
    if ratings.clustered and len(set(ratings.groups)) < 10:
        notes.append("Fewer than ten transcripts: intervals from so few are rough, and usually too narrow.")
    return notes
