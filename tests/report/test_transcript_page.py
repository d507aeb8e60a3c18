"""The page of a transcript: all words, all codes, nothing that runs but its own script, and nothing fetched."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comb.codebook import parse_codebook
from comb.exchange.colors import GRAPHIC, contrast, readable, tint
from comb.exchange.project import Project
from comb.records import Coding, Decision, Suggestion, Transcript, Turn
from comb.report.transcript_page import DARK, LIGHT, render_transcript
from comb.study.layout import Study
from tests.conftest import ROOT, Comb

EVIL = "<script>alert(1)</script>\"'&amp;"
BOOK = parse_codebook({"behaviour": EVIL, "codes": [{"id": "goals", "name": EVIL}, {"id": "memory"}, {"id": "unused"}]})
TEXT = f"Title {EVIL}\n\nAnn: I want {EVIL} to walk.\nBen: No."
START = TEXT.index("I want")
TURNS = (Turn("Ann", "participant", START, TEXT.index("\nBen"), 65.0), Turn("Ben", "other", len(TEXT) - 3, len(TEXT)))
SPAN = (START, START + 20, TEXT[START : START + 20])
PROJECT = Project(
    "s",
    BOOK,
    {"a": Transcript("a", TEXT, TURNS)},
    (
        Coding("a", *SPAN, "goals", "barrier", EVIL, EVIL),
        Coding("a", START + 2, START + 6, "want", "memory", "", "Ben"),
        Coding("a", START + 4, len(TEXT), TEXT[START + 4 :], "memory", "", "Ben"),
        Coding("a", *SPAN, "", "", "Ben"),
    ),
    (Suggestion("a", *SPAN[:2], "Ann", SPAN[2], "memory", "", 0.71, 0.5, 1, "1a2b"),),
    (Decision("a", *SPAN[:2], "memory", "", 0.71, 0.5, "1a2b", "rejected", "Ann", "2024-03-01T10:00:00Z"),),
)


class Words(HTMLParser):
    """The words of a page as a reader sees them, and the tags that make it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.tags, self.skipped = "", [], False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.skipped = tag in ("script", "style", "sup")

    def handle_endtag(self, tag: str) -> None:
        self.skipped = False

    def handle_data(self, data: str) -> None:
        self.words += "" if self.skipped else data


def test_page_holds_words_codes_and_what_was_decided() -> None:
    page = Words(render_transcript(PROJECT))
    for said in (f"Title {EVIL}", f"I want {EVIL} to walk.", "No.", "Ann", "00:01:05"):
        assert said in page.words
    for said in (
        f"1 {EVIL}",
        "barrier",
        "Memory (3)",
        "score 0.71 · rejected by Ann",
        "comb (model 1a2b) (1)",
        f"· {EVIL}",
    ):
        assert said in page.words
    assert "Unused" not in page.words


def test_what_people_wrote_is_escaped_and_only_the_own_script_runs() -> None:
    page = render_transcript(PROJECT)
    tags = Words(page).tags
    assert [tag for tag, _ in tags].count("script") == 1
    assert "alert(1)</script>" not in page
    policy = next(attrs["content"] for tag, attrs in tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not any(name in attrs for _, attrs in tags for name in ("src", "style", "onclick"))
    assert all(str(attrs.get("href", "#")).startswith("#") for _, attrs in tags)


def test_every_chip_leads_to_its_words() -> None:
    tags = Words(render_transcript(PROJECT)).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    links = [str(attrs["href"])[1:] for tag, attrs in tags if tag == "a"]
    assert len(ids) == len(set(ids))
    assert set(links) <= set(ids)
    assert len(links) == 4 + 1  # a chip for each coding and suggestion, and the link to the words


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_all_words_of_all_turns_are_there_whatever_overlaps(data: st.DataObject) -> None:
    text = data.draw(st.text(st.sampled_from("ab <&é😀\n"), min_size=4, max_size=50))
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
    turns = tuple(Turn("", "participant", a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))
    spans = data.draw(st.lists(st.tuples(st.integers(0, len(text) - 1), st.integers(1, 20)), max_size=8))
    codings = [Coding("a", a, min(a + n, len(text)), "", "goals", "", "Ann") for a, n in spans]
    page = render_transcript(Project("s", BOOK, {"a": Transcript("a", text, turns)}, tuple(codings)))
    pieces = re.findall(r'<p class="(?:gap )?words[^"]*">(.*?)</p>', page, re.DOTALL)
    shown = "".join(Words(f"<p>{piece}</p>").words for piece in pieces)
    assert "".join(shown.split()) == "".join(text.split())
    assert page.count('<li class="chip') == len(codings)


@pytest.mark.parametrize("color", ["#00182D", "#E69F00", "#FFFF00", "#FFFFFF", "#000000", "#7F7F7F"])
@pytest.mark.parametrize(("back", "ink"), [LIGHT, DARK])
def test_colours_of_any_codebook_can_be_told_from_the_page(color: str, back: str, ink: str) -> None:
    assert contrast(readable(color, back), back) >= GRAPHIC
    assert contrast(tint(color, back, ink, most=0.18), ink) >= 7


def test_export_writes_a_page_for_each_transcript(comb: Comb, study: Study) -> None:
    for name in ("P1", "P2"):
        (study.raw / f"{name}.txt").write_text(f"{name}: I want to walk.\n", encoding="utf-8")
    (study.codings / "A.csv").write_text("transcript,quote,code,coder\nP1,want to,goals,A\n", encoding="utf-8")
    comb("export", "--format", "html", "--out", "pages")
    pages = {path.name: path.read_text(encoding="utf-8") for path in (study.root / "pages").iterdir()}
    assert set(pages) == {"P1.html", "P2.html"}
    assert "Goals (1)" in pages["P1.html"]


# ---- in a browser


def test_filters_work_offline_without_complaint(chromium: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(render_transcript(PROJECT), encoding="utf-8")
    page = chromium.new_page(viewport={"width": 640, "height": 800})  # 1280 pixels at 200 %
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    state, chips = page.locator(".state"), page.locator(".chip:visible")
    assert state.inner_text() == "4 of 4 codings shown"
    page.get_by_label("Memory (3)").uncheck()
    assert (state.inner_text(), chips.count()) == ("1 of 4 codings shown", 1)
    page.get_by_role("button", name="All codes").click()
    page.get_by_label("Ben (2)").uncheck()
    assert chips.count() == 2
    page.get_by_label("Ben (2)").check()
    page.locator("input[name=least]").fill("0.9")
    assert chips.count() == 3
    page.get_by_label("only turns with codes").check()
    assert page.locator(".turn:visible").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") in ("A", "INPUT", "BUTTON", "SUMMARY")
    assert (said, asked) == ([], [path.as_uri()])
    page.close()


def test_package_ships_what_pages_are_made_of() -> None:
    listed = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    kinds = {path.suffix for path in (ROOT / "pipeline" / "comb" / "report").iterdir()} - {".py", ""}
    assert all(f'"*{kind}"' in listed for kind in kinds)
