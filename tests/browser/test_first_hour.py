"""The first hour without a terminal: from an empty folder, Word files and a spreadsheet to transcripts that are coded.

Each step of the hour is a method of ``Hour``, which counts clicks; a later step goes on where the one before has ended.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from comb.study.files import read_rows
from comb.study.layout import Study
from tests.browser.desk import Desk, Watch
from tests.browser.first_hour_files import make_codings, make_interviews, name_of
from tests.browser.server import LINK, Server
from tests.browser.test_accessible import findings
from tests.conftest import ROOT

BEHAVIOUR = "Ward nurses clean their hands before they touch a patient"


class Start(Server):
    """``comb`` without a study, as a double click starts it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.home = folder
        super().__init__(folder, *options)

    def start(self, port: str = "0") -> None:
        """Start, and wait until it says where it is."""
        left = ("COMB_DATABASE", "XDG_CONFIG_HOME")
        environment = {k: v for k, v in os.environ.items() if k not in left}
        environment |= {"PYTHONPATH": str(ROOT / "pipeline"), "PYTHONUNBUFFERED": "1", "COLUMNS": "300"}
        environment |= {"HOME": str(self.home), "BROWSER": "true"}
        command = [sys.executable, "-m", "comb", *self.options]
        self.process = subprocess.Popen(
            command, cwd=self.home, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()
        self.origin = LINK.search(self._wait("http://")).group(1)

    def second(self, *options: str, folder: Path | None = None) -> str:
        """Start comb once more, and return what it says until it ends."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline"), "HOME": str(self.home), "BROWSER": "true"}
        command = [sys.executable, "-m", "comb", *options]
        ran = subprocess.run(
            command, cwd=folder or self.home, env=environment, text=True, capture_output=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


class Hour:
    """A researcher at the page, whose clicks and minutes are counted."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.clicks, self.typed, self.began = 0, 0, time.monotonic()

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def write(self, label: str, words: str) -> None:
        self.page.get_by_label(label).fill(words)
        self.typed += 1

    def makes_a_study(self, name: str) -> None:
        """Make a study on the page that comb opens with."""
        expect(self.page.get_by_role("heading", name="Make a new study")).to_be_visible()
        self.write("Name of the study", name)
        self.write("Behaviour", BEHAVIOUR)
        self.write("Your name as a coder", "Ann")
        self.button("Make the study")
        expect(self.page.get_by_role("heading", name="Transcripts")).to_be_visible(timeout=30_000)

    def adds(self, files: list[Path]) -> None:
        """Follow the first screen to the page on which files are added, and choose them."""
        self.click(self.page.locator("#main").get_by_role("link", name="Add files"))
        self.page.locator("#files").set_input_files([str(path) for path in files])
        self.clicks += 2
        expect(self.page.locator(".foot")).to_be_visible(timeout=60_000)

    def confirms_speakers(self) -> None:
        """Look at the roles that are proposed, and confirm them."""
        self.button("Confirm all speakers")
        expect(self.page.get_by_text("✓ confirmed").first).to_be_visible()

    def corrects_codings(self) -> None:
        """Choose the code that was meant, the place of one quote, and correct the words of the other later."""
        section = self.page.locator(".codings")
        expect(section).to_contain_text("27 of 30 rows placed; 2 to correct here")
        row = section.locator(".unknown tr", has_text="Reinforcment habits")
        self.click(row.get_by_role("button", name="Reinforcement"))
        expect(section).to_contain_text("28 of 30 rows placed")
        card = section.locator(".card", has_text="every time that the sister")
        self.click(card.get_by_role("button", name="It is here").first)
        expect(section).to_contain_text("29 of 30 rows placed")
        self.click(section.locator(".card").get_by_role("button", name="Correct later"))
        expect(self.page.locator(".foot")).to_contain_text("To be added: 6 transcripts")

    def brings_it_in(self) -> None:
        """Add all to the study, and go on to the list."""
        self.button("Add to the study")
        expect(self.page.get_by_role("heading", name="Added: 6 transcripts")).to_be_visible(timeout=60_000)
        self.click(self.page.get_by_role("link", name="Go to the transcripts"))
        expect(self.page.locator("table.queue tbody tr")).to_have_count(6)


@pytest.fixture
def comb_open(tmp_path: Path) -> Iterator[Start]:
    (tmp_path / "Documents").mkdir()
    server = Start(tmp_path)
    yield server
    server.stop()


def test_the_first_hour(chromium: Any, watch: Watch, comb_open: Start, tmp_path: Path) -> None:
    desktop = tmp_path / "Desktop"
    desktop.mkdir()
    files = make_interviews(desktop)
    assert make_codings(desktop / "codings.xlsx") == 30
    context = chromium.new_context(viewport={"width": 1366, "height": 900})
    page = watch.over(context)
    page.goto(comb_open.link)
    hour = Hour(page, tmp_path)

    hour.makes_a_study("Hand hygiene")
    study = Study(tmp_path / "Documents" / "Hand hygiene")
    assert study.codebook.behaviour == BEHAVIOUR
    hour.adds([*files, desktop / "codings.xlsx"])
    assert not list(study.raw.iterdir()), "nothing is written before it is asked for"
    hour.confirms_speakers()
    hour.corrects_codings()
    hour.brings_it_in()

    assert sorted(path.stem for path in study.raw.iterdir()) == [name_of(number) for number in range(6)]
    rows = [cells for _, cells in read_rows(study.codings / "codings.csv", ("code", "coder"))]
    assert len(rows) == 29
    assert {row["coder"] for row in rows} == {"Ann", "Ben"}
    assert len(study.roles.rows) == 12
    assert [path.name for path in study.to_correct.iterdir()] == ["codings to correct.csv"]
    assert not list(study.state.glob("*.tmp")), "what was sent is gone"
    first = page.locator("table.queue tbody tr").first
    expect(first).to_contain_text("Ann, Ben")
    hour.click(first.get_by_role("link", name=name_of(0), exact=True))
    expect(page.locator(".words").first).to_be_visible()
    sys.stdout.write(
        f"first hour: {hour.clicks} clicks, {hour.typed} fields, {time.monotonic() - hour.began:.1f} s of the machine\n"
    )
    context.close()


def test_comb_is_opened_once_and_stopped_on_the_page(chromium: Any, watch: Watch, comb_open: Start) -> None:
    context = chromium.new_context()
    page = watch.over(context)
    page.goto(comb_open.link)
    Hour(page, comb_open.home).makes_a_study("Tablets")
    study = comb_open.home / "Documents" / "Tablets"
    said = comb_open.second(folder=study)
    assert "comb is running already" in said
    other = chromium.new_context()
    another = watch.over(other)
    another.goto(said.rpartition(" ")[2].strip())
    expect(another.get_by_role("heading", name="Transcripts")).to_be_visible()
    assert page.url.rpartition("/")[0] == another.url.rpartition("/")[0], "the same server"

    page.get_by_role("link", name="Studies").click()
    page.get_by_role("button", name="Tablets", exact=True).click()
    expect(page.get_by_role("heading", name="Transcripts")).to_be_visible()
    page.get_by_role("button", name="Stop comb").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop comb").click()
    expect(page.get_by_role("heading", name="comb has stopped")).to_be_visible()
    assert comb_open.process.wait(20) == 0
    other.close()
    context.close()


def test_axe_finds_nothing_serious_where_a_study_is_chosen(chromium: Any, watch: Watch, comb_open: Start) -> None:
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme, viewport={"width": 640, "height": 450})
        page = watch.over(context)
        page.goto(comb_open.second().rpartition(" ")[2].strip())
        expect(page.get_by_role("button", name="Make the study")).to_be_visible()
        assert findings(Desk(page, comb_open.origin)) == []
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0, "at 200% zoom of 1280 pixels nothing has to be scrolled sideways"
        page.get_by_role("button", name="Choose…").click()
        expect(page.get_by_role("dialog").get_by_role("button", name="Documents").first).to_be_visible()
        assert findings(Desk(page, comb_open.origin)) == []
        context.close()
