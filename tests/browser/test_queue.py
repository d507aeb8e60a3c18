"""The browser's queue: slow networks, servers that are gone, lost answers; nothing is lost, nothing done twice."""

import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from comb.records import Suggestion
from comb.study.layout import Study
from comb.study.suggestion_files import write_suggestions
from tests.browser.desk import Desk, Watch
from tests.browser.material import MODEL
from tests.browser.proxy import Proxy
from tests.browser.server import Server
from tests.conftest import ROOT, SWEEP

SIZE = {"width": 1366, "height": 900}
MANY = 410
TROUBLE = ("ERR_", "Failed to load", "401", "409")


def make_long_study(folder: Path) -> Study:
    """Make a study of two transcripts, ``long`` with 410 suggestions and ``other`` with the same."""
    shutil.copytree(ROOT / "pipeline" / "comb" / "study" / "template" / "configs", folder / "configs")
    study = Study(folder)
    lines = [f"P01: I forgot the tablet on day {number}." for number in range(MANY)]
    text = "\n\n".join(lines) + "\n"
    for name in ("long", "other"):
        path = study.new / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        write_suggestions(study.suggestions, name, list(_suggestions(name, text, lines)), ["jsonl"])
    return study


def _suggestions(name: str, text: str, lines: list[str]) -> Iterator[Suggestion]:
    at = 0
    for line in lines:
        words = line.removeprefix("P01: ")
        at = text.index(words, at)
        code = "psychological_capability"
        yield Suggestion(name, at, at + len(words), "P01", words, code, "barrier", 0.8, 0.3, 1, MODEL, ())


class Away:
    """A study whose server is reached by a bad way, and Ann's browser."""

    def __init__(self, folder: Path, chromium: Any, watch: Watch) -> None:
        self.study = make_long_study(folder)
        self.proxy = Proxy()
        self.server = Server(folder, "--coder", "Ann", "--url", f"http://127.0.0.1:{self.proxy.port}")
        self.listens()
        self.watch = watch
        self.context = chromium.new_context(viewport=SIZE)
        watch.forgive(*TROUBLE)
        self.enter()

    def listens(self) -> None:
        """Find the port of the server, which the link does not say."""
        with sqlite3.connect(self.study.review) as db:
            (self.proxy.to,) = db.execute("SELECT port FROM served ORDER BY at DESC LIMIT 1").fetchone()

    def enter(self) -> None:
        """Come in by the link."""
        page = self.watch.over(self.context)
        page.goto(self.server.link)
        page.wait_for_selector("table.queue")
        page.close()

    def desk(self) -> Desk:
        """Open a window."""
        return Desk(self.watch.over(self.context), self.server.origin)

    def acts(self, name: str = "long") -> list[tuple[str, int]]:
        """List the acts of a transcript: kind, and start of the passage."""
        query = "SELECT kind, json_extract(payload, '$.suggestion') FROM acts WHERE transcript = ? ORDER BY id"
        with sqlite3.connect(self.study.review) as db:
            return [(kind, int(key.split("-")[0])) for kind, key in db.execute(query, (name,)) if key]

    def restart(self) -> None:
        """Start the server again after it was killed."""
        self.server.start()
        self.listens()


@pytest.fixture
def away(tmp_path: Path, chromium: Any, watch: Watch) -> Iterator[Away]:
    away = Away(tmp_path / "study", chromium, watch)
    yield away
    away.context.close()
    away.proxy.stop()
    if away.server.process.poll() is None:
        away.server.process.send_signal(signal.SIGCONT)
    away.server.stop(signal.SIGKILL)


def saved(desk: Desk, seconds: float = 60) -> None:
    """Wait until the page says that all is saved."""
    expect(desk.page.locator(".saved")).to_have_text("all saved", timeout=1000 * seconds)


def starts(desk: Desk) -> list[int]:
    return [item["start"] for item in desk.data()["suggestions"]]


def test_ten_keys_at_a_second_of_latency_are_ten_decisions(away: Away) -> None:
    desk = away.desk().read("long")
    order = starts(desk)
    away.proxy.delay = 1.0
    desk.press("j", *"arararar", "a", "r")
    expect(desk.page.locator(".chip.now"), "the eleventh is current at once").to_have_count(1, timeout=900)
    saved(desk)
    kinds = ["accept", "reject"] * 5
    assert away.acts() == list(zip(kinds, order[:10], strict=True))


