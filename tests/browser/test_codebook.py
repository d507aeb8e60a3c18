"""The codebook's page as a lead uses it: add, describe, move, merge, split, undo; an example from a transcript."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from comb.codebook import Codebook, read_codebook
from comb.study.layout import Study
from tests.browser.desk import Desk, Watch
from tests.browser.material import make_study
from tests.browser.server import Server
from tests.browser.server import entered as by_link


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("codebook") / "study")
    make_study(study.root, 1)
    return study


@pytest.fixture(scope="module")
def entered(study: Study, chromium: Any) -> Iterator[tuple[Any, Server]]:
    """Ann's browser, which has come in by the link, and her server."""
    server = Server(study.root, "--coder", "Ann")
    with by_link(chromium, server, 1366, 900) as context:
        yield context, server
    server.stop()


@pytest.fixture
def desk(entered: tuple[Any, Server], watch: Watch) -> Iterator[Desk]:
    context, server = entered
    page = watch.over(context)
    yield Desk(page, server.origin)
    page.close()


def book(study: Study) -> Codebook:
    return read_codebook(study.root / "configs" / "codebook.yaml")


def press(desk: Desk, name: str) -> None:
    desk.page.get_by_role("button", name=name, exact=True).click()


def pick(desk: Desk, name: str) -> None:
    desk.page.get_by_role("navigation", name="Codes").get_by_role("button", name=name).first.click()
    expect(desk.page.get_by_role("heading", level=2, name=name)).to_be_visible()


def saved(desk: Desk, what: str) -> None:
    expect(desk.page.locator("#status")).to_contain_text(f"Saved: {what}")


def test_a_day_with_the_codebook(desk: Desk, study: Study) -> None:
    page = desk.go("/codebook").page
    press(desk, "Add a code…")
    page.get_by_label("Name").last.fill("Plain luck")
    page.get_by_label("Definition").last.fill("What happens by chance.")
    press(desk, "Add")
    saved(desk, "plain_luck added")
    expect(page.get_by_role("heading", level=2, name="Plain luck")).to_be_visible()

    page.get_by_label("Include").fill("Fortune, accidents.")
    page.get_by_role("radio", name="#009E73").check()
    press(desk, "Save")
    saved(desk, "plain_luck: color, include changed")
    luck = book(study).codes["plain_luck"]
    assert (luck.color, luck.include, luck.definition) == ("#009E73", "Fortune, accidents.", "What happens by chance.")

    before = [code.id for code in book(study) if len(code.path) == 1]
    page.get_by_role("button", name="Move up").focus()
    page.keyboard.press("Enter")
    saved(desk, "plain_luck moved")
    assert [code.id for code in book(study) if len(code.path) == 1] == [*before[:-2], before[-1], before[-2]]

    press(desk, "Merge…")
    page.get_by_label("Merge into").select_option("goals")
    press(desk, "Continue")
    page.get_by_label("Why, for the history").fill("nobody used it")
    press(desk, "Merge")
    saved(desk, "plain_luck merged into goals")
    assert "plain_luck" not in book(study)
    press(desk, "Undo…")
    press(desk, "Undo it")
    saved(desk, "undone: plain_luck merged into goals")
    assert "plain_luck" in book(study)

    page.get_by_text("History (").click()
    expect(page.get_by_role("region", name="Versions of the codebook")).to_contain_text("nobody used it")


def test_what_is_typed_is_not_lost_by_a_click(desk: Desk) -> None:
    page = desk.go("/codebook").page
    pick(desk, "Goals")
    page.get_by_label("Definition").fill("half a thought")
    page.get_by_role("navigation", name="Codes").get_by_role("button", name="Skills").click()
    press(desk, "Cancel")
    expect(page.get_by_label("Definition")).to_have_value("half a thought")
    page.get_by_role("navigation", name="Codes").get_by_role("button", name="Skills").click()
    press(desk, "Leave")
    expect(page.get_by_role("heading", level=2, name="Skills")).to_be_visible()
    expect(page.get_by_label("Definition")).not_to_have_value("half a thought")


def test_the_tree_is_walked_by_keys(desk: Desk) -> None:
    page = desk.go("/codebook").page
    page.get_by_label("Find a code").fill("goal")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_contain_text(["Goals"])


def test_a_coded_passage_becomes_an_example_and_its_code_is_split(desk: Desk, study: Study) -> None:
    desk.read("t01").press("s", "c")
    desk.page.get_by_label("Search codes").fill("emotion")
    desk.page.keyboard.press("Enter")
    button = desk.page.get_by_role("button", name="Add as an example to the codebook…")
    expect(button).to_be_visible()
    button.click()
    expect(desk.page.get_by_role("dialog")).to_contain_text("participant’s words")
    desk.page.get_by_label("Words of the example").fill("It made me cross, in words of our own.")
    press(desk, "Add to the codebook")
    expect(desk.page.locator("#status")).to_contain_text("Added to the codebook")
    assert "It made me cross, in words of our own." in book(study).codes["emotion"].examples

    page = desk.go("/codebook").page
    pick(desk, "Emotion")
    press(desk, "Split…")
    page.get_by_label("First new code").fill("Anger")
    page.get_by_label("Second new code").fill("Joy")
    press(desk, "Continue")
    press(desk, "Begin")
    saved(desk, "emotion: split begun into anger, joy")
    press(desk, "Assign passages…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Anger", exact=True).click()
    expect(dialog).to_contain_text("You have no passages left to assign.")
    dialog.get_by_role("button", name="Close").click()
    press(desk, "Finish the split…")
    press(desk, "Delete it")
    saved(desk, "emotion deleted")
    assert "emotion" not in book(study)


def test_a_change_in_an_editor_meanwhile_is_not_overwritten(desk: Desk, study: Study, watch: Watch) -> None:
    watch.forgive("409")
    page = desk.go("/codebook").page
    pick(desk, "Skills")
    file = study.root / "configs" / "codebook.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")
    page.get_by_label("Include").fill("mine")
    press(desk, "Save")
    expect(page.get_by_role("alert")).to_contain_text("changed elsewhere")
    press(desk, "Load the codebook again")
    expect(page.get_by_role("alert")).to_be_empty()
    assert book(study).codes["skills"].include != "mine"
    assert file.read_text(encoding="utf-8").endswith("# by hand\n")
