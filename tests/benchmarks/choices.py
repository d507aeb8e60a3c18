"""Every choice of the learning on every set that choices may be made on, so that nothing is chosen for one set.

Run in a checkout, after dvc repro: python -m tests.benchmarks.choices [CHOICE ...] [--write]
It prints a table for each choice: its candidates in rows, the sets in columns, and the difference from what comb does.
``--write`` puts the tables between the markers in CONTRIBUTING.md. The last column is leave-one-set-out: for each set,
the candidate that is best on average over the other sets, and how often that is the one that comb uses.

Sets (those that are here): example (data/example/raw, components), lone (the same, each sentence alone), clients and
therapists (AnnoMI) and nhs (comments of NHS patients), these from ../shared/data. Whole transcripts are held out.
Shapes: N segments, K codes, S sets.
"""

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from unittest.mock import patch

import numpy as np

from comb.agreement.coefficients import cohen_kappa, pooled_kappa
from comb.codings.alignment import UNREAD
from comb.codings.codings_csv import read_codings
from comb.encoder.embed import Cache, OnnxEncoder, embed_segments
from comb.evaluation.confusion_counts import tables
from comb.learning.classifier import fit, inner_folds
from comb.learning.dataset import make_dataset
from comb.learning.features import Inputs
from comb.learning.opinions import OPINIONS
from comb.records import Segment
from comb.study.files import read_array, read_records, read_transcripts
from comb.study.layout import Study
from comb.study.params import TrainParams

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT.parent / "shared" / "data"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- choices: begin -->", "<!-- choices: end -->"
FOLDS = 2
LEAST = 20
"""Codes with fewer segments are left out."""
SEGMENTS = 1000
"""Most segments of a set, whole transcripts: enough to rank candidates, and minutes instead of hours."""
LEARNING = "comb.learning"


@dataclass(frozen=True)
class Material:
    """A set that choices may be made on."""

    inputs: Inputs
    targets: np.ndarray
    """(N, K)."""
    groups: np.ndarray
    """(N,)."""
    exclusive: bool


# ---- sets


def example() -> Material:
    """The training part of the example corpus, components."""
    study = Study(ROOT)
    transcripts = read_transcripts(study.transcripts)
    segments = read_records(study.segments, Segment)
    codings = read_codings(study.codings, transcripts)
    embeddings = np.array(read_array(study.embeddings))
    found = make_dataset(segments, embeddings, codings, study.codebook, study.params.train, {})
    return Material(found.inputs, found.targets, found.groups, exclusive=False)


