"""Blind coding, audit, two coders and their consensus, a team that signs in, export."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, Watch
from tests.browser.material import SUGGESTED, TWICE, make_study
from tests.browser.server import Server
from tests.browser.test_accessible import findings
from tests.conftest import ROOT

PASSWORDS = {"Ann": "a long password of Ann", "Ben": "a long password of Ben"}


def set_mode(desk: Desk, name: str, mode: str) -> None:
    desk.go("/")
    desk.page.get_by_label(f"How you code {name}").select_option(mode)
    desk.says(f"{name}: ")


def test_blind_shows_nothing_before_the_end(windows: Any, transcript: str) -> None:
    desk = windows()
    set_mode(desk, transcript, "blind")
    desk.read(transcript)
    expect(desk.page.locator(".mode")).to_contain_text("hidden until you finish")
    assert desk.page.locator(".chip.suggestion").count() == 0
    assert desk.data()["suggestions"] == []
    desk.drag("It is just habit").press("c").pick_code("automatic").says("Coded")
    desk.page.get_by_role("button", name="Finish…").click()
    expect(desk.page.get_by_role("dialog")).to_contain_text(
        "You will then see other people’s codings and the suggestions."
    )
    desk.page.get_by_role("dialog").get_by_role("button", name="Finish").click()
    expect(desk.page.locator(".mode")).to_contain_text("finished")
    expect(desk.page.locator(".chip.suggestion")).to_have_count(len(SUGGESTED))


def test_audit_frames_a_sample_and_shows_no_suggestion(windows: Any, transcript: str) -> None:
    desk = windows()
    set_mode(desk, transcript, "audit")
    desk.read(transcript)
    expect(desk.page.locator(".mode")).to_contain_text("Code the framed passages")
    expect(desk.page.locator(".words .audit").first).to_be_visible()
    assert desk.page.locator(".chip.suggestion").count() == 0


def test_two_coders_settle_their_differences(windows: Any) -> None:
    desk = windows().go(f"/adjudicate/{TWICE[0]}")
    units = desk.page.locator(".unit")
    expect(units).to_have_count(2)
    figures = desk.page.locator("#figures")
    expect(figures).to_contain_text("Resolved")
    expect(figures.locator("dd").last).to_have_text("0 of 2")
    expect(units.first.get_by_role("group", name="Coder Ann")).to_contain_text("Psychological capability")
    expect(units.first.get_by_role("group", name="Coder Ben")).to_contain_text("Automatic motivation")
    desk.press("w")
    desk.page.keyboard.type("it is habit – not memory 🙂")
    desk.press("Escape", "2").says("Consensus saved.")
    expect(figures.locator("dd").last).to_have_text("1 of 2")
    desk.press("c").pick_code("automatic", valence="− barrier")
    desk.page.get_by_label("Memo").fill("both read again")
    desk.page.get_by_role("button", name="Save consensus").click()
    expect(figures.locator("dd").last).to_have_text("2 of 2")
    expect(figures.locator(".saved")).to_have_text("all saved")
    desk.name = TWICE[0]
    settled = [unit for unit in desk.data("/adjudication")["units"] if not unit["agree"]]
    assert [unit["consensus"] for unit in settled] == [[{"code": "automatic_motivation", "valence": "barrier"}]] * 2
    assert (settled[0]["why_not"], settled[1]["memo"]) == ("it is habit – not memory 🙂", "both read again")
    desk.page.get_by_role("button", name="Undo").click()
    expect(figures.locator("dd").last).to_have_text("1 of 2")
    desk.page.get_by_role("button", name="Redo").click()
    expect(figures.locator("dd").last).to_have_text("2 of 2")


def test_consensus_of_two_windows(windows: Any, watch: Watch) -> None:
    watch.forgive("409")
    name = TWICE[1]
    one, two = windows(), windows()
    for desk in (one, two):
        desk.go(f"/adjudicate/{name}")
        expect(desk.page.locator(".unit")).to_have_count(2)
    one.front().press("1").says("Consensus saved.")
    two.front().press("w")
    two.page.keyboard.type("because")
    two.press("Escape", "2")
    dialog = two.page.get_by_role("dialog", name="This was changed in another window")
    expect(dialog).to_contain_text("not saved")
    dialog.get_by_role("button", name="Save mine anyway").click()
    two.says("Consensus saved.")
    two.name = name
    unit = next(unit for unit in two.data("/adjudication")["units"] if not unit["agree"])
    assert (unit["consensus"][0]["code"], unit["why_not"]) == ("automatic_motivation", "because")


def test_export_writes_codings(windows: Any, folder: Path, transcripts: Iterator[str]) -> None:
    desk = windows().read(next(transcripts))
    desk.drag("It is just habit").press("c").pick_code("automatic").says("Coded")
    desk.go("/").page.get_by_role("button", name="Export codings…").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Export").click()
    expect(desk.page.locator("#told")).to_contain_text("Codings exported")
    written = "".join(path.read_text(encoding="utf-8") for path in (folder / "data").rglob("Ann.csv"))
    assert f"{desk.name}," in written
    assert "It is just habit,automatic_motivation" in written


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Server]:
    make_study(tmp_path, 2)
    for name, password in PASSWORDS.items():
        role = ["--role", "lead"] if name == "Ann" else []
        command = [sys.executable, "-m", "comb", "review", "add-coder", name, *role]
        environment = {"PYTHONPATH": str(ROOT / "pipeline"), "PATH": ""}
        subprocess.run(command, cwd=tmp_path, input=f"{password}\n", text=True, check=True, env=environment)
    server = Server(tmp_path, "--team")
    yield server
    server.stop()


def test_a_team_signs_in_and_each_sees_their_own(chromium: Any, watch: Watch, team: Server) -> None:
    watch.forgive("401", "403")

    def enter(name: str) -> Desk:
        context = chromium.new_context(viewport={"width": 1366, "height": 900})
        desk = Desk(watch.over(context), team.origin).go("/")
        expect(desk.page).to_have_url(f"{team.origin}/signin")
        assert findings(desk) == []
        desk.page.get_by_label("Name").fill(name)
        desk.page.get_by_label("Password").fill("wrong")
        desk.page.get_by_role("button", name="Sign in").click()
        expect(desk.page.locator(".wrong")).to_be_visible()
        desk.page.get_by_label("Name").fill(name)
        desk.page.get_by_label("Password").fill(PASSWORDS[name])
        desk.page.get_by_role("button", name="Sign in").click()
        expect(desk.page.locator(".who-am-i")).to_contain_text(name)
        return desk

    ann, ben = enter("Ann"), enter("Ben")
    set_mode(ben, "t01", "blind")
    assert ben.page.get_by_role("button", name="Export codings…").count() == 0, "only a lead exports"
    ann.front().read("t01").press("j", "a").says("Accepted")
    ben.front().read("t01")
    assert (ben.page.locator(".chip").count(), ben.codings()) == (0, [])
    ben.page.get_by_role("button", name="Sign out").click()
    expect(ben.page).to_have_url(f"{team.origin}/signin")
    ben.go("/t/t01")
    expect(ben.page).to_have_url(f"{team.origin}/signin")
