"""The first hour without a terminal: from an empty folder, Word files and a spreadsheet to a report of what was coded.

Each step of the hour is a method of ``Hour``, which counts clicks; a later step goes on where the one before has ended.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from playwright.sync_api import Locator, Page, expect

from comb.study.files import read_rows
from comb.study.layout import Study
from tests.browser.desk import Desk, Watch
from tests.browser.first_hour_files import make_codings, make_interviews, name_of
from tests.browser.pictures import SIZE, TUTORIAL, WANTED, Camera, scroll_panel
from tests.browser.server import LINK, Server
from tests.browser.test_accessible import findings
from tests.conftest import ROOT
from tests.docs.test_tutorial import LABELS
from tests.whole_study import put_encoder

LONG = 180_000
KAPPA = "Cohen's kappa"
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
        environment |= {"PYTHONPATH": self.path, "PYTHONUNBUFFERED": "1", "COLUMNS": "300"}
        environment |= {"HOME": str(self.home), "BROWSER": "true"}
        command = [sys.executable, "-m", self.module, *self.options]
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


class FakeStart(Start):
    """The same, and its jobs have the fake encoder."""

    module = "tests.whole_study"
    path = os.pathsep.join([str(ROOT / "pipeline"), str(ROOT)])


class Hour:
    """A researcher at the page, whose clicks, keystrokes and minutes are counted, and who may take pictures."""

    def __init__(self, page: Page, folder: Path, *, pictures: bool = False) -> None:
        self.page, self.folder = page, folder
        self.camera = Camera(page, folder, on=pictures)
        self.clicks, self.keystrokes, self.began = 0, 0, time.monotonic()

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def write(self, label: str, words: str) -> None:
        self.page.get_by_label(label).fill(words)
        self.clicks += 1
        self.keystrokes += len(words)

    def link(self, name: str) -> None:
        self.click(self.page.get_by_role("link", name=name, exact=True))

    def section(self, name: str) -> None:
        """Go to a page by the navigation."""
        self.click(self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True))

    def panel(self, name: str) -> None:
        """Press a button of the panel beside the text, whose name is followed by its key."""
        self.click(self.page.locator("#inspector").get_by_role("button", name=name))

    def says(self, words: str) -> None:
        expect(self.page.locator("#status")).to_contain_text(words)

    def makes_a_study(self, name: str) -> None:
        """Make a study on the page that comb opens with."""
        expect(self.page.get_by_role("heading", name="Create a new study")).to_be_visible()
        self.write("Name of the study", name)
        self.write("Behaviour", BEHAVIOUR)
        self.write("Your name as a coder", "Ann")
        self.camera.take("tutorial-study", width=840, height=1000)
        self.button("Create the study")
        expect(self.page.get_by_role("heading", name="Transcripts")).to_be_visible(timeout=30_000)

    def adds(self, files: list[Path]) -> None:
        """Follow the first screen to the page on which files are added, and choose them."""
        self.click(self.page.locator("#main").get_by_role("link", name="Add files"))
        self.page.locator("#files").set_input_files([str(path) for path in files])
        self.clicks += 2
        expect(self.page.locator(".foot")).to_be_visible(timeout=60_000)
        self.camera.take("tutorial-files")

    def confirms_speakers(self) -> None:
        """Look at the roles that are proposed, and confirm them."""
        self.button("Confirm all speakers")
        expect(self.page.get_by_text("✓ confirmed").first).to_be_visible()

    def corrects_codings(self) -> None:
        """Choose the code that was meant, the place of one quote, and correct the words of the other later."""
        section = self.page.locator(".codings")
        expect(section).to_contain_text("27 of 30 rows are ready; 2 to correct here")
        self.camera.take("tutorial-codings", section, height=800)
        row = section.locator(".unknown tr", has_text="Reinforcment habits")
        self.click(row.get_by_role("button", name="Reinforcement"))
        expect(section).to_contain_text("28 of 30 rows are ready")
        card = section.locator(".card", has_text="every time that the sister")
        self.click(card.get_by_role("button", name="Use this passage").first)
        expect(section).to_contain_text("29 of 30 rows are ready")
        self.click(section.locator(".card").get_by_role("button", name="Correct later"))
        expect(self.page.locator(".foot")).to_contain_text("To be added: 6 transcripts")

    def brings_it_in(self) -> None:
        """Add all to the study, and go on to the list."""
        self.camera.look()
        self.button("Add to the study")
        expect(self.page.get_by_role("heading", name="Added: 6 transcripts")).to_be_visible(timeout=60_000)
        expect(self.page.locator(".ended")).to_contain_text("1 row is in data/to-correct")
        self.camera.look()
        self.click(self.page.get_by_role("link", name="Go to the transcripts"))
        expect(self.page.locator("table.queue tbody tr")).to_have_count(6)

    def trains(self) -> None:
        """Follow the list to Train, wait until it is done, and follow that to the first suggestions."""
        self.click(self.page.locator("#main").get_by_role("link", name="Train"))
        self.button("Train now")
        done = self.page.get_by_role("heading", name="Training: done")
        # A fast machine may be done before the page has asked how far it is.
        expect(self.page.locator(".steps .done ~ .running").or_(done).first).to_be_visible(timeout=LONG)
        self.camera.take("tutorial-training", height=600)
        expect(done).to_be_visible(timeout=LONG)
        expect(self.page.locator(".job")).to_contain_text("3 transcripts have suggestions now")
        expect(self.page.get_by_role("link", name=f"Decide on suggestions: {name_of(3)}")).to_be_visible()
        self.camera.take("tutorial-trained", height=1060)
        self.link(f"Decide on suggestions: {name_of(3)}")
        expect(self.page.locator(".words").first).to_be_visible()

    def decides(self) -> None:
        """Accept three suggestions, one of them as a barrier; change one, reject one."""
        expect(self.page.locator("#progress")).to_contain_text("0 of 5 decided")
        self.panel("Next undecided")
        scroll_panel(self.page, "h3")
        self.camera.take("tutorial-suggestion", height=760)
        self.click(self.page.locator("#inspector").get_by_label("− barrier"))
        self.says("Valence: barrier.")
        self.panel("Next undecided")
        self.panel("Change code…")
        self.picks("environ")
        self.says("Changed to Environmental context and resources.")
        self.panel("Next undecided")
        self.panel("Reject")
        self.says("Rejected: Psychological capability.")
        for name in ("Social opportunity", "Automatic motivation"):
            self.panel("Accept")
            self.says(f"Accepted: {name}.")
        expect(self.page.locator("#progress")).to_contain_text("5 of 5 decided")

    def picks(self, query: str, valence: str = "") -> None:
        """Choose a code in the dialog: its first letters, Enter."""
        dialog = self.page.get_by_role("dialog")
        expect(dialog.get_by_role("combobox")).to_be_visible()
        self.camera.look()
        if valence:
            self.click(dialog.get_by_label(valence))
        dialog.get_by_role("combobox").fill(query)
        dialog.get_by_role("combobox").press("Enter")
        self.keystrokes += len(query) + 1

    def codes_by_hand(self) -> None:
        """Mark a sentence with the mouse, and code it as a facilitator."""
        Desk(self.page, "").drag("I would put a dispenser at every bed.")
        self.clicks += 1
        self.camera.look()
        self.panel("Code it…")
        self.picks("environ", "facilitator")
        self.says("Coded: Environmental context and resources.")

    def finishes(self) -> None:
        """Finish the transcript; what was coded stays in sight, and the next one is offered."""
        self.button("Finish…")
        finish = self.page.get_by_role("dialog").get_by_role("button", name="Finish")
        expect(finish).to_be_visible()
        self.camera.look()
        self.click(finish)
        self.says(f"Finished. Next: {name_of(4)}.")
        expect(self.page.locator(".margin .chip")).to_have_count(6)

    def compares(self) -> dict[str, str]:
        """Read the agreement of the two coders in the overview: kappa overall, and of each code."""
        self.section("Overview")
        part = self.page.get_by_role("region", name="By code")
        expect(part.get_by_role("row", name="Knowledge")).to_be_visible(timeout=LONG)
        expect(self.page.get_by_role("heading", name="Agreement of Ann and Ben on 30 segments")).to_be_visible()
        self.camera.take("tutorial-overview", self.page.get_by_role("region", name="Agreement", exact=True), height=870)
        assert "behavioural_regulation" not in self.page.inner_text("#main"), "codes have names, not ids"
        overall = self.page.get_by_role("row", name=KAPPA).first.get_by_role("cell").first.inner_text()
        rows = part.get_by_role("row").all()[1:]
        found = {
            row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").all_inner_texts()[1] for row in rows
        }
        return {KAPPA: overall, **found}

    def counts(self) -> dict[str, int]:
        """Read in the overview how many passages Ann coded with each code."""
        self.page.get_by_label("Coded by").select_option("Ann")
        self.clicks += 2
        part = self.page.get_by_role("region", name="Codes", exact=True)
        expect(part.get_by_role("columnheader", name="Ben")).to_have_count(0)
        rows = part.get_by_role("row").all()[1:]
        return {
            row.get_by_role("rowheader").inner_text().strip(): int(row.get_by_role("cell").first.inner_text())
            for row in rows
        }

    def settles(self) -> None:
        """Resolve the one disagreement that the report names, and come back to it."""
        self.section("Report")
        expect(self.page.locator("#report")).to_contain_text(f"The report leaves out {name_of(1)}: the coders disagree")
        self.camera.look()
        self.link(f"Resolve the disagreements in {name_of(1)}")
        expect(self.page.get_by_role("button", name="Use Ann’s codes")).to_be_visible()
        self.camera.take("tutorial-disagreement", height=740)
        self.click(self.page.get_by_role("button", name="Use Ann’s codes"))
        self.says("the consensus is complete")
        self.click(self.page.locator("#main").get_by_role("link", name="Report"))
        expect(self.page.get_by_role("button", name="Write the report")).to_be_visible()
        expect(self.page.locator("#report")).not_to_contain_text("leaves out")

    def reports(self) -> tuple[Path, Path]:
        """Have the report and the comparison written, and download both as Word documents."""
        self.button("Write the report")
        expect(self.page.get_by_role("heading", name="Writing the report: done")).to_be_visible(timeout=LONG)
        self.camera.take("tutorial-report")
        report = self.downloads("The report, as a Word document")
        self.button("Compare the coders")
        expect(self.page.get_by_role("heading", name="Comparing the coders: done")).to_be_visible(timeout=LONG)
        expect(self.page.locator(".job")).to_contain_text("Cohen's kappa is 0.96")
        agreement = self.downloads("Agreement in APA style, as a Word document")  # waits until it is listed
        self.camera.look()
        return report, agreement

    def downloads(self, name: str) -> Path:
        with self.page.expect_download() as waiting:
            self.click(self.page.locator(".files li", has_text=name).get_by_role("link", name="Download"))
        place = self.folder / waiting.value.suggested_filename
        waiting.value.save_as(place)
        return place


def cells_of(path: Path, *header: str) -> list[list[str]]:
    """Return the cells of the first table in a Word document whose columns begin with these, without the header."""
    tables = ([[cell.text for cell in row.cells] for row in table.rows] for table in Document(str(path)).tables)
    return next(cells[1:] for cells in tables if tuple(cells[0][: len(header)]) == header)


@pytest.fixture
def comb_open(tmp_path: Path) -> Iterator[Start]:
    (tmp_path / "Documents").mkdir()
    server = Start(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def fake_open(tmp_path: Path) -> Iterator[FakeStart]:
    (tmp_path / "Documents").mkdir()
    server = FakeStart(tmp_path)
    yield server
    server.stop()


def test_the_first_hour(chromium: Any, watch: Watch, fake_open: Start, tmp_path: Path) -> None:
    desktop = tmp_path / "Desktop"
    desktop.mkdir()
    files = make_interviews(desktop)
    assert make_codings(desktop / "codings.xlsx") == 30
    context = chromium.new_context(viewport=SIZE, locale="en-GB")
    page = watch.over(context)
    page.goto(fake_open.link)
    hour = Hour(page, tmp_path, pictures=WANTED)

    hour.makes_a_study("Hand hygiene")
    study = Study(tmp_path / "Documents" / "Hand hygiene")
    assert study.codebook.behaviour == BEHAVIOUR
    # Without DVC: its stages would call the real encoder.
    shutil.rmtree(study.root / ".dvc")
    put_encoder(study)
    hour.adds([*files, desktop / "codings.xlsx"])
    assert not list(study.raw.iterdir()), "nothing is written before it is asked for"
    hour.confirms_speakers()
    hour.corrects_codings()
    hour.brings_it_in()
    imported(study)
    expect(page.locator("table.queue tbody tr").first).to_contain_text("Ann, Ben")
    hour.camera.look()
    hour.trains()
    hour.decides()
    hour.codes_by_hand()
    hour.finishes()
    kappas = hour.compares()
    passages = hour.counts()
    hour.settles()
    report, agreement = hour.reports()
    seconds = time.monotonic() - hour.began

    says_what_the_page_says(report, agreement, kappas, passages)
    sys.stdout.write(
        f"first hour: {hour.clicks} clicks, {hour.keystrokes} keystrokes, {seconds:.0f} s of the machine\n"
    )
    assert hour.clicks <= 60
    assert tuple(hour.camera.taken) == TUTORIAL
    assert LABELS - hour.camera.words == set(), "the tutorial names what is not on the pages that it leads to"
    context.close()


def imported(study: Study) -> None:
    """Check what is in the study's files after the import."""
    assert sorted(path.stem for path in study.raw.iterdir()) == [name_of(number) for number in range(6)]
    rows = [cells for _, cells in read_rows(study.codings / "codings.csv", ("code", "coder"))]
    assert len(rows) == 29
    assert {row["coder"] for row in rows} == {"Ann", "Ben"}
    assert len(study.roles.rows) == 12
    assert [path.name for path in study.to_correct.iterdir()] == ["codings to correct.csv"]
    assert not list(study.state.glob("*.tmp")), "what was sent is gone"


