"""Coding by hand: any span, several codes, by mouse and by keys, with characters that JavaScript counts as several."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.material import FAMILY

CAFE = "to the cafe\u0301 by the sea"


def test_select_and_code_text_with_emoji(desk: Desk) -> None:
    words = f"daughter's, {FAMILY} and all"
    desk.drag(words)
    expect(desk.panel).to_contain_text(words)
    desk.button("Code it…").click()
    desk.pick_code("social opp", valence="+ facilitator").says("Coded: Social opportunity.")
    assert desk.codings() == [(words, "social_opportunity", "facilitator")]
    coding = desk.data()["codings"][0]
    assert (coding["origin"], coding["coder"], coding["score"]) == ("hand", "Ann", None)
    desk.read(desk.name)
    piece = desk.page.locator(".piece", has_text="daughter")
    assert piece.inner_text() == words, "what comes back is drawn on the same characters"


def test_text_after_emoji_and_combining_marks(desk: Desk) -> None:
    desk.drag(CAFE).press("c")
    desk.pick_code("physical opp").says("Coded")
    assert desk.codings() == [(CAFE, "physical_opportunity", "")]


def test_a_selection_never_cuts_a_character(desk: Desk) -> None:
    cut = f"""() => {{
      const box = [...document.querySelectorAll('.words')].find(one => one.textContent.includes({FAMILY!r}));
      const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
      const node = walker.nextNode(), at = node.textContent.indexOf({FAMILY!r});
      getSelection().setBaseAndExtent(node, at + 3, node, at + 9);
    }}"""
    desk.page.evaluate(cut)
    expect(desk.panel.locator(".quote")).to_have_text(FAMILY)


def test_several_codes_on_one_span(desk: Desk) -> None:
    words = "It is just habit, I suppose."
    desk.drag(words).press("c")
    combobox = desk.page.get_by_role("combobox", name="Search codes")
    combobox.fill("automatic")
    combobox.press("Shift+Enter")
    desk.says("Coded: Automatic motivation.")
    expect(desk.page.get_by_role("option", name="Automatic motivation ✓ already used")).to_be_visible()
    desk.pick_code("reflective").says("Coded: Reflective motivation.")
    assert sorted(desk.codings()) == [(words, "automatic_motivation", ""), (words, "reflective_motivation", "")]
    expect(desk.chips(words)).to_have_count(2)


def test_keyboard_alone_picks_extends_and_codes(desk: Desk) -> None:
    desk.press("s")
    expect(desk.panel.locator(".quote")).to_have_text("I never remember the evening one.")
    desk.press("s", "e", "Shift+W", "b")
    quote = "one. My wife puts them out for me, and then I see"
    expect(desk.panel.locator(".quote")).to_contain_text(quote)
    desk.press("Enter")
    desk.pick_code("social opp").says("Coded")
    ((words, code, _),) = desk.codings()
    assert (words.startswith("one. My wife"), code) == (True, "social_opportunity")


def test_a_span_over_several_turns(desk: Desk) -> None:
    desk.page.evaluate("""() => {
      const boxes = document.querySelectorAll('.words');
      const last = boxes[3].lastChild.lastChild ?? boxes[3].lastChild;
      getSelection().setBaseAndExtent(boxes[1], 0, last, last.textContent.length);
    }""")
    desk.press("c").pick_code("opportunity").says("Coded")
    ((words, _, _),) = desk.codings()
    assert words.startswith("I never remember")
    assert words.endswith("so I do try.")


def test_remove_a_coding_and_undo(desk: Desk) -> None:
    desk.drag("It is just habit").press("c").pick_code("automatic").says("Coded")
    desk.press("x").says("Removed")
    assert desk.codings() == []
    desk.press("u").says("Undone.")
    assert desk.codings() == [("It is just habit", "automatic_motivation", "")]


@settings(max_examples=40, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30), data=st.data())
def check_offsets(page: Any, text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    unit, back, length = page.evaluate(
        """async ([text, at]) => {
          const { Offsets } = await import('/static/offsets.js');
          const offsets = new Offsets(text);
          const unit = offsets.toUnit(at);
          return [unit, offsets.toPoint(unit), [...text.slice(0, unit)].length];
        }""",
        [text, at],
    )
    assert (back, length) == (at, at)
    assert unit == len(text[:at].encode("utf-16-le")) // 2


def test_offsets_are_those_of_the_server(windows: Any) -> None:
    check_offsets(windows().go("/").page)
