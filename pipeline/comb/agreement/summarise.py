"""All results of ``comb agree`` for unit tables or a study, as one record."""

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

import comb
from comb.agreement.associations import cooccurrence, group_differences
from comb.agreement.compare import compare, in_use, pair_codes
from comb.agreement.diagnostics import against, apart, confusion, drift, levels, valence
from comb.agreement.human_vs_model import MARGIN, human_vs_model
from comb.agreement.ratings import Ratings, require_comparable
from comb.agreement.results import Agreement, MachineAgreement, SampleSize, SettingsUsed, as_json
from comb.agreement.sample_size import TARGET, more_needed
from comb.agreement.saturation import saturation
from comb.agreement.unitizing import unitizing
from comb.agreement.units import CONSENSUS, UNIT_NOTES, CodedStudy, study_ratings, unit_note
from comb.codings.problems import counted
from comb.errors import BadInputError

INVENTED = "2000-01-01"
"""The date in exports for codings whose time is unknown."""


@dataclass(frozen=True)
class Settings:
    """The settings of a comparison."""

    unit: str = "unit"
    level: str = ""
    coders: tuple[str, ...] = ()
    reference: str = ""
    machine_level: str = ""
    """Level at which a model is compared with people: the level at which it is trained, or one above."""
    overlap: float = 0.9
    """Share of their joint length by which two passages must overlap to match."""
    margin: float = MARGIN
    """How much lower a model's agreement with people may be than people's with each other."""
    replicates: int = 2000
    seed: int = 1
    shape: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    """Names and SHA-256 of the files that were read."""


def summarise_table(ratings: Ratings, settings: Settings, reading: str = "", notes: Sequence[str] = ()) -> Agreement:
    """Compare the coders of unit tables. Raises BadInputError if there is nothing to compare."""
    everyone = ratings
    coders = _known(settings.coders, ratings.coders) or _people(ratings.coders)
    if not settings.coders and len(coders) < len(ratings.coders):
        notes = (*notes, f"Coder {CONSENSUS} is left out of the comparison; --coder or --reference names it.")
    ratings = ratings.of(coders)
    found = _common(ratings, settings, (UNIT_NOTES[ratings.unit], *notes))
    reference = None
    if settings.reference:
        (named,) = _known([settings.reference], everyone.coders)
        reference = against(everyone.of([*coders, *({named} - set(coders))]), named)
    missing = (
        "Unit tables contain no texts, times or transcripts: boundaries of passages, drift, and differences between "
        "transcripts cannot be computed from them; the intervals treat units as independent.",
    )
    return replace(
        found,
        against=reference,
        reading=reading,
        codes_used=found.settings.codes_in_use,
        unanswerable=missing,
    )


def summarise_study(study: CodedStudy, settings: Settings) -> Agreement:
    """Compare the coders of a study. Raises BadInputError if there is nothing to compare."""
    coders = settings.coders or default_coders(study)
    ratings = study_ratings(study, coders, settings.level, settings.unit)
    replicates, seed = settings.replicates, settings.seed
    found = _common(ratings, settings, (unit_note(study, ratings.unit), *_notes(study, ratings, coders)))
    by_level = {level: study_ratings(study, coders, level, settings.unit) for level in study.codebook.levels}
    people = [name for name in coders if name not in study.models]
    reference = None
    if settings.reference:
        named = tuple(dict.fromkeys([*coders, settings.reference]))
        reference = against(study_ratings(study, named, settings.level, settings.unit), settings.reference)
    order = _coding_order(study, coders)
    followed = drift(ratings.where(np.isin(ratings.groups, order)), order) if len(order) > 2 else None
    codes = _codes_by_transcript(study, people or coders)
    groups = group_differences(codes, study.attributes, seed)
    return replace(
        found,
        models=tuple(name for name in coders if name in study.models),
        codes_used=_codes_used(study, coders),
        valence=valence(ratings, replicates, seed),
        levels=levels(by_level, replicates, seed) if len(by_level) > 1 else {},
        passages=unitizing(study, coders, settings.level, settings.overlap, replicates, seed),
        machine=tuple(_beside(study, people, name, settings) for name in study.models if len(people) > 1),
        drift=followed,
        saturation=saturation(codes, order),
        cooccurrence=() if ratings.exclusive else cooccurrence(ratings),
        groups=groups,
        against=reference,
        unanswerable=_unanswerable(ratings, people, timed=len(order), drifted=bool(followed), grouped=bool(groups)),
    )


