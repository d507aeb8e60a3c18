"""The starter that ships with comb: what it is, when it fits, and what it does in a study."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from comb.encoder.model_files import DEFAULT_SHA256
from comb.errors import NotReadyError
from comb.learning import shipped_starter as module
from comb.learning.classifier import fit
from comb.learning.shipped_starter import ARRAYS, OPINIONS, TEXTS, folded, read_starter
from comb.learning.starter import is_starter, starter_model
from comb.study.layout import Study
from comb.study.params import TrainParams
from tests.conftest import ROOT
from tests.learning.test_opinions import GROUPS, TASK, N, by_chance, probability, study

TOPICS = {"insulin", "vaccine", "vaccination", "antibiotics", "breastfeeding", "respite", "smear", "coproduction"}


def codes(level: str) -> dict[str, str]:
    """The codes of the example codebook at a level, by id, with their names."""
    book = Study(ROOT).codebook
    return {code: book.codes[code].name for code in book.codes_at(level)}


def test_it_is_small_and_knows_neither_places_nor_topics() -> None:
    assert ARRAYS.stat().st_size + TEXTS.stat().st_size < 5_000_000
    assert [opinion.name for opinion in OPINIONS] == ["embeddings", "n-grams"]
    terms = {term for part in read_starter().judges[1].ngrams for term in part.terms}
    assert len(terms) > 1000
    assert not terms & TOPICS


def test_it_says_what_to_expect_of_it() -> None:
    assert "kappa" in read_starter().expect


def test_files_that_were_changed_are_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "starter.npz"
    shutil.copy(ARRAYS, changed)
    changed.write_bytes(changed.read_bytes() + b"x")
    monkeypatch.setattr(module, "ARRAYS", changed)
    read_starter.cache_clear()
    try:
        with pytest.raises(NotReadyError, match="starter"):
            read_starter()
    finally:
        read_starter.cache_clear()


@pytest.mark.parametrize("level", ["domain", "component", "tdf"])
def test_it_fits_com_b_at_every_level(level: str) -> None:
    known = read_starter().known(codes(level), DEFAULT_SHA256)
    assert set(codes(level)) - set(known) <= {"off_target", "outside_framework"}


def test_codes_are_known_by_their_names_too() -> None:
    renamed = {f"c{number}": name.upper() for number, name in enumerate(codes("component").values())}
    assert set(read_starter().known(renamed, DEFAULT_SHA256).values()) >= {"physical_capability", "social_opportunity"}
    assert folded("Social & physical") == folded("social_and_physical")


@pytest.mark.parametrize("other", [("change", "neutral", "sustain"), ("goals", "x", "y", "z")])
def test_it_does_not_fit_other_codebooks_or_encoders(other: tuple[str, ...]) -> None:
    assert read_starter().known(dict.fromkeys(other, ""), DEFAULT_SHA256) == {}
    assert read_starter().known(codes("component"), "another") == {}


def test_its_model_is_marked() -> None:
    model = starter_model(read_starter(), {"mine": "physical_capability"}, "e", 384, "component")
    assert is_starter(model.id)
    assert is_starter(f"{model.id} ungated")
    assert not is_starter("0123456789abcdef")
    assert model.codes.codes == ("mine",)


def test_it_is_one_more_opinion_where_little_is_coded_and_fades(monkeypatch: pytest.MonkeyPatch) -> None:
    """A starter that knows code ``a``, in a study whose embeddings tell it only after many transcripts."""
    inputs, targets = study(by_chance())
    teacher_inputs, teacher_targets = study(by_chance())
    strong = teacher_inputs.embeddings.copy()
    strong[:, 1, 0] += 2 * teacher_targets[:, 0]
    seen = replace(inputs, embeddings=strong)
    rows = np.arange(N)
    teacher = fit(seen, teacher_targets, rows, GROUPS, TASK.codes, TrainParams(), exclusive=False)
    judges = tuple(teacher.judges[opinion.name] for opinion in OPINIONS)
    made = module.Starter(TASK.codes, judges, teacher.stacker, teacher.thresholds, {}, "", "")
    monkeypatch.setattr(module, "read_starter", lambda *_: made)
    few = np.flatnonzero(GROUPS < 2)
    rest = np.flatnonzero(GROUPS >= 2)

    def loss(known: dict[str, str]) -> float:
        found = fit(replace(seen, starter=known), targets, few, GROUPS, TASK.codes, TrainParams(), exclusive=False)
        assert ("starter" in found.judges) == bool(known)
        p = probability(found, seen)[rest, 0]
        return float(-np.mean(np.where(targets[rest, 0] == 1, np.log(p), np.log(1 - p))))

    assert loss({"a": "a"}) < loss({}) - 0.02