@pytest.mark.parametrize("many", [100, pytest.param(400, marks=SWEEP)])
def test_hundreds_of_decisions_at_a_second_of_latency(away: Away, many: int) -> None:
    desk = away.desk().read("long")
    order = starts(desk)
    away.proxy.delay = 1.0
    desk.press("j")
    for number in range(many):
        desk.press("a" if number % 3 else "r")
    saved(desk, 240)
    assert away.acts() == [("accept" if n % 3 else "reject", start) for n, start in enumerate(order[:many])]
    assert desk.verdicts().count("") == MANY - many


def test_valence_and_undo_of_what_is_not_saved_yet(away: Away) -> None:
    desk = away.desk().read("long")
    away.proxy.delay = 0.5
    desk.press("j", "+", "j", "a", "u", "r")
    saved(desk)
    decided = [(item["decision"] or {}).get("verdict") for item in desk.data()["suggestions"][:3]]
    assert decided == ["changed", None, "rejected"]
    assert [coding["valence"] for coding in desk.data()["codings"]] == ["facilitator"]


def test_a_server_that_is_killed_is_said_within_three_seconds(away: Away) -> None:
    desk = away.desk().read("long")
    desk.page.wait_for_timeout(2500)
    away.server.stop(signal.SIGKILL)
    expect(desk.page.get_by_role("alert")).to_contain_text("does not answer", timeout=3000)
    desk.press("j", "a", "a")
    expect(desk.page.get_by_role("alert")).to_contain_text(
        "2 decisions are kept in this tab and in this browser", timeout=3000
    )


def test_a_server_that_hangs_is_said_within_three_seconds(away: Away) -> None:
    desk = away.desk().read("long")
    desk.press("j", "a")
    saved(desk)
    away.server.process.send_signal(signal.SIGSTOP)
    desk.press("a")
    expect(desk.page.get_by_role("alert")).to_contain_text("Not saved", timeout=3000)
    away.server.process.send_signal(signal.SIGCONT)
    expect(desk.page.get_by_role("alert")).to_be_empty(timeout=30_000)
    saved(desk)
    assert [kind for kind, _ in away.acts()] == ["accept", "accept"]


def test_an_answer_that_is_lost_makes_no_second_act(away: Away) -> None:
    desk = away.desk().read("long")
    desk.press("j", "a")
    saved(desk)
    away.proxy.mute = True
    desk.press("a", "r", "a")
    expect(desk.page.get_by_role("alert")).to_contain_text("Not saved")
    end = time.monotonic() + 10
    while len(away.acts()) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    assert len(away.acts()) >= 2, "the server has done what it could not answer to"
    away.proxy.mute = False
    saved(desk)
    order = starts(desk)
    kinds = ["accept", "accept", "reject", "accept"]
    assert away.acts() == list(zip(kinds, order[:4], strict=True))


def test_unsent_acts_outlive_the_tab_and_the_server(away: Away) -> None:
    desk = away.desk().read("long")
    order = starts(desk)
    away.server.stop(signal.SIGKILL)
    desk.press("j", "a", "r", "a")
    expect(desk.page.get_by_role("alert")).to_contain_text("3 decisions are kept")
    desk.page.close(run_before_unload=False)
    away.restart()
    away.enter()
    end = time.monotonic() + 15
    while len(away.acts()) < 3 and time.monotonic() < end:
        time.sleep(0.1)
    assert away.acts() == list(zip(["accept", "reject", "accept"], order[:3], strict=True)), "the list has sent them"


def test_another_windows_change_is_asked_about_not_overwritten(away: Away) -> None:
    one, two = away.desk().read("long"), away.desk().read("long")
    one.front().press("j", "a")
    saved(one)
    two.front().press("j", "r", "r")
    dialog = two.page.get_by_role("dialog", name="This was changed in another window")
    expect(dialog).to_contain_text("accepted")
    dialog.get_by_role("button", name="Keep it as it is now").click()
    saved(two)
    assert two.verdicts()[:3] == ["accepted", "rejected", ""]


