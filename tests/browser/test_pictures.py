"""The pictures of README and the documentation, drawn by ``make pictures``; those of the tutorial by the first hour."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import rich.console
from playwright.sync_api import expect

from comb.cli import run
from tests.browser.first_hour_files import PRACTICE, contents, pack
from tests.browser.material import PICTURED, PLAINER, TWICE
from tests.browser.pictures import FOLDER, SIZE, WANTED, save, scroll_panel
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not WANTED, reason="drawn only with COMB_PICTURES=1")
PROCESSED = ROOT / "data" / "processed"
INSTEAD = {"study é": "Tablets", **PLAINER}
NEW = "data/example/new/insulin-01.txt"


@pytest.fixture
def trained() -> None:
    """Skip where the example study is not trained: its pictures stay as they are."""
    if not (PROCESSED / "plots" / "confusion.svg").exists():
        pytest.skip("the example study is not trained: dvc repro")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reading(windows: Any, scheme: str) -> None:
    desk = windows(viewport=SIZE | {"height": 816}, color_scheme=scheme, reduced_motion="reduce").read(PICTURED)
    if scheme == "light":
        desk.drag("It is just habit").press("c").pick_code("automatic").says("Coded")
        desk.chips("I never remember").click()
        desk.press("a").says("Accepted")
        assert [quote for quote, *_ in desk.codings()] == ["I never remember the evening one.", "It is just habit"]
    desk.chips("My GP says it matters").click()
    expect(desk.page.locator("#progress")).to_contain_text(re.compile("[12] looked at"))
    desk.page.evaluate("scrollTo(0, 0)")
    scroll_panel(desk.page, ".valences")
    save(desk.page, "review" if scheme == "light" else "review-dark", INSTEAD)


def test_settling(windows: Any) -> None:
    desk = windows(viewport=SIZE | {"height": 692}, reduced_motion="reduce").go(f"/adjudicate/{TWICE[2]}")
    expect(desk.page.locator(".unit")).to_have_count(2)
    save(desk.page, "review-consensus", INSTEAD)


def test_choosing_a_code(windows: Any) -> None:
    desk = windows(viewport=SIZE, reduced_motion="reduce").read(PICTURED)
    desk.press("s", "c")
    desk.page.get_by_role("combobox", name="Search codes").fill("memory")
    save(desk.page, "review-codes", INSTEAD)


def test_practice_files() -> None:
    if not PRACTICE.exists() or contents(PRACTICE) != contents(pack()):
        PRACTICE.write_bytes(pack().getvalue())


@pytest.mark.usefixtures("trained")
def test_plots_of_the_example_study() -> None:
    for place in ("plots/confusion.svg", "plots/calibration.svg", "synthesis/pictures/barriers-facilitators.svg"):
        shutil.copy(PROCESSED / place, FOLDER)


@pytest.mark.usefixtures("trained")
def test_what_suggest_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[rich.console.Console] = []
    usual = rich.console.Console

    def recording(**options: Any) -> rich.console.Console:
        is_output = not options.get("stderr")
        console = usual(**(options | {"width": 80, "record": is_output}))
        printed.extend([console] if is_output else [])
        return console

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(rich.console, "Console", recording)
    assert run(["suggest", NEW, "--out", str(tmp_path)]) == 0
    console = usual(width=80, record=True)
    console.print(f"$ comb suggest {NEW}", highlight=False)
    for part in printed:
        for line in part.export_text(styles=False).splitlines():
            console.print(line.rstrip(), highlight=False, markup=False)
    svg = console.export_svg(title="comb suggest", unique_id="comb")
    # rich asks a web server for its font; a picture that asks nobody is drawn with the reader's own.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono, Menlo")
    (FOLDER / "suggest.svg").write_text(svg, encoding="utf-8")
