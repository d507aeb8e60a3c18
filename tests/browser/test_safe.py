"""Nothing is lost and nothing leaves: restart, two windows, a server that is away, the network, the content policy."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server
from tests.browser.desk import Desk, Watch, is_here
from tests.browser.material import SUGGESTED, make_study

FIRST = SUGGESTED[0][0]
PAGES = ["/", "/t/{}", "/adjudicate/twice-03"]


@pytest.mark.parametrize("page", PAGES)
def test_pages_ask_nobody_but_this_machine(windows: Any, transcript: str, watch: Watch, page: str) -> None:
    desk = windows()
    desk.page.route("**/*", lambda route: route.continue_() if is_here(route.request.url) else route.abort())
    desk.go(page.format(transcript))
    desk.page.wait_for_load_state("networkidle")
    assert watch.strangers == []
    assert any(path.startswith("/static/") for path in watch.asked)
    assert any(path.startswith("/api/") for path in watch.asked)


def test_no_inline_script_or_style_runs(desk: Desk, watch: Watch) -> None:
    watch.forgive("Content Security Policy")
    ran = desk.page.evaluate("""() => {
      const box = document.createElement('div');
      box.innerHTML = '<img src="data:image/png,x" onerror="window.broken = 1"><p style="color: red">x</p>';
      document.body.append(box);
      const script = document.createElement('script');
      script.textContent = 'window.broken = 2';
      document.body.append(script);
      return [window.broken, getComputedStyle(box.querySelector('p')).color === 'rgb(255, 0, 0)'];
    }""")
    assert ran == [None, False]


def test_two_windows_do_not_overwrite_each_other(windows: Any, transcript: str, watch: Watch) -> None:
    watch.forgive("409")
    one, two = windows().read(transcript), windows(locale="cy-GB").read(transcript)
    one.front().press("j", "a").says("Accepted")
    two.front().press("j", "m")
    two.page.keyboard.type("no, because")
    two.button("Reject").click()
    dialog = two.page.get_by_role("dialog", name="This was changed in another window")
    expect(dialog).to_contain_text("This was not saved")
    expect(dialog).to_contain_text("Psychological capability, barrier: accepted")
    expect(dialog).to_contain_text("no, because")
    assert one.verdicts()[0] == "accepted"
    dialog.get_by_role("button", name="Keep it as it is now").click()
    expect(two.chips(FIRST)).to_have_class("chip coding coded")
    two.chips(SUGGESTED[3][0]).click()
    two.press("a").says("Accepted")
    assert two.verdicts()[0] == "accepted"


def test_after_a_conflict_mine_can_be_done_all_the_same(windows: Any, transcript: str, watch: Watch) -> None:
    watch.forgive("409")
    one, two = windows().read(transcript), windows().read(transcript)
    one.front().press("j", "a").says("Accepted")
    two.front().press("j", "r")
    two.page.get_by_role("button", name="Apply mine anyway").click()
    two.says("Rejected")
    assert two.verdicts()[0] == "rejected"


def test_a_failed_save_is_loud_and_tried_again(desk: Desk, watch: Watch) -> None:
    watch.forgive("ERR_", "Failed to load")
    context = desk.page.context
    desk.press("j")
    expect(desk.page.locator("#progress")).to_contain_text("1 looked at")
    context.set_offline(True)
    desk.press("a")
    alarm = desk.page.get_by_role("alert")
    expect(alarm).to_contain_text("Not saved")
    expect(alarm).to_contain_text("One decision is kept in this tab")
    expect(desk.page.locator("#progress")).to_contain_text("saving 1…")
    expect(desk.page.locator("#progress")).to_contain_text("0 of 7 decided")
    context.set_offline(False)
    desk.page.get_by_role("button", name="Try again now").click()
    desk.says("Accepted")
    expect(alarm).to_be_empty()
    assert desk.codings() == [(FIRST, "psychological_capability", "barrier")]


def test_what_was_not_saved_survives_a_reload(desk: Desk, watch: Watch) -> None:
    watch.forgive("ERR_", "Failed to load")
    desk.page.route("**/acts", lambda route: route.abort())
    desk.press("j", "a")
    expect(desk.page.get_by_role("alert")).to_contain_text("Not saved")
    desk.page.unroute("**/acts")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.page.reload()
    expect(desk.page.locator("#progress")).to_contain_text("1 of 7 decided")
    assert desk.verdicts()[0] == "accepted"


def test_restart_and_all_is_there(chromium: Any, watch: Watch, tmp_path: Path) -> None:
    make_study(tmp_path, 1)
    server = Server(tmp_path, "--coder", "Ann")
    try:
        desk = _enter(chromium, watch, server)
        desk.read("t01").press("j", "a").says("Accepted")
        desk.press("r").says("Rejected")
        desk.drag("It is just habit").press("c").pick_code("automatic").says("Coded")
        before = (desk.codings(), desk.verdicts())
        watch.forgive("ERR_", "401")  # the page that stays open asks meanwhile whether the codebook has changed
        server.again()
        after = _enter(chromium, watch, server).read("t01")
        assert (after.codings(), after.verdicts()) == before
        expect(after.page.locator("#progress")).to_contain_text("2 of 7 decided")
        after.press("u").says("Undone.")
        assert after.codings() == before[0][:1]
    finally:
        server.stop()


def _enter(chromium: Any, watch: Watch, server: Server) -> Desk:
    page = watch.over(chromium.new_context(viewport={"width": 1366, "height": 900}))
    page.goto(server.link)
    return Desk(page, server.origin)


def test_all_modules_are_fetched_ahead(desk: Desk) -> None:
    ahead, used = desk.page.evaluate("""() => [
      [...document.querySelectorAll('link[rel=modulepreload]')].map(link => link.href).sort(),
      performance.getEntriesByType('resource').map(entry => entry.name).filter(name => name.endsWith('.js')).sort(),
    ]""")
    # The frame of all pages names this one itself, in a study that may be stopped from the page.
    assert ahead == sorted(name for name in set(used) if not name.endswith("/stop.js"))
