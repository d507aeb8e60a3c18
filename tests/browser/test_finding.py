"""Search as a researcher uses it: words, a code, the way to the place and back, and files."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.material import make_study
from tests.browser.server import Server


def search(desk: Desk, words: str) -> None:
    desk.page.get_by_role("searchbox", name="Words").fill(words)
    desk.press("Enter")


def test_from_words_to_the_place_and_back(windows: Any) -> None:
    desk = windows().go("/search")
    search(desk, "gadgets")
    found = desk.page.locator(".places mark")
    expect(found.first).to_have_text("gadgets")
    assert "gadgets" not in desk.page.url, "participants' words are in no address"
    search(desk, '"whole box"')
    place = desk.page.locator(".of-transcript", has_text="t01").locator(".said").first
    expect(place).to_contain_text("I forgot the whole box.")
    assert "#at=" in str(place.get_attribute("href"))
    place.click()
    # The transcript goes to the place, and takes it out of its address.
    expect(desk.page.locator("#text")).to_have_attribute("aria-busy", "false")
    expect(desk.page.locator("#text").get_by_text("I forgot the whole box.").first).to_be_in_viewport()
    assert urlsplit(desk.page.url).path == "/t/t01"
    desk.page.go_back()
    expect(desk.page.locator("#words")).to_have_value('"whole box"')
    expect(desk.page.locator(".places mark").first).to_have_text("whole box")


def test_all_passages_of_a_code_as_a_file(windows: Any, tmp_path: Path) -> None:
    desk = windows().go("/search")
    desk.page.locator("#code").select_option("psychological_capability")
    expect(desk.page.locator("#found")).to_contain_text("coded passages in")
    desk.page.locator("#coder").select_option("Ben")
    expect(desk.page.locator("#found")).to_have_text("3 coded passages in 3 transcripts")
    with desk.page.expect_download() as saved:
        desk.page.get_by_role("button", name="CSV").click()
    path = tmp_path / "saved.csv"
    saved.value.save_as(path)
    assert path.read_text(encoding="utf-8-sig").count("I never remember the evening one.") == 3


def test_slash_searches_in_this_transcript(windows: Any) -> None:
    desk = windows().read("t01").press("/")
    expect(desk.page.locator("#inside")).to_have_value("t01")
    expect(desk.page.locator("#words")).to_be_focused()
    search(desk, "tablets")
    expect(desk.page.locator("#found")).to_have_text("1 turn in 1 transcript")


def test_the_overview_opens_to_the_passages(windows: Any) -> None:
    desk = windows().go("/overview")
    agreement = desk.page.get_by_role("region", name="Agreement of Ann and Ben")
    expect(agreement.get_by_role("row", name="Cohen's kappa")).to_be_visible(timeout=30_000)
    expect(desk.page.get_by_role("img", name="Kappa overall and by code")).to_be_visible()
    codes = desk.page.get_by_role("region", name="Codes", exact=True)
    row = codes.get_by_role("row", name="Physical opportunity")
    number = row.get_by_role("link").first
    count = number.inner_text()
    number.click()
    expect(desk.page.locator("#found")).to_contain_text(f"{count} coded passages")


def test_a_draw_is_shown_assigned_and_found_in_the_list(chromium: Any, tmp_path: Path, watch: Any) -> None:
    make_study(tmp_path / "study", 3)
    server = Server(tmp_path / "study", "--coder", "Ann")
    context = chromium.new_context()
    try:
        page = watch.over(context)
        page.goto(server.link)
        desk = Desk(page, server.origin).go("/team")
        page.get_by_label("Name of another coder").fill("Cleo")
        page.get_by_role("button", name="Add", exact=True).click()
        page.locator("#percent").fill("60")
        page.locator("#percent").press("Tab")
        page.get_by_role("button", name="Draw").click()
        expect(page.get_by_text("two coders have 5 of 7 transcripts")).to_be_visible()
        page.get_by_role("button", name="Assign these").click()
        desk.says("assigned")
        page.get_by_role("button", name="Count the disagreements").click()
        expect(page.get_by_role("row", name="Ann and Ben")).to_be_visible()
        desk.go("/")
        expect(page.locator("tbody tr").first).to_contain_text("assigned to you")
    finally:
        context.close()
        server.stop()
