"""Each page against axe-core, light and dark; keyboard only; large zoom; reduced motion."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.conftest import SWEEP

AXE = Path(__file__).parent / "axe" / "axe.min.js"
BARE = ["critical", "serious"]
ODD_FILE: Any = {
    "name": "Ward 1.txt",
    "mimeType": "text/plain",
    "buffer": b"Megan: How do you get on?\n\nNia: I forget it on busy days.\n\nMegan: And then?\n\nNia: Nothing.\n",
}
ODD_TABLE: Any = {
    "name": "team.csv",
    "mimeType": "text/csv",
    "buffer": b"transcript,quote,code,coder\nWard 1,I forget it on quiet days,knowlege,Ann\nWard 1,No,goals,Ann\n",
}


def findings(desk: Desk) -> list[str]:
    """List what axe-core holds to be critical or serious, with the elements."""
    # The page's content policy refuses scripts from elsewhere; playwright evaluates past it.
    if not desk.page.evaluate("'axe' in window"):
        desk.page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    found = desk.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 10, "axe looked at the page"
    return [
        f"{item['id']}: {node['target']} {node['failureSummary']}"
        for item in found["violations"]
        if item["impact"] in BARE
        for node in item["nodes"]
    ]


def _queue(desk: Desk) -> None:
    desk.go("/")
    expect(desk.page.locator("table.queue")).to_be_visible()


def _transcript(desk: Desk) -> None:
    desk.read("t01").press("j", "j")
    expect(desk.panel).to_contain_text("Why")


def _picker(desk: Desk) -> None:
    desk.read("t01").press("s", "c")
    expect(desk.page.get_by_role("dialog")).to_contain_text("Include")


def _coding(desk: Desk) -> None:
    desk.read("twice-01").press("j")
    expect(desk.panel).to_contain_text("unsure of this coding")


def _memos(desk: Desk) -> None:
    desk.read("t01").page.get_by_role("button", name="Memos…").click()
    expect(desk.page.get_by_label("On the study")).to_be_visible()


def _keys(desk: Desk) -> None:
    desk.read("t01").press("?")
    expect(desk.page.get_by_role("dialog")).to_be_visible()


def _adjudication(desk: Desk) -> None:
    desk.go("/adjudicate/twice-03").page.get_by_text("Each code").click()
    desk.page.locator("#show").select_option("differ")
    expect(desk.page.locator(".unit.now .editor")).to_be_visible()


def _add(desk: Desk) -> None:
    desk.go("/add").page.locator("#files").set_input_files([ODD_FILE, ODD_TABLE])
    expect(desk.page.locator(".foot")).to_be_visible()
    expect(desk.page.get_by_text("Rows to correct")).to_be_visible()
    desk.page.locator(".messages summary").click()


def _search(desk: Desk) -> None:
    desk.go("/search?code=psychological_capability").page.get_by_text("More filters").click()
    expect(desk.page.locator(".of-code").first).to_be_visible()


def _overview(desk: Desk) -> None:
    desk.go("/overview")
    expect(desk.page.get_by_role("row", name="Cohen's kappa").first).to_be_visible(timeout=30_000)


def _team(desk: Desk) -> None:
    desk.go("/team").page.get_by_role("button", name="Draw").click()
    desk.page.get_by_role("button", name="Count the disagreements").click()
    expect(desk.page.get_by_role("row", name="Ann and Ben")).to_be_visible()


def _train(desk: Desk) -> None:
    desk.go("/train")
    expect(desk.page.get_by_role("button", name="Train now")).to_be_visible()


def _report(desk: Desk) -> None:
    desk.go("/report")
    expect(desk.page.get_by_role("button", name="Write the report")).to_be_visible()


def _codebook(desk: Desk) -> None:
    desk.go("/codebook")
    expect(desk.page.get_by_label("Definition")).to_be_visible()


def _codebook_dialog(desk: Desk) -> None:
    _codebook(desk)
    desk.page.get_by_role("button", name="Merge…").click()
    expect(desk.page.get_by_label("Merge into")).to_be_visible()


def _missing(desk: Desk) -> None:
    desk.go("/t/nobody")
    expect(desk.page.locator("h1")).to_have_text("Not found")


VIEWS = [
    *(_queue, _transcript, _coding, _picker, _memos, _keys, _adjudication, _codebook, _codebook_dialog),
    *(_add, _search, _overview, _train, _report, _team, _missing),
]


WHOLE, TWICE = (1366, 900), (640, 360)
LOOKS = [
    pytest.param([(WHOLE, "light"), (TWICE, "dark")], id="whole-light and 200%-dark"),
    pytest.param([(WHOLE, "dark"), (TWICE, "light")], id="whole-dark and 200%-light", marks=SWEEP),
]
"""Each size and each scheme is looked at each time, and their other pairs with the sweep."""


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("page", VIEWS)
def test_axe_finds_nothing_serious(windows: Any, watch: Any, page: Any, looks: list[tuple[Any, Any]]) -> None:
    watch.forgive("404")
    desk = windows(color_scheme=looks[0][1], reduced_motion="reduce")
    page(desk)
    for size, scheme in looks:
        desk.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        desk.page.emulate_media(color_scheme=scheme)
        assert findings(desk) == [], (size, scheme)


def test_the_check_bites(windows: Any) -> None:
    desk = windows()
    _queue(desk)
    for name in ("aria-label", "title"):
        desk.page.evaluate("name => document.querySelector('.queue select').removeAttribute(name)", name)
    desk.page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    assert [line.partition(":")[0] for line in findings(desk)] == ["color-contrast", "select-name"]


def test_tab_reaches_everything_and_focus_is_seen(windows: Any) -> None:
    desk = windows().read("t01")
    desk.press("j")
    seen = set()
    for _ in range(70):
        desk.press("Tab")
        name, shown = desk.page.evaluate("""() => {
          const one = document.activeElement;
          const style = getComputedStyle(one);
          const name = one.id || one.textContent.trim().slice(0, 20);
          return [name, one === document.body || style.outlineStyle !== 'none'];
        }""")
        seen.add(name)
        assert shown, f"no focus to be seen on {name}"
    assert {"Skip to the content", "filter-state", "filter-coder", "memo", "Accept A"} <= seen


def test_outcomes_are_read_out(desk: Desk) -> None:
    status = desk.page.locator("#status")
    assert (status.get_attribute("role"), status.get_attribute("aria-live")) == ("status", "polite")
    desk.press("j")
    focused = desk.page.evaluate("document.activeElement.getAttribute('aria-label')")
    for words in ("Psychological capability", "barrier", "not looked at", "score 0.81", "evening one"):
        assert words in focused


@pytest.mark.parametrize("page", [_queue, _transcript, _adjudication])
def test_twice_as_large_nothing_is_cut_off(windows: Any, page: Any) -> None:
    desk = windows(viewport={"width": 640, "height": 480})
    page(desk)
    wide = desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page scrolls sideways"


def test_names_stand_beside_the_lines_they_belong_to(windows: Any) -> None:
    desk = windows().read("t01")
    for words in ("I never remember the evening one.", "I forgot the whole box."):
        chip, piece = desk.chips(words).bounding_box(), desk.page.locator(".piece", has_text=words).bounding_box()
        assert abs(chip["y"] - piece["y"]) < 30, words
