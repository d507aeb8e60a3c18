"""The page on which a person confirms pseudonyms: looking, deciding, where each candidate stands, two windows."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from comb.privacy.table import read_candidates
from comb.study.layout import Study
from tests.browser.desk import Desk, Watch
from tests.browser.material import make_study
from tests.browser.server import Server
from tests.browser.server import entered as by_link
from tests.browser.test_accessible import findings

TALK = """Interviewer: Who helped you?

P01: My sister Rhian Treloar did, in Llandysul. Her number is 07700 900123 & she <b>answers</b>.

P01: Rhian Treloar drives me. My GP is Dr Okonkwo-Hale.
"""
NAME = "Rhian Treloar"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("names") / "study")
    make_study(study.root, 1)
    (study.raw / "talk.txt").write_text(TALK, encoding="utf-8")
    return study


@pytest.fixture(scope="module")
def entered(study: Study, chromium: Any) -> Iterator[tuple[Any, Server]]:
    """Ann's browser, which has come in by the link, and her server."""
    server = Server(study.root, "--coder", "Ann")
    with by_link(chromium, server, 1366, 900) as context:
        yield context, server
    server.stop()


@pytest.fixture
def open_page(entered: tuple[Any, Server], watch: Watch) -> Iterator[Any]:
    """Open the page in one window after the other, with the candidates looked up."""
    context, server = entered
    opened: list[Any] = []

    def one() -> Desk:
        page = watch.over(context)
        opened.append(page)
        desk = Desk(page, server.origin).go("/pseudonyms")
        expect(desk.page.locator("#pseudonyms .counts")).to_be_visible()
        if desk.page.get_by_role("button", name="Search for names").count():
            desk.page.get_by_role("button", name="Search for names").click()
        desk.page.get_by_label("show decided candidates, too").check()
        expect(row(desk)).to_be_visible(timeout=60_000)
        return desk

    yield one
    for page in opened:
        page.close()


def row(desk: Desk, name: str = NAME) -> Any:
    return desk.page.get_by_role("row").filter(has=desk.page.get_by_label(f"Decision on {name}", exact=True))


def decided(study: Study, name: str = NAME) -> tuple[str, str, str]:
    """Return what the table says of a candidate."""
    (found,) = [one for one in read_candidates(study.candidates) if one.text == name]
    return found.decision, found.pseudonym, found.part


def test_nobody_has_looked_then_candidates_stand_with_their_words(open_page: Any) -> None:
    desk = open_page()
    expect(row(desk).locator("td.number")).to_have_text("2")
    row(desk).get_by_text("where it occurs").click()
    expect(row(desk).locator("mark").first).to_have_text(NAME)
    expect(row(desk)).to_contain_text("My sister")
    assert desk.page.locator("#pseudonyms b").count() == 0, "participants' words are text, never markup"


def test_a_decision_is_saved_and_stays(open_page: Any, study: Study) -> None:
    desk = open_page()
    desk.page.get_by_label(f"Pseudonym of {NAME}", exact=True).fill("Mair Probert")
    desk.press("Tab").says("Saved.")
    desk.page.get_by_label(f"Decision on {NAME}", exact=True).select_option("replace")
    desk.page.wait_for_timeout(300)
    desk.says("Saved.")
    assert decided(study)[:2] == ("replace", "Mair Probert")
    again = open_page()
    expect(again.page.get_by_label(f"Pseudonym of {NAME}", exact=True)).to_have_value("Mair Probert")
    expect(again.page.get_by_label(f"Decision on {NAME}", exact=True)).to_have_value("replace")


def test_a_part_is_asked_for_before_it_is_saved(open_page: Any, study: Study) -> None:
    desk = open_page()
    before = decided(study)
    desk.page.get_by_label(f"Decision on {NAME}", exact=True).select_option("part")
    part = desk.page.get_by_label(f"Part of {NAME} that is replaced", exact=True)
    expect(part).to_be_visible()
    assert decided(study) == before, "which part is not said yet"
    part.fill("Treloar")
    desk.press("Tab").says("Saved.")
    assert decided(study)[0::2] == ("part", "Treloar")


def test_what_another_window_decided_is_not_overwritten(open_page: Any, study: Study, watch: Watch) -> None:
    watch.forgive("409")
    one, two = open_page(), open_page()
    one.front().page.get_by_label(f"Decision on {NAME}", exact=True).select_option("keep")
    one.says("Saved.")
    two.front().page.get_by_label(f"Decision on {NAME}", exact=True).select_option("replace")
    expect(two.page.get_by_role("alert")).to_contain_text("changed elsewhere")
    assert decided(study)[0] == "keep"
    shown = two.page.get_by_label(f"Decision on {NAME}", exact=True)
    expect(shown, "what was not saved is not shown as if it were").to_have_value("keep")


def test_what_a_server_that_is_gone_did_not_save_is_not_shown_as_saved(open_page: Any, watch: Watch) -> None:
    watch.forgive("ERR_")
    desk = open_page()
    field = desk.page.get_by_label(f"Pseudonym of {NAME}", exact=True)
    before = field.input_value()
    desk.page.context.set_offline(True)
    field.fill("Somebody Else")
    desk.press("Tab")
    expect(desk.page.get_by_role("alert")).to_contain_text("does not answer")
    expect(field).to_have_value(before)
    desk.page.context.set_offline(False)


def test_all_shown_are_replaced_once_that_is_confirmed(open_page: Any, study: Study) -> None:
    desk = open_page()
    desk.page.get_by_label("Kind").select_option("phone")
    desk.page.get_by_role("button", name="Replace all shown…").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Replace").click()
    desk.says("Saved.")
    assert decided(study, "07700 900123")[0] == "replace"
    desk.page.get_by_label("show decided candidates, too").uncheck()
    expect(row(desk, "07700 900123")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page: Any, scheme: str) -> None:
    desk = open_page()
    desk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    desk.page.get_by_text("where it occurs").first.click()
    assert findings(desk) == []


def test_everything_is_reached_by_the_keyboard(open_page: Any) -> None:
    desk = open_page()
    desk.page.locator("h1").click()
    reached = set()
    for _ in range(60):
        desk.press("Tab")
        reached.add(
            desk.page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
            )
        )
    assert {f"Pseudonym of {NAME}", f"Decision on {NAME}", "where it occurs", "Search again"} <= reached