def test_unsent_acts_reach_a_server_on_another_port(chromium: Any, watch: Watch, tmp_path: Path) -> None:
    watch.forgive(*TROUBLE)
    make_long_study(tmp_path)
    server = Server(tmp_path, "--coder", "Ann")
    context = chromium.new_context(viewport=SIZE)
    try:
        first = server.origin
        page = watch.over(context)
        page.goto(server.link)
        desk = Desk(page, first).read("long")
        order = starts(desk)
        server.stop(signal.SIGKILL)
        desk.press("j", "a", "r")
        expect(desk.page.get_by_role("alert")).to_contain_text("2 decisions are kept")
        page.close()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server.start(str(port))
        assert server.origin != first
        page = watch.over(context)
        page.goto(server.link)
        page.wait_for_url(f"{server.origin}/")
        desk = Desk(page, server.origin).read("long")
        assert desk.verdicts()[:3] == ["accepted", "rejected", ""]
        assert order == starts(desk)
        server.stop(signal.SIGKILL)
        server.start()
        assert server.origin.endswith(f":{port}"), "without --port, the page stays where it was last"
    finally:
        context.close()
        if server.process.poll() is None:
            server.stop(signal.SIGKILL)


DISPUTED = 8


def two_coders(away: Away) -> None:
    """Let two coders differ on the first eight passages of ``other``."""
    away.server.stop()
    path = away.study.codings / "both.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    codes = {"Cleo": "psychological_capability", "Dan": "automatic_motivation"}
    lines = [
        f"other,I forgot the tablet on day {number}.,{code},{coder}"
        for coder, code in codes.items()
        for number in range(DISPUTED)
    ]
    path.write_text("\n".join(["transcript,quote,code,coder", *lines]) + "\n", encoding="utf-8")
    away.restart()
    away.enter()


def settling(away: Away) -> Desk:
    desk = away.desk().go("/adjudicate/other")
    expect(desk.page.locator(".unit.open")).to_have_count(DISPUTED)
    desk.name = "other"
    return desk


def settled_codes(desk: Desk) -> list[str | None]:
    """List the consensus on each unit on which the coders differ; "" for no code, None where it is open."""
    units = [unit["consensus"] for unit in desk.data("/adjudication")["units"] if not unit["agree"]]
    return [None if found is None else "".join(one["code"] for one in found) for found in units]


A, B = "psychological_capability", "automatic_motivation"


def test_keys_pressed_while_a_settling_is_pending_act_on_the_next_difference(away: Away) -> None:
    two_coders(away)
    desk = settling(away)
    away.proxy.delay = 1.0
    desk.press("1", "2", "0", "1", "2", "u", "1")
    expect(desk.page.locator("#figures dd").last).to_have_text(f"5 of {DISPUTED}", timeout=900)
    saved(desk)
    expect(desk.page.locator("#figures dd").last).to_have_text(f"5 of {DISPUTED}")
    # The undo went back to the fifth, which is then settled anew.
    assert settled_codes(desk)[:6] == [A, B, "", A, A, None]


def test_what_was_settled_outlives_the_tab_and_the_server(away: Away) -> None:
    two_coders(away)
    desk = settling(away)
    desk.press("1")
    saved(desk)
    away.server.stop(signal.SIGKILL)
    desk.press("2", "w")
    desk.page.keyboard.type("because")
    desk.press("Escape", "0")
    expect(desk.page.get_by_role("alert")).to_contain_text("2 decisions are kept")
    desk.page.close(run_before_unload=False)
    away.restart()
    away.enter()
    desk = away.desk().go("/")
    desk.name = "other"
    end = time.monotonic() + 15
    while settled_codes(desk)[:3] != [A, B, ""] and time.monotonic() < end:
        time.sleep(0.1)
    assert settled_codes(desk)[:4] == [A, B, "", None], "the list has sent it"
    assert [unit["why_not"] for unit in desk.data("/adjudication")["units"]][2] == "because"


def test_two_tabs_a_changed_transcript_a_queue_and_a_restart(away: Away) -> None:
    """What was saved moves with its words; what was decided on the old text is refused, said, and put nowhere."""
    one, two = away.desk().read("long"), away.desk().read("long")
    one.front().press("j", "a", "a")
    saved(one)
    away.server.stop(signal.SIGKILL)
    one.press("a", "r")
    two.front().press("j", "j", "j", "j", "j", "j", "a")
    path = away.study.new / "long.txt"
    path.write_text("P01: Hello there.\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    away.restart()
    away.enter()
    for desk in (one, two):
        expect(desk.front().page.get_by_role("alert")).to_contain_text("changed", timeout=40_000)
    fresh = away.desk().read("long")
    assert fresh.codings() == [(f"I forgot the tablet on day {day}.", A, "barrier") for day in range(2)]
    with sqlite3.connect(away.study.review) as db:
        text = fresh.data()["text"]
        kept = db.execute("SELECT start, end, quote FROM codings UNION ALL SELECT start, end, quote FROM decisions")
        assert all(text[start:end] == quote for start, end, quote in kept)