def _beside(study: CodedStudy, people: Sequence[str], machine: str, settings: Settings) -> MachineAgreement:
    level = settings.machine_level or settings.level
    ratings = study_ratings(study, [*people, machine], level, settings.unit)
    found = human_vs_model(ratings, people, machine, settings.replicates, settings.seed, settings.margin)
    return replace(found, level=level)


def _paired(ratings: Ratings) -> NDArray[np.bool_]:
    """Mark the units that two coders or more judged: (N,)."""
    found: NDArray[np.bool_] = ratings.judged().sum(axis=1) > 1
    return found


def _compared(ratings: Ratings) -> set[str]:
    """Return the transcripts in which two coders or more judged a unit."""
    return {group for group, both in zip(ratings.groups, _paired(ratings), strict=True) if both}


def _common(ratings: Ratings, settings: Settings, notes: tuple[str, ...]) -> Agreement:
    require_comparable(ratings)
    paired = _paired(ratings)
    figures = compare(ratings, settings.replicates, settings.seed)
    units = int(ratings.sizes[paired].sum())
    groups = len(_compared(ratings)) if ratings.clustered else 0
    headline = "cohen_kappa" if len(ratings.coders) == 2 else "fleiss_kappa"
    return Agreement(
        unit=ratings.unit,
        units=units,
        coders=ratings.coders,
        settings=describe(ratings, settings),
        overall=figures.overall,
        codes=figures.codes,
        pairs=figures.pairs,
        use=_use(ratings, paired),
        judged=_judged(ratings),
        transcripts=groups,
        pair_codes=pair_codes(ratings) if len(ratings.coders) > 2 else None,
        confusion=confusion(ratings),
        apart=apart(ratings),
        sample_size=SampleSize(
            headline,
            TARGET,
            more_needed(figures.overall[headline], units, groups),
            {code: more_needed(figures.codes[code][headline], units, groups) for code in ratings.codes},
        ),
        notes=notes,
    )


def describe(ratings: Ratings, settings: Settings) -> SettingsUsed:
    """Return the settings with exact versions and a signature: the same signature gives the same figures."""
    found = SettingsUsed(
        unit=ratings.unit,
        level=settings.level,
        scale=ratings.scale.level if ratings.scale else "nominal",
        shape=settings.shape,
        coding="exclusive" if ratings.exclusive else "multiple",
        coders=ratings.coders,
        reference=settings.reference,
        codes_in_use=tuple(code for code, used in zip(ratings.codes, in_use(ratings), strict=True) if used),
        categories=ratings.categories if ratings.exclusive else 2,
        overlap=settings.overlap,
        margin=settings.margin,
        bootstrap=settings.replicates,
        seed=settings.seed,
        resampled="transcripts" if ratings.clustered else "units",
        interval="95%, percentile bootstrap",
        inputs=dict(settings.inputs),
        versions={"comb": comb.__version__, "numpy": np.__version__, "python": platform.python_version()},
    )
    text = json.dumps(as_json(found), sort_keys=True, ensure_ascii=False)
    return replace(found, signature=hashlib.sha256(text.encode()).hexdigest()[:16])


def _codes_used(study: CodedStudy, coders: Sequence[str]) -> tuple[str, ...]:
    used = {coding.code for coding in study.read.codings if coding.coder in coders}
    return tuple(code for code in study.codebook.codes if code in used)


def _codes_by_transcript(study: CodedStudy, coders: Sequence[str]) -> dict[str, frozenset[str]]:
    """Collect the codes that these coders used in each transcript that they read."""
    found: dict[str, set[str]] = {}
    for coding in study.read.codings:
        if coding.coder in coders:
            found.setdefault(coding.transcript, set()).update({coding.code} - {""})
    return {name: frozenset(codes) for name, codes in sorted(found.items())}


def _known(asked: Sequence[str], there: Sequence[str]) -> list[str]:
    """Return the names that were asked for, as they are spelt there.

    Raises BadInputError that lists those which are not there.
    """
    folded = {name.casefold(): name for name in there}
    asked = [name if name in there else folded.get(name.strip().casefold(), name) for name in asked]
    unknown = [name for name in asked if name not in there]
    if unknown:
        what = f"there is no coder {' and no coder '.join(map(repr, unknown))}"
        raise BadInputError(what, remedy=f"The coders are: {', '.join(there)}.")
    return list(asked)


