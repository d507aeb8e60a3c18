"""What papers and cards say of a language model that coded."""

from dataclasses import replace

import pytest

from comb.codings.language_model import LlmRun
from comb.evaluation.results import Beside, Estimate
from comb.learning.worth import Worth
from comb.report.llm_text import card_section, disclosure_of

RUN = LlmRun(
    coder="llm:qwen", model="qwen", digest="ab12" * 16, licence="Apache 2.0", where="server on this machine",
    prompt="0f0f", scores="probabilities", temperature=0, seed=1, examples=0, level="component", codes=("a", "b"),
    transcripts=2, segments=100, coded=60, empty=37, missing={"time-out": 3}, first_day="2026-01-02",
    last_day="2026-01-03", comb="1.0",
)  # fmt: skip


def test_the_disclosure_says_what_reviewers_ask() -> None:
    text = disclosure_of(RUN, "Cohen's kappa between it and people was 0.41 (95% CI 0.30 to 0.52).")
    for part in (
        "qwen, digest ab12ab12ab12ab12, licence Apache 2.0",
        "from 2026-01-02 to 2026-01-03",
        "no text was sent elsewhere",
        "temperature 0, seed 1",
        "The prompt (hash 0f0f)",
        "blind to all codings by people",
        "It wrote no quotations",
        "coded 97 of 100 segments of 2 transcripts",
        "It gave no usable answer for 3 segments",
        "0.41 (95% CI 0.30 to 0.52)",
        "[Add:",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"digest": ""}, "version not reported by its server: add it"),
        ({"where": "server elsewhere, with approval"}, "ANOTHER MACHINE"),
        ({"examples": 4}, "4 segments coded by people in transcripts of other folds"),
        ({"scores": "answers"}, "shares of repeated answers"),
    ],
)
def test_the_disclosure_follows_the_run(changed: dict[str, object], said: str) -> None:
    run = replace(RUN, **changed)
    assert said in disclosure_of(run)
    assert ("no text was sent elsewhere" in disclosure_of(run)) != run.remote
    assert "its agreement with people is not known" in disclosure_of(run)


def test_the_card_says_whether_it_joined_the_head() -> None:
    found = Beside(
        "llm:qwen", 100, 2, {"head": Estimate(0.5, 0.4, 0.6), "llm:qwen": Estimate(0.2, 0.1, 0.3)},
        {"llm:qwen": Estimate(-0.3, -0.4, -0.2)}, 0, {}, {},
    )  # fmt: skip
    worth = Worth("llm:qwen", False, 0.31, 0.3, -0.01, -0.02, 0.0)
    text = card_section(RUN, found, [worth])
    assert "not used by the classifier: they do not improve held-out predictions enough" in text
    assert "| llm:qwen | 0.200 (95% interval 0.100 to 0.300) | -0.300 (95% interval -0.400 to -0.200) |" in text
    assert "are used by the classifier" in card_section(RUN, found, [replace(worth, used=True)])
    assert "not used by the classifier" in card_section(replace(RUN, examples=2), found, [worth])