def annomi(who: str, column: str, codes: str) -> Material:
    """Return AnnoMI's clients or therapists, each utterance with what the other said before."""
    with (SHARED / "annomi" / "annomi-utterances.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    segments, targets = [], []
    for transcript, spoken in groupby(rows, key=lambda row: row["transcript_id"]):
        before = ""
        for speaker, turn in groupby(spoken, key=lambda row: row["interlocutor"]):
            said = list(turn)
            for row in said if speaker == who else ():
                at = len(segments)
                segments.append(Segment(transcript, at, at + 1, at, who, "participant", row["utterance_text"], before))
                targets.append([row[column] == code for code in codes.split()])
            before = " ".join(row["utterance_text"] for row in said)
    return embedded(segments, np.array(targets, np.int8), exclusive=True)


def nhs() -> Material:
    """Return the comments of NHS patients: each comment is a text of its own, its question what it answers."""
    with (SHARED / "nhs" / "comments-two-thirds.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    given = [set(row["codes"].split("; ")) for row in rows]
    codes = sorted(set().union(*given) - {""})
    targets = np.array([[code in own for code in codes] for own in given], np.int8)
    segments = [
        Segment(f"c{row['id']}", 0, len(row["comment"]), 0, "", "participant", row["comment"], row["question"])
        for row in rows
    ]
    return embedded(segments, targets[:, targets.sum(axis=0) >= LEAST], exclusive=False)


def embedded(segments: Sequence[Segment], targets: np.ndarray, *, exclusive: bool) -> Material:
    """Embed segments by the encoder of the example study."""
    study = Study(ROOT)
    embeddings, _ = embed_segments(segments, Cache(study.cache, OnnxEncoder(study.encoder)), context=True)
    inputs = Inputs.of(segments, embeddings)
    return Material(inputs, targets, inputs.transcripts, exclusive)


SETS: dict[str, Callable[[], Material]] = {
    "example": example,
    "clients": lambda: annomi("client", "client_talk_type", "change neutral sustain"),
    "therapists": lambda: annomi("therapist", "main_therapist_behaviour", "question reflection therapist_input other"),
    "nhs": nhs,
}


def sample(material: Material) -> np.ndarray:
    """Return the rows that are used: at most ``SEGMENTS``, of transcripts drawn at random."""
    rows = np.flatnonzero((material.targets != UNREAD).all(axis=1))
    order = np.random.default_rng(1).permutation(material.groups.max() + 1)[material.groups[rows]]
    sizes = np.cumsum(np.bincount(order))
    return rows[sizes[order] <= SEGMENTS]


# ---- choices


def without(*names: str) -> dict[str, object]:
    """Leave opinions out."""
    return {f"{LEARNING}.opinions.OPINIONS": tuple(one for one in OPINIONS if one.name not in names)}


def always(name: str) -> dict[str, object]:
    """Join an opinion whether or not it earns its place."""
    return {
        f"{LEARNING}.opinions.OPINIONS": tuple(
            replace(one, must_earn=False) if one.name == name else one
            for one in OPINIONS  # type: ignore[type-var]
        )
    }


CHOICES: dict[str, dict[str, dict[str, object]]] = {
    "opinions": {
        "all, place where it earns it": {},
        "place never": without("place"),
        "place always": always("place"),
        "without n-grams": without("n-grams"),
    },
    "standard errors that an opinion must gain": {
        "0.5": {},
        "0": {f"{LEARNING}.worth.SURE": 0.0},
        "1": {f"{LEARNING}.worth.SURE": 1.0},
        "1.96": {f"{LEARNING}.worth.SURE": 1.96},
    },
    "segments that the stacker also sees alone": {
        "0.3": {},
        "0": {f"{LEARNING}.classifier.SHOWN_ALONE": 0.0},
        "1": {f"{LEARNING}.classifier.SHOWN_ALONE": 1.0},
    },
    "expected weight of the window": {
        "0.8": {},
        "0.2": {f"{LEARNING}.stacker.WINDOW_WEIGHT": 0.2},
        "0.5": {f"{LEARNING}.stacker.WINDOW_WEIGHT": 0.5},
    },
    "C of the logistic regression": {
        "0.2": {},
        "0.1": {f"{LEARNING}.linear.LOGISTIC_C": 0.1},
        "0.4": {f"{LEARNING}.linear.LOGISTIC_C": 0.4},
    },
    "strength of the ridge regression": {
        "3": {},
        "1": {f"{LEARNING}.linear.RIDGE_ALPHA": 1.0},
        "10": {f"{LEARNING}.linear.RIDGE_ALPHA": 10.0},
    },
    "prior precision of the stacker": {
        "5": {},
        "1": {f"{LEARNING}.stacker.STACKING_PRIOR_PRECISION": 1.0},
        "25": {f"{LEARNING}.stacker.STACKING_PRIOR_PRECISION": 25.0},
    },
    "prior precision of the weights of all codes": {
        "10": {},
        "5": {f"{LEARNING}.stacker.COMMON_PRIOR_PRECISION": 5.0},
        "25": {f"{LEARNING}.stacker.COMMON_PRIOR_PRECISION": 25.0},
        "not learned": {f"{LEARNING}.stacker.COMMON_PRIOR_PRECISION": 1e9},
    },
    "weight of the middle layer": {
        "1.4": {},
        "1": {f"{LEARNING}.features.MIDDLE_WEIGHT": 1.0},
        "2": {f"{LEARNING}.features.MIDDLE_WEIGHT": 2.0},
    },
    "weight of the context": {
        "0.5": {},
        "0.25": {f"{LEARNING}.features.CONTEXT_WEIGHT": 0.25},
        "1": {f"{LEARNING}.features.CONTEXT_WEIGHT": 1.0},
    },
}
"""By choice, its candidates, and what each puts in place of comb's constants; the first is what comb does."""


@contextmanager
def replaced(constants: dict[str, object]) -> Iterator[None]:
    """Put other values in place of constants."""
    with ExitStack() as stack:
        for name, value in constants.items():
            stack.enter_context(patch(name, value))
        yield


def kappas(material: Material) -> tuple[float, float]:
    """Return Cohen's kappa on transcripts held out: as they are, and with each segment alone."""
    rows, k = sample(material), material.targets.shape[1]
    chosen = np.zeros((2, *material.targets.shape), np.int8)
    codes = tuple(str(number) for number in range(k))
    for a, b in inner_folds(rows, material.groups, FOLDS, 1):
        rest = {"params": TrainParams(), "exclusive": material.exclusive}
        found = fit(material.inputs, material.targets, a, material.groups, codes, **rest)
        for way, inputs in enumerate((material.inputs, material.inputs.alone())):
            chosen[way, b] = found.predict(found.predict_proba(inputs, b), inputs.transcripts[b])[:, :k]
    one, lone = (kappa(material.targets[rows], own[rows], exclusive=material.exclusive) for own in chosen)
    return one, lone


def kappa(truth: np.ndarray, chosen: np.ndarray, *, exclusive: bool) -> float:
    """Return Cohen's kappa: of the codes where they exclude each other, else pooled over them."""
    binary, nominal = tables(truth, chosen, np.zeros(len(truth), np.intp), exclusive)
    return float(cohen_kappa(nominal.sum(axis=0)) if exclusive else pooled_kappa(binary.sum(axis=0)))


# ---- tables

Figures = dict[str, dict[str, float]]
"""Kappa by candidate and set."""


def measure(candidates: dict[str, dict[str, object]], materials: dict[str, Material], now: Figures) -> Figures:
    """Return, for each candidate of a choice, kappa by set; ``now`` keeps those of what comb does."""
    found: Figures = {}
    for candidate, constants in candidates.items():
        if not constants and now:
            found[candidate] = now["comb"]
            continue
        found[candidate] = {}
        with replaced(constants):
            for name, material in materials.items():
                found[candidate][name], alone = kappas(material)
                if name == "example":
                    found[candidate]["lone"] = alone
        if not constants:
            now["comb"] = found[candidate]
        print(candidate, {name: round(value, 3) for name, value in found[candidate].items()}, flush=True)
    return found


def leave_one_out(found: Figures) -> list[str]:
    """Return, for each set, the candidate that is best on average over the others."""
    names = list(next(iter(found.values())))
    return [
        max(found, key=lambda candidate: np.mean([value for name, value in found[candidate].items() if name != left]))
        for left in names
    ]


def table(choice: str, found: Figures) -> str:
    """Lay out a choice as a table of Markdown: kappa of what comb does, and by how much the others differ."""
    first, *others = found
    names, elected = list(found[first]), leave_one_out(found)
    head = f"| {choice} | {' | '.join(names)} | chosen without the set |"
    lines = [head, "|---|" + "---:|" * (len(names) + 1)]
    for candidate in (first, *others):
        gains = {name: found[candidate][name] - found[first][name] for name in names}
        values = [f"{found[first][name]:.3f}" if candidate == first else f"{gains[name]:+.3f}" for name in names]
        lines.append(f"| {candidate} | {' | '.join(values)} | {elected.count(candidate)} of {len(names)} |")
    return "\n".join(lines)


def write(tables: Sequence[str]) -> None:
    """Put tables between the markers in CONTRIBUTING.md."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    CONTRIBUTING.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(tables) + f"\n\n{END}{rest.split(END)[1]}", "utf-8")


def main() -> None:
    """Print, or write, the table of each choice."""
    wanted = [argument for argument in sys.argv[1:] if argument != "--write"] or list(CHOICES)
    here = {name: make for name, make in SETS.items() if name == "example" or SHARED.is_dir()}
    materials = {name: make() for name, make in here.items()}
    now: Figures = {}
    tables = [table(choice, measure(CHOICES[choice], materials, now)) for choice in wanted]
    print("\n\n".join(tables))
    if "--write" in sys.argv:
        write(tables)


if __name__ == "__main__":
    main()
