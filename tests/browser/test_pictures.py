"""The pictures of README and docs, drawn anew: COMB_PICTURES=1 python -m pytest tests/browser/test_pictures.py"""

import os
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.material import PICTURED, TWICE
from tests.conftest import ROOT

PICTURES = ROOT / "docs" / "images"
pytestmark = pytest.mark.skipif("COMB_PICTURES" not in os.environ, reason="drawn only with COMB_PICTURES=1")
SIZE = {"width": 1366, "height": 800}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reading(windows: Any, scheme: str) -> None:
    desk = windows(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce").read(PICTURED)
    if scheme == "light":
        desk.press("j", "a").says("Accepted")
        desk.drag("It is just habit").press("c").pick_code("automatic").says("Coded")
    desk.chips("My GP says it matters").click()
    expect(desk.page.locator("#progress")).to_contain_text("1 looked at")
    desk.page.evaluate("scrollTo(0, 0)")
    desk.page.locator("#status").evaluate("one => one.classList.remove('shown')")
    expect(desk.panel).to_contain_text("similarity")
    desk.page.mouse.move(5, 5)
    desk.page.wait_for_timeout(400)
    desk.page.screenshot(path=PICTURES / ("review.png" if scheme == "light" else "review-dark.png"))


def test_settling(windows: Any) -> None:
    desk = windows(viewport=SIZE, reduced_motion="reduce").go(f"/adjudicate/{TWICE[2]}")
    expect(desk.page.locator(".unit")).to_have_count(2)
    desk.page.screenshot(path=PICTURES / "review-consensus.png")


def test_choosing_a_code(windows: Any) -> None:
    desk = windows(viewport=SIZE, reduced_motion="reduce").read(PICTURED)
    desk.press("s", "c")
    desk.page.get_by_role("combobox", name="Search codes").fill("memory")
    desk.page.screenshot(path=PICTURES / "review-codes.png")