def _people(coders: Sequence[str]) -> list[str]:
    """Return the coders but for the consensus, which people settle on after comparing; all where one would be left."""
    people = [name for name in coders if name.casefold() != CONSENSUS]
    return people if len(people) > 1 else list(coders)


def default_coders(study: CodedStudy) -> tuple[str, ...]:
    """List the people; if there is only one, also the model; if there is none, the consensus."""
    people = study.people or tuple(name for name in study.coders if name not in study.models)
    return people if len(people) > 1 else (*people, *study.models)


def _use(ratings: Ratings, paired: np.ndarray) -> dict[str, dict[str, int]]:
    """Count how often each coder used each code in units that two judged."""
    weights = np.where(paired, ratings.sizes, 0)
    return {
        code: {coder: int(weights[ratings.cells[:, r, k] == 1].sum()) for r, coder in enumerate(ratings.coders)}
        for k, code in enumerate(ratings.codes)
    }


def _judged(ratings: Ratings) -> dict[str, int]:
    judged = (ratings.judged() * ratings.sizes[:, None]).sum(axis=0)
    return {coder: int(judged[r]) for r, coder in enumerate(ratings.coders)}


def _coding_order(study: CodedStudy, coders: Sequence[str]) -> list[str]:
    """Order the transcripts by when they were first coded; those whose codings give no time are left out."""
    first: dict[str, str] = {}
    for coding in study.read.codings:
        if coding.coder in coders and coding.created_at and not coding.created_at.startswith(INVENTED):
            first[coding.transcript] = min(first.get(coding.transcript, coding.created_at), coding.created_at)
    if len(set(first.values())) < len(first):
        # Times that say the same of several transcripts say nothing of their order.
        alone = [time for time in first.values() if list(first.values()).count(time) == 1]
        first = {name: time for name, time in first.items() if time in alone}
    return sorted(first, key=lambda name: (first[name], name))


def _unanswerable(
    ratings: Ratings, people: Sequence[str], *, timed: int, drifted: bool, grouped: bool
) -> tuple[str, ...]:
    """Return what this material cannot answer, and what would."""
    found = []
    if len(people) < 2:
        found.append("How far people agree: only one person coded. Have a second person code some transcripts.")
    if not ratings.clustered:
        found.append("How much transcripts differ: there is only one.")
    if not drifted:
        what = f"too few transcripts ({timed}) have codings with a time" if timed else "the codings have no times"
        found.append(f"Whether coders drifted: {what}, so their order is unknown.")
    if not grouped:
        found.append(
            "Whether codes differ between groups of transcripts: either no attribute (data/attributes.csv) divides the "
            "coded transcripts into two to six groups of at least two, or every code occurs in every transcript, so "
            "that no difference could show. The report of a study compares the groups of participants in "
            "data/participants.csv."
        )
    return tuple(found)


def _unfinished(study: CodedStudy, compared: Collection[str], people: Collection[str]) -> str:
    """Return how many transcripts each person coded in and did not read to the end; empty if there are none."""
    read = study.read
    pairs = {(c.transcript, c.coder) for c in read.codings if c.transcript in compared and c.coder in people}
    left = Counter(coder for _, coder in pairs - (pairs if read.coverage is None else read.coverage))
    return ", ".join(f"coder {coder} in {counted(number, 'transcript')}" for coder, number in sorted(left.items()))


def _notes(study: CodedStudy, ratings: Ratings, coders: Sequence[str]) -> list[str]:
    notes = []
    compared, people = _compared(ratings), set(coders) - set(study.models)
    taken = sum(1 for c in study.read.codings if c.coder in people and c.model and c.transcript in compared)
    if taken:
        notes.append(f"Codings that began as suggestions of a model, and so are not independent of it: {taken}.")
    unfinished = _unfinished(study, compared, people)
    if unfinished:
        notes.append(
            "Not recorded as read to the end (data/codings/coverage.csv), so that only what the coder coded is "
            f"compared: {unfinished}."
        )
    if not ratings.clustered:
        alike = "passages coded alike were resampled in place of transcripts; the intervals are rough"
        alone = "the intervals treat units as independent, and are usually too narrow"
        notes.append(f"One transcript: {alike if ratings.unit == 'character' else alone}.")
    if ratings.clustered and len(compared) < 10:
        notes.append("Fewer than ten transcripts: the intervals are rough, and usually too narrow.")
    return notes