def says_what_the_page_says(report: Path, agreement: Path, kappas: dict[str, str], passages: dict[str, int]) -> None:
    """Compare the numbers in the Word documents with those that the overview showed."""
    overall = {name: value for name, value, *_ in cells_of(agreement, "Coefficient", "Value")}
    assert overall[KAPPA] == kappas[KAPPA]
    by_code = {name: kappa for name, _, kappa, *_ in cells_of(agreement, "Code", "Uses")}
    assert by_code == {name: value for name, value in kappas.items() if name != KAPPA}
    assert float(kappas["Knowledge"]) < 1 <= float(kappas["Social influences"])
    words = " ".join(paragraph.text for paragraph in Document(str(report)).paragraphs)
    assert f"Cohen's kappa was {overall[KAPPA]}" in words
    assert "Counted here: 4 of 6 transcripts. 20 passages" in words
    assert "People decided on 5 suggestions (3 accepted, 1 changed, 1 rejected)" in words
    counted: dict[str, int] = {}
    for code, _, _, _, number, *_ in cells_of(report, "code", "valence"):
        counted[code] = counted.get(code, 0) + int(number)
    assert counted == passages


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
        expect(page.get_by_role("button", name="Create the study")).to_be_visible()
        assert findings(Desk(page, comb_open.origin)) == []
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0, "at 200% zoom of 1280 pixels nothing has to be scrolled sideways"
        page.get_by_role("button", name="Choose…").click()
        expect(page.get_by_role("dialog").get_by_role("button", name="Documents").first).to_be_visible()
        assert findings(Desk(page, comb_open.origin)) == []
        context.close()
