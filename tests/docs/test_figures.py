"""The figures that README and the explanation quote are those of the files of results."""

import json
import re
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.docs.test_docs import text

RESULTS = {
    **json.loads((ROOT / "tests/benchmarks/measured.json").read_text(encoding="utf-8")),
    "unseen": json.loads((ROOT / "tests/benchmarks/unseen.json").read_text(encoding="utf-8")),
}
MACHINES = {
    "suggest": "comb suggest",
    "alone": "comb, each sentence alone",
    "starter": "comb's starter, which was trained on the same transcripts",
    "tfidf": "TF-IDF + logistic regression",
    "minilm": "MiniLM + logistic regression",
    "D": "coder D",
}
README = (
    "| Example study, <example.codes> codes, <example.transcripts> transcripts, <example.segments> sentences",
    "| <example.kappa+> | <example.tfidf.kappa> |",
    "| AnnoMI: clients in counselling, <clients.codes> codes, not COM-B, <clients.transcripts> transcripts, "
    "<clients.segments> utterances",
    "| <clients.kappa+> | <clients.tfidf.kappa> |",
    "<unseen.segments> sentences (synthetic; not used",
    "| <suggest.C+>, <suggest.D+> with each of two coders | <tfidf.C>, <tfidf.D> |",
    "agree with a kappa of <example.people.kappa> on the <example.people.segments> sentences that both coded; comb's "
    "mean kappa with the two is <example.people.machine> there.",
    "on coded sentences is <example.valence.kappa+>, with a precision of <example.valence.barrier> for barriers, "
    "<example.valence.facilitator> for facilitators and only <example.valence.both> for *both*",
    "kappa was <earlier.clients.lead_tfidf> above it, but only <earlier.clients.lead+> above a simple method",
)
MEASURED = (
    "| Example study, <example.codes> codes | <example.segments> | <example.macro_f1+> | <example.kappa+> "
    "| <example.tfidf.macro_f1>, <example.tfidf.kappa> |",
    "never trained on | <left_out.segments> | <left_out.macro_f1+> | <left_out.kappa+> "
    "| <left_out.tfidf.macro_f1>, <left_out.tfidf.kappa> |",
    "| AnnoMI clients, <clients.codes> codes, two thirds of the talks | <clients.segments> | <clients.macro_f1+> "
    "| <clients.kappa+> | <clients.tfidf.macro_f1>, <clients.tfidf.kappa> |",
    "| AnnoMI therapists, <therapists.codes> codes, two thirds of the talks | <therapists.segments> "
    "| <therapists.macro_f1+> | <therapists.kappa+> | <therapists.tfidf.macro_f1>, <therapists.tfidf.kappa> |",
    "(<nhs.segments>, two thirds of the set; <nhs.codes> codes",
    "Macro-F1 of the 33 codes is <nhs.macro_f1=3> against <nhs.peer.macro_f1=3>, lead <nhs.lead.macro_f1+=3>; "
    "micro-F1 of all codes <nhs.micro_f1=3> against <nhs.peer.micro_f1=3>, lead <nhs.lead.micro_f1+=3>",
    "<nhs.gated.macro_f1=3> and <nhs.gated.micro_f1=3>",
    "whose kappa with each other is <D.C>.",
    "`data/example/unseen`, <unseen.segments> segments",
    "| <suggest.C+>, <suggest.D+> |",
    "| the same model, each sentence shown alone | <alone.C>, <alone.D> |",
    "| <starter.C>, <starter.D> |",
    "trained on the same transcripts | <tfidf.C>, <tfidf.D> |",
    "likewise | <minilm.C>, <minilm.D> |",
    "| <earlier.clients.kappa+> | <earlier.clients.tfidf> | <earlier.clients.embeddings> |",
    "| <earlier.therapists.kappa> | <earlier.therapists.tfidf> | <earlier.therapists.embeddings> |",
    "| macro-F1 | <earlier.caves.macro_f1> | <earlier.caves.peer> ",
    "| kappa | <earlier.quotes.kappa> | | <earlier.quotes.embeddings> |",
    "the codebook, reached <earlier.quotes.reader>.",
    "embeddings was <earlier.clients.lead+=3> for clients and <earlier.therapists.lead+=3> for therapists, against "
    "<earlier.clients.lead_tfidf=3> and <earlier.therapists.lead_tfidf=3> over TF-IDF",
    "have a kappa of <example.people.kappa> with each other, and comb, held out, has a mean kappa of "
    "<example.people.machine> with them on the same <example.people.segments> segments.",
    "a mean kappa of <clients.people.kappa> on <clients.people.segments> utterances of clients and of "
    "<therapists.people.kappa> on <therapists.people.segments> of therapists; comb, trained on other talks, has a mean "
    "kappa of <clients.people.machine> and <therapists.people.machine> with each of the ten.",
    "about <next.clients.next> coded utterances instead of <next.clients.random> drawn at random (ratio "
    "<next.clients.share+>), its therapists <next.therapists.next> instead of <next.therapists.random> "
    "(<next.therapists.share+>);",
    "took <next.example.share> of the sentences of a random order [<next.example.share.low>–<next.example.share.high>]",
)
PAGES = {"README.md": README, "docs/explanation/measured.md": MEASURED}


def found(path: str) -> Any:
    """Return what a dotted path leads to; a machine of the unseen transcripts is named by its short name."""
    first, *rest = path.split(".")
    if first in MACHINES:
        return RESULTS["unseen"]["machines"][MACHINES[first]][rest[0]]
    value = RESULTS[first]
    for key in rest:
        value = value[key]
    return value


def filled(template: str) -> str:
    """Return a passage with the figures in their places: ``<path>``, ``<path+>`` with its interval, ``=3`` digits."""

    def figure(match: re.Match[str]) -> str:
        path, interval, digits = match.groups()
        value = found(path)
        places = int(digits.lstrip("=")) if digits else 2
        if not isinstance(value, dict):
            return shown(value, places)
        middle = shown(value.get("value", value.get("cohen_kappa")), places)
        ends = "–".join(shown(value[end], places) for end in ("low", "high"))
        return f"{middle} [{ends}]" if interval else middle

    return re.sub(r"<([\w.]+)(\+)?(=\d)?>", figure, template)


def shown(value: float, digits: int) -> str:
    """Return a figure as the pages write it: whole numbers with commas, fractions without the zero before the point."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}f}".removeprefix("0")


@pytest.mark.parametrize(("page", "template"), [(page, one) for page, all_ in PAGES.items() for one in all_])
def test_quoted_figures_are_those_of_the_results(page: str, template: str) -> None:
    assert filled(template) in " ".join(text(page).split())


@pytest.mark.parametrize("page", PAGES)
def test_no_figure_is_quoted_without_a_result(page: str) -> None:
    rest = " ".join(text(page).split())
    for template in PAGES[page]:
        rest = rest.replace(filled(template), "")
    assert re.findall(r"(?<![\w./])0?\.\d{2,3}(?!\d)", rest) == []
