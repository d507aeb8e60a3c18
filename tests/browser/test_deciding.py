"""Reading a transcript and deciding on suggestions, by keys and by mouse; undo, redo, filters, bulk."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.material import FAMILY, MODEL, SUGGESTED, TEXT, text_of

FIRST = SUGGESTED[0][0]


def test_the_transcript_reads_as_a_document(desk: Desk) -> None:
    speakers = desk.page.locator(".turn .speaker").all_inner_texts()
    assert speakers == ["Interviewer", "P01"] * 4
    shown = desk.page.evaluate("[...document.querySelectorAll('.words')].map(words => words.textContent)")
    spoken = [line.partition(": ")[2] for line in text_of(desk.name).split("\n") if line]
    assert shown == spoken
    assert desk.page.locator(".words b").count() == 0, "participants' words are text, never markup"
    expect(desk.page.locator("#progress")).to_contain_text(f"0 of {len(SUGGESTED)} decided")


def test_overlapping_marks_are_each_named_and_underlined(desk: Desk) -> None:
    piece = desk.page.locator(".piece", has_text="My wife puts them out")
    assert len(piece.get_attribute("data-keys").split()) == 2
    assert piece.evaluate("one => getComputedStyle(one).backgroundImage").count("gradient") == 2
    names = desk.chips("My wife puts them out").locator(".name").all_inner_texts()
    assert names == ["Social opportunity", "Physical opportunity"]


def test_a_suggestion_shows_why(desk: Desk) -> None:
    desk.chips(FIRST).click()
    expect(desk.panel).to_contain_text("Score 0.81, on a scale from 0 to 1")
    expect(desk.panel).to_contain_text("It went clean out of my head on Sundays.")
    expect(desk.panel).to_contain_text("similarity 0.62")
    desk.chips("Physical opportunity, facilitator, suggestion, not looked at, score 0.41").click()
    expect(desk.panel).to_contain_text("Next most likely: Social opportunity, 0.74")


def test_accept_by_keys_keeps_model_and_score(desk: Desk) -> None:
    desk.press("j", "a").says("Accepted: Psychological capability.")
    assert desk.codings() == [(FIRST, "psychological_capability", "barrier")]
    coding = desk.data()["codings"][0]
    assert (coding["coder"], coding["origin"], coding["model"], coding["score"]) == ("Ann", "suggestion", MODEL, 0.81)
    assert desk.verdicts()[0] == "accepted"
    expect(desk.page.locator(".chip.now"), "the next suggestion is current").to_contain_text("Social opportunity")


def test_accept_reject_and_valence_by_mouse(desk: Desk) -> None:
    desk.chips(FIRST).click()
    desk.button("Reject").click()
    desk.says("Rejected: Psychological capability.")
    desk.panel.get_by_label("± both").click()
    desk.says("Valence: both.")
    assert desk.verdicts()[:2] == ["rejected", "changed"]
    assert desk.codings() == [(SUGGESTED[1][0], "social_opportunity", "both")]
    expect(desk.page.locator("#progress")).to_contain_text("2 of 7 decided")


def test_a_rejected_suggestion_stays_to_be_seen_and_can_be_accepted(desk: Desk) -> None:
    desk.press("j", "r").says("Rejected")
    expect(desk.chips(FIRST)).to_have_class("chip suggestion rejected")
    desk.chips(FIRST).click()
    desk.press("a").says("Accepted")
    assert desk.verdicts()[0] == "accepted"


def test_change_the_code_with_search_and_definitions(desk: Desk) -> None:
    desk.press("j", "c")
    dialog = desk.page.get_by_role("dialog", name="Change the code")
    expect(dialog.locator(".meaning")).to_contain_text("Exclude")
    dialog.get_by_role("combobox").fill("automatic")
    expect(dialog.get_by_role("option", selected=True)).to_have_text("Automatic motivation")
    expect(dialog.locator(".meaning h3")).to_have_text("Automatic motivation")
    desk.pick_code("automatic").says("Changed to Automatic motivation.")
    assert desk.codings() == [(FIRST, "automatic_motivation", "barrier")]
    assert desk.verdicts()[0] == "changed"


def test_memo_is_saved_with_the_decision(desk: Desk) -> None:
    desk.press("j", "m")
    expect(desk.page.locator("#memo")).to_be_focused()
    desk.page.keyboard.type("Sie vergisst es – 🙂")
    desk.button("Accept").click()
    desk.says("Accepted")
    expect(desk.chips(FIRST).locator(".memo")).to_be_visible()
    assert desk.data()["codings"][0]["memo"] == "Sie vergisst es – 🙂"


def test_memo_of_a_rejected_suggestion_is_shown_again(desk: Desk) -> None:
    desk.press("j", "m")
    desk.page.keyboard.type("not what she means")
    desk.press("Escape", "r").says("Rejected")
    desk.chips(FIRST).click()
    assert desk.data()["suggestions"][0]["decision"]["memo"] == "not what she means"
    expect(desk.page.locator("#memo")).to_have_value("not what she means")


def test_adjust_the_passage_by_keys(desk: Desk) -> None:
    desk.press("j", "p", "Shift+W", "Shift+W", "Shift+B", "Enter").says("Passage saved.")
    assert desk.codings() == [("never remember the evening", "psychological_capability", "barrier")]
    assert desk.verdicts()[0] == "changed"


def test_undo_and_redo_without_limit(desk: Desk) -> None:
    desk.press("j", "a").says("Accepted")
    for words in ("Rejected: Social", "Rejected: Physical", "Rejected: Psychological"):
        desk.press("r").says(words)
    after = desk.verdicts()
    for left in (3, 2, 1, 0):
        desk.press("u")
        expect(desk.page.locator("#progress")).to_contain_text(f"{left} of 7 decided")
    assert (desk.verdicts(), desk.codings()) == ([""] * 7, [])
    for left in (1, 2, 3, 4):
        desk.press("Control+Shift+Z")
        expect(desk.page.locator("#progress")).to_contain_text(f"{left} of 7 decided")
    assert desk.verdicts() == after


def test_looked_at_is_not_decided(desk: Desk) -> None:
    progress = desk.page.locator("#progress")
    desk.press("j")
    expect(progress).to_contain_text("0 of 7 decided · 1 looked at · 6 not looked at")
    assert [s["seen"] for s in desk.data()["suggestions"]] == [True] + [False] * 6
    desk.page.get_by_role("button", name="Finish…").click()
    expect(desk.page.get_by_role("dialog")).to_contain_text("Suggestions not looked at: 6")
    desk.page.get_by_role("button", name="Go to the next suggestion").click()
    expect(desk.page.locator(".chip.now")).to_contain_text("Social opportunity")
    expect(desk.page.locator("#filter-state"), "nothing is hidden once it is decided").to_have_value("all")


def test_finish_and_open_again(desk: Desk) -> None:
    for _ in SUGGESTED:
        desk.press("n")
        desk.page.wait_for_timeout(20)
    for left in range(len(SUGGESTED), 0, -1):
        desk.press("r" if left > 1 else "a")
        expect(desk.page.locator("#progress")).to_contain_text(f"{len(SUGGESTED) - left + 1} of 7 decided")
    desk.page.get_by_role("button", name="Finish…").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Finish").click()
    desk.says("Finished.")
    assert desk.data()["finished"]
    expect(desk.page.get_by_role("button", name="Reopen")).to_be_visible()
    desk.page.get_by_role("button", name="Reopen").click()
    expect(desk.page.get_by_role("button", name="Finish…")).to_be_visible()


@pytest.mark.parametrize(
    ("control", "value", "left"),
    [
        ("#filter-score", "0.6", 4),
        ("#filter-code", "opportunity", 3),
        ("#filter-code", "social_opportunity", 1),
        ("#filter-coder", "(suggestions)", 7),
        ("#filter-state", "coded", 0),
    ],
)
def test_filters(windows: Any, control: str, value: str, left: int) -> None:
    desk = windows().read("t01")
    field = desk.page.locator(control)
    if control == "#filter-score":
        field.fill(value)
        field.press("Enter")
    else:
        field.select_option(value)
    expect(desk.page.locator(".margin .chip.suggestion:not(.rejected)")).to_have_count(left)


def test_undecided_in_the_order_of_comb_next(windows: Any) -> None:
    desk = windows().read("t01")
    desk.page.get_by_label("Order of suggestions").select_option("next")
    desk.page.locator("#text").click(position={"x": 5, "y": 5})
    for words in (SUGGESTED[5][0], SUGGESTED[0][0], SUGGESTED[1][0]):
        desk.press("n")
        expect(desk.panel.locator(".quote")).to_have_text(words)


def test_undecided_filter_follows_decisions(desk: Desk) -> None:
    desk.page.locator("#filter-state").select_option("open")
    expect(desk.page.locator(".margin .chip")).to_have_count(7)
    desk.page.locator("#text").click(position={"x": 5, "y": 5})
    desk.press("j", "a").says("Accepted")
    expect(desk.page.locator(".margin .chip")).to_have_count(6)


def test_many_at_once_counts_what_was_asked_last(desk: Desk) -> None:
    late: list[Any] = []
    desk.page.route("**/bulk?*score=0.8*", lambda route: late.append(route))
    desk.page.get_by_role("button", name="Accept many…").click()
    dialog = desk.page.get_by_role("dialog", name="Accept many")
    dialog.get_by_label("Code").select_option("reflective_motivation")
    dialog.get_by_label("Minimum score").fill("0.5")
    dialog.get_by_label("Minimum score").press("Tab")
    expect(dialog).to_contain_text("Undecided suggestions in this transcript that match: 1.")
    assert late, "an answer is held back"
    for route in late:
        with desk.page.expect_response("**/bulk?*score=0.8*") as answer:
            route.continue_()
        answer.value.finished()
    desk.page.evaluate("new Promise((done) => setTimeout(done, 200))")
    expect(dialog.get_by_role("button", name="Accept 1")).to_be_disabled()


def test_many_at_once_only_after_a_sample(desk: Desk, transcripts: Iterator[str]) -> None:
    code = "reflective_motivation"
    desk.page.get_by_role("button", name="Accept many…").click()
    dialog = desk.page.get_by_role("dialog", name="Accept many")
    dialog.get_by_label("Code").select_option(code)
    dialog.get_by_label("Minimum score").fill("0.5")
    dialog.get_by_label("Minimum score").press("Tab")
    expect(dialog).to_contain_text("Undecided suggestions in this transcript that match: 1.")
    expect(dialog.get_by_role("button", name="Accept 1")).to_be_disabled()
    assert desk.post({"act": "bulk_accept", "code": code, "score": 0.5, "base": 0}) == 400, "the server holds to it"
    dialog.get_by_role("button", name="Check the sample").click()
    expect(desk.page.locator(".chip.now")).to_contain_text("Reflective motivation")
    words = SUGGESTED[4][0]
    start = TEXT.index(words)
    for name in itertools.islice(transcripts, 10):
        act = {"act": "accept", "suggestion": f"{start}-{start + len(words)}:{code}", "base": 0}
        assert desk.post(act, name) == 200
    desk.page.get_by_role("button", name="Accept many…").click()
    dialog.get_by_label("Minimum score").fill("0.5")
    dialog.get_by_label("Minimum score").press("Tab")
    dialog.get_by_role("button", name="Accept 1").click()
    desk.says("Suggestions accepted: 1")
    assert desk.codings() == [(words, code, "facilitator")]


def test_keys_are_listed_and_can_be_switched_off(desk: Desk) -> None:
    desk.press("?")
    dialog = desk.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("one word more at the end")
    dialog.get_by_label("single-key shortcuts on").uncheck()
    desk.press("Escape", "j")
    expect(desk.page.locator(".chip.now")).to_have_count(0)
    desk.press("?")
    dialog.get_by_label("single-key shortcuts on").check()
    desk.press("Escape", "j")
    expect(desk.page.locator(".chip.now")).to_have_count(1)


def test_history_says_who_did_what(desk: Desk) -> None:
    desk.press("j", "a").says("Accepted")
    desk.page.get_by_role("button", name="History").click()
    row = desk.page.get_by_role("dialog", name="History").locator("tbody tr").first
    for words in ("Ann", "accepted a suggestion", "Psychological capability", "0.81"):
        expect(row).to_contain_text(words)


def test_family_is_shown_whole(desk: Desk) -> None:
    assert FAMILY in desk.page.locator(".words", has_text="daughter").inner_text()
