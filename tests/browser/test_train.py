"""Learning in place and the report, as a person does it: a small study with the fake encoder, no terminal."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from comb.study.layout import Study
from comb.study.new import new_study
from tests.browser.desk import Desk, Watch
from tests.browser.server import Server
from tests.browser.server import entered as by_link
from tests.browser.test_accessible import findings
from tests.conftest import ROOT
from tests.whole_study import WORDS, fill

LONG = 180_000


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("train") / "study é")
    new_study(study.root)
    # Without DVC: its stages would call the real encoder.
    shutil.rmtree(study.root / ".dvc")
    fill(study)
    return study


class FakeServer(Server):
    """A server whose jobs have the fake encoder."""

    module = "tests.whole_study"
    path = os.pathsep.join([str(ROOT / "pipeline"), str(ROOT)])


@pytest.fixture(scope="module")
def entered(study: Study, chromium: Any) -> Iterator[tuple[Any, Server]]:
    server = FakeServer(study.root, "--coder", "Ann")
    with by_link(chromium, server, 1280, 720) as context:
        yield context, server
    server.stop()


@pytest.fixture
def desk(entered: tuple[Any, Server], watch: Watch) -> Iterator[Desk]:
    context, server = entered
    page = watch.over(context)
    yield Desk(page, server.origin)
    page.close()


def train(desk: Desk) -> None:
    desk.go("/train")
    desk.page.get_by_role("button", name="Train now").click()


def done(desk: Desk, name: str) -> None:
    expect(desk.page.get_by_role("heading", name=f"{name}: done")).to_be_visible(timeout=LONG)


def test_training_is_begun_cancelled_found_again_and_brings_suggestions(desk: Desk) -> None:
    page = desk.page
    train(desk)
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Training was cancelled")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Train now").click()
    expect(page.locator(".steps .running")).to_be_visible(timeout=20_000)
    page.reload()
    expect(page.locator(".steps .running")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="Train now")).to_be_disabled()
    done(desk, "Training")
    expect(page.locator(".job")).to_contain_text("On held-out transcripts, suggestions agree with people")
    expect(page.locator(".job")).to_contain_text("1 transcript has suggestions now")
    expect(page.get_by_role("row", name="Psychological capability")).to_contain_text("yes")
    expect(page.get_by_role("row", name="Physical capability")).to_contain_text("not used by any coder yet")
    assert not any(word in page.content() for word in WORDS)
    desk.read("new one")
    expect(page.locator(".margin .chip").first).to_be_visible()
    desk.press("j", "a")
    assert desk.verdicts().count("accepted") == 1


def test_what_to_code_next_and_the_curve_come_on_request_only(desk: Desk) -> None:
    desk.go("/train")
    page = desk.page
    expect(page.get_by_text("Not computed yet.")).to_be_visible()
    expect(page.get_by_text("The learning curve has not been measured yet.")).to_be_visible()
    page.get_by_role("button", name="Compute it").click()
    done(desk, "Choosing what to code next")
    expect(page.get_by_role("link", name="new one", exact=True)).to_be_visible()
    page.get_by_role("button", name="Measure the learning curve").click()
    done(desk, "Measuring the learning curve")
    expect(page.get_by_role("img", name="Learning curve")).to_be_visible()
    page.get_by_text("The numbers").click()
    expect(page.get_by_role("row", name="measured").first).to_be_visible()


def test_report_agreement_and_files_for_others_are_made_and_downloaded(desk: Desk, tmp_path: Path) -> None:
    page = desk.go("/report").page
    page.get_by_role("button", name="Write the report").click()
    done(desk, "Writing the report")
    assert downloaded(desk, "The report, as a Word document", tmp_path).startswith(b"PK")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("Preview.*web page")).first.click()
    expect(opened.value.locator("h1")).to_be_visible()
    opened.value.close()
    page.get_by_role("button", name="Compare the coders").click()
    done(desk, "Comparing the coders")
    assert downloaded(desk, "Agreement in APA style, as a Word document", tmp_path).startswith(b"PK")
    page.get_by_role("button", name="Create the files").click()
    done(desk, "Writing the files")
    assert downloaded(desk, ".qdpx", tmp_path).startswith(b"PK")


def downloaded(desk: Desk, name: str, folder: Path) -> bytes:
    """Download a file by its link and return what is in it."""
    with desk.page.expect_download() as waiting:
        desk.page.locator(".files li", has_text=name).get_by_role("link", name="Download").click()
    place = folder / waiting.value.suggested_filename
    waiting.value.save_as(place)
    return place.read_bytes()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/train", "/report"])
def test_axe_finds_nothing_serious(desk: Desk, path: str, scheme: str) -> None:
    desk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    desk.go(path)
    expect(desk.page.locator(".work")).to_be_visible()
    assert findings(desk) == []


@pytest.mark.parametrize("path", ["/train", "/report"])
def test_twice_as_large_nothing_is_cut_off(desk: Desk, path: str) -> None:
    desk.page.set_viewport_size({"width": 640, "height": 480})
    desk.go(path)
    expect(desk.page.locator(".work")).to_be_visible()
    wide = desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page scrolls sideways"
