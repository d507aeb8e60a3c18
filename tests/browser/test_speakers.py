"""Who speaks, asked and said at the page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from comb.study.layout import Study
from tests.browser.desk import Desk
from tests.browser.material import make_study
from tests.browser.server import Server, entered
from tests.browser.test_accessible import findings

NAMES = ("talk-1", "talk-2", "talk-3")
TEXT = """Speaker 1: How do you fit it into your week?

Speaker 2: I do it before breakfast.

Speaker 1: And what gets in the way?

Speaker 2: The cold in the hall.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speakers") / "study é"
    make_study(folder, 1)
    for name in NAMES:
        (folder / "data" / "new" / f"{name}.txt").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    server = Server(folder, "--coder", "Ann")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser(chromium: Any, server: Server) -> Iterator[Any]:
    with entered(chromium, server, 1366, 900) as context:
        yield context


def confirmed(folder: Path, name: str) -> dict[str, str | None]:
    return {row.speaker: row.role for row in Study(folder).roles.rows if row.transcript == name}


def test_a_question_leads_to_proposals_and_one_key_confirms(windows: Any, folder: Path) -> None:
    desk: Desk = windows().read("talk-1")
    bar = desk.page.locator("#progress")
    expect(bar).to_contain_text("Nobody has confirmed who Speaker 1, Speaker 2 are")
    desk.page.get_by_role("button", name="Confirm the speakers…").dblclick()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_have_count(1)
    expect(dialog.get_by_label("Role of Speaker 1")).to_have_value("interviewer")
    expect(dialog.get_by_label("Role of Speaker 2")).to_have_value("participant")
    expect(dialog).to_contain_text("asks in 2 of 2 turns")
    expect(dialog.get_by_role("button", name="Confirm")).to_be_focused()
    desk.press("Enter")
    expect(bar).not_to_contain_text("Nobody has confirmed")
    expect(desk.page.locator("#text")).to_have_attribute("aria-busy", "false")
    expect(desk.page.locator(".turn.participant")).to_have_count(2)
    assert confirmed(folder, "talk-1") == {"Speaker 1": "interviewer", "Speaker 2": "participant"}
    assert confirmed(folder, "talk-2") == {}, "a number of a machine is nobody in the next file"


def test_the_list_names_transcripts_to_be_asked_about(windows: Any) -> None:
    desk: Desk = windows().go("/")
    rows = desk.page.locator("table.queue tbody tr")
    expect(rows.filter(has_text="talk-3")).to_contain_text("speakers not confirmed")
    expect(rows.filter(has_text="t01")).not_to_contain_text("speakers not confirmed")


def test_a_choice_beats_the_proposal_and_cancel_changes_nothing(windows: Any, folder: Path) -> None:
    desk: Desk = windows().read("talk-2")
    desk.page.get_by_role("button", name="Speakers…", exact=True).click()
    expect(desk.page.get_by_role("dialog")).to_be_visible()
    desk.press("Escape")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    assert confirmed(folder, "talk-2") == {}
    desk.page.get_by_role("button", name="Speakers…", exact=True).click()
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_label("Role of Speaker 1").select_option("other")
    dialog.get_by_role("button", name="Confirm").click()
    expect(desk.page.locator("#progress")).not_to_contain_text("Nobody has confirmed")
    assert confirmed(folder, "talk-2") == {"Speaker 1": "other", "Speaker 2": "participant"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_is_accessible(windows: Any, scheme: str) -> None:
    desk: Desk = windows(color_scheme=scheme).read("talk-3")
    assert findings(desk) == []
    desk.page.get_by_role("button", name="Confirm the speakers…").click()
    expect(desk.page.get_by_label("Role of Speaker 1")).to_be_visible()
    assert findings(desk) == []
