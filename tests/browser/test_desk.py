"""A day of coding without friction: the place is kept, few keys, nothing covered, nothing broken, own keys, memos."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from comb.records import Evidence, Suggestion
from comb.study.layout import Study
from comb.study.suggestion_files import write_suggestions
from tests.browser.desk import Desk, Watch
from tests.browser.material import MODEL, SUGGESTED, TEXT
from tests.browser.server import Server, entered
from tests.browser.test_queue import make_long_study

SIZES = {"1280x720": (1280, 720), "200% of 1280x720": (640, 360), "1366x900": (1366, 900), "narrow": (800, 700)}
FIRST, SECOND = "I never remember the evening one.", "My wife puts them out for me, and then I see them."


class Long:
    """A study with two long transcripts and a short one in Arabic, its server, and a browser of Ann's."""

    def __init__(self, server: Server, context: Any, watch: Watch) -> None:
        self.study, self.server, self.context, self.watch = Study(server.study), server, context, watch

    def desk(self) -> Desk:
        return Desk(self.watch.over(self.context), self.server.origin)


@contextmanager
def long_served(folder: Path, chromium: Any) -> Iterator[tuple[Server, Any]]:
    study = make_long_study(folder)
    text = "Interviewer: كيف حالك؟\n\nP01: لا أتذكر حبة المساء أبدا.\n"
    (study.new / "arabic.txt").write_text(text, encoding="utf-8")
    server = Server(folder, "--coder", "Ann")
    with entered(chromium, server, 1280, 720) as context:
        yield server, context
    server.stop()


@pytest.fixture
def long(tmp_path: Path, chromium: Any, watch: Watch) -> Iterator[Long]:
    """A study that nobody else uses."""
    with long_served(tmp_path / "study", chromium) as (server, context):
        yield Long(server, context, watch)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[tuple[Server, Any]]:
    with long_served(tmp_path_factory.mktemp("long") / "study", chromium) as (server, context):
        yield server, context


@pytest.fixture
def same_long(served: tuple[Server, Any], chromium: Any, watch: Watch) -> Iterator[Long]:
    """A browser of its own, on a study that the tests that only read share."""
    server, first = served
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, storage_state=first.storage_state())
    yield Long(server, context, watch)
    context.close()


TOP = """() => {
  const bar = document.querySelector('.tools').getBoundingClientRect().bottom;
  const first = [...document.querySelectorAll('.words')].find(one => one.getBoundingClientRect().bottom > bar + 8);
  return first.textContent;
}"""
SHOWN = """() => {
  const pieces = [...document.querySelectorAll('.piece.now')].map(one => one.getBoundingClientRect());
  const bar = document.querySelector('.tools');
  const panel = document.getElementById('inspector');
  const style = one => getComputedStyle(one).position;
  const top = style(bar) === 'sticky' ? bar.getBoundingClientRect().bottom : 0;
  const bottom = style(panel) === 'fixed' ? panel.getBoundingClientRect().top : innerHeight;
  return [Math.min(...pieces.map(one => one.top)) - top, bottom - Math.max(...pieces.map(one => one.bottom))];
}"""


def settle(desk: Desk) -> None:
    """Wait until the page has stopped to scroll."""
    still = """() => new Promise(done => {
      let last = -1, same = 0;
      const look = () => {
        same = scrollY === last ? same + 1 : 0;
        last = scrollY;
        same > 5 ? done() : requestAnimationFrame(look);
      };
      look();
    })"""
    desk.page.evaluate(still)


def covered(desk: Desk) -> list[float]:
    """Say by how many pixels the current passage lies under the bar, or under the panel."""
    settle(desk)
    return [gap for gap in desk.page.evaluate(SHOWN) if gap < 0]


# ---- the place


def test_the_place_is_kept_over_reload_back_and_reopening(same_long: Long) -> None:
    desk = same_long.desk().read("long")
    desk.page.evaluate("document.querySelectorAll('.leaf')[4].scrollIntoView({behavior: 'instant'})")
    desk.page.evaluate("scrollBy({top: 260, behavior: 'instant'})")
    desk.page.wait_for_timeout(700)
    before = desk.page.evaluate(TOP)
    assert "day 0." not in before
    desk.page.reload()
    expect(desk.page.locator("#text")).to_have_attribute("aria-busy", "false")
    assert desk.page.evaluate(TOP) == before, "after a reload"
    desk.read("other")
    assert "day 0." in desk.page.evaluate(TOP), "each transcript has its own place"
    desk.page.go_back()
    expect(desk.page.locator("#text")).to_have_attribute("aria-busy", "false")
    assert desk.page.evaluate(TOP) == before, "after going back"
    desk.page.close()
    assert same_long.desk().read("long").page.evaluate(TOP) == before, "in another window"


def test_what_is_kept_of_the_place_holds_no_words(same_long: Long) -> None:
    desk = same_long.desk().read("long")
    desk.press("j", *"n" * 30)
    settle(desk)
    desk.page.wait_for_timeout(700)
    kept = desk.page.evaluate("Object.entries(localStorage).filter(([key]) => key.startsWith('comb:place'))")
    assert [value.isdigit() for _, value in kept] == [True]
    assert "tablet" not in str(kept)


def test_an_address_names_a_place(same_long: Long) -> None:
    desk = same_long.desk()
    text = (same_long.study.new / "long.txt").read_text(encoding="utf-8")
    at = text.index("I forgot the tablet on day 333.")
    desk.go(f"/t/long#at={at}")
    expect(desk.panel.locator(".quote")).to_have_text("I forgot the tablet on day 333.")
    assert covered(desk) == []
    desk.page.evaluate(f"location.hash = '#at={text.index('I forgot the tablet on day 40.')}'")
    expect(desk.panel.locator(".quote")).to_have_text("I forgot the tablet on day 40.")
    assert desk.page.evaluate("location.hash") == "", "a reload stays where the coder has gone since"


def test_evidence_names_its_transcript_and_opens_it_there(long: Long) -> None:
    text = (long.study.new / "long.txt").read_text(encoding="utf-8")
    words = "I forgot the tablet on day 200."
    at = text.index(words)
    near = (Evidence(f"other:{at}-{at + len(words)}", words, "psychological_capability", 0.8),)
    start = text.index("I forgot the tablet on day 7.")
    made = Suggestion(
        "long",
        start,
        start + 29,
        "P01",
        text[start : start + 29],
        "psychological_capability",
        "",
        0.8,
        0.3,
        1,
        MODEL,
        near,
    )
    write_suggestions(long.study.suggestions, "long", [made], ["jsonl"])
    desk = long.desk().read("long").press("j")
    link = desk.panel.locator(".evidence a")
    expect(link).to_have_text("other")
    link.click()
    desk.page.wait_for_url("**/t/other**")
    expect(desk.panel.locator(".quote")).to_have_text(words)


# ---- few keys


def test_next_sentence_after_a_coding_with_code_and_valence_in_five_keys(desk: Desk) -> None:
    keys = iter(("s", "1", "-", "s", "2", "+"))
    desk.press(*itertools.islice(keys, 3))
    expect(desk.panel).to_contain_text("Your coding")
    desk.press(*keys).says("Valence: facilitator.")
    found = desk.codings()
    assert [(words, valence) for words, _, valence in found] == [(FIRST, "barrier"), (SECOND, "facilitator")]


def test_s_goes_to_the_next_sentence_after_a_coding_by_the_picker(desk: Desk) -> None:
    desk.press("s", "Enter").pick_code("reflective").says("Coded")
    desk.press("s")
    expect(desk.panel.locator(".quote")).to_have_text(SECOND)
    desk.press("Shift+S")
    expect(desk.panel.locator(".quote")).to_have_text(FIRST)


def test_a_digit_changes_the_code(desk: Desk) -> None:
    desk.press("j")
    first = desk.panel.locator(".quick button").first
    name = first.inner_text().split("\n")[-1].strip()
    desk.press("1").says(f"Changed to {name}.")
    assert desk.verdicts()[0] == "changed"
    (coding,) = desk.data()["codings"]
    assert coding["code"] != "psychological_capability"
    assert coding["valence"] == "barrier"


def test_digits_begin_with_the_likeliest_and_stay_while_one_looks(desk: Desk) -> None:
    desk.chips(SUGGESTED[1][0]).first.click()
    quick = desk.panel.locator(".quick button")
    expect(quick).to_have_count(9)
    before = quick.all_inner_texts()
    assert "Physical opportunity" in before[0], "it is suggested here, too"
    assert not any("Social opportunity" in one for one in before), "A accepts that"
    desk.page.wait_for_timeout(1200)
    assert quick.all_inner_texts() == before


def test_a_code_used_last_has_a_digit(desk: Desk) -> None:
    desk.drag("It is just habit").press("c").pick_code("automatic").says("Coded")
    desk.drag("We went to my daughter's")
    assert "Automatic motivation" in desk.panel.locator(".quick button").first.inner_text()


def test_the_pickers_field_is_empty_after_shift_enter(desk: Desk) -> None:
    desk.drag("It is just habit").press("c")
    field = desk.page.get_by_role("combobox", name="Search codes")
    field.fill("automatic")
    field.press("Shift+Enter")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    desk.page.keyboard.type("reflective")
    field.press("Enter")
    desk.says("Coded: Reflective motivation.")
    assert len(desk.codings()) == 2


def test_valence_and_change_of_code_can_go_on(desk: Desk) -> None:
    desk.press("j")
    desk.panel.get_by_label("go to the next suggestion").check()
    try:
        desk.press("+").says("Valence: facilitator.")
        expect(desk.panel.locator(".quote")).to_have_text(SECOND)
        desk.press("1").says("Changed to")
        expect(desk.panel.locator("h2")).to_contain_text("Physical opportunity")
        assert desk.verdicts()[:3] == ["changed", "changed", ""]
    finally:
        desk.panel.get_by_label("go to the next suggestion").uncheck()


def test_caps_lock_is_no_obstacle(desk: Desk) -> None:
    press = (
        """key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, shiftKey: false}))"""
    )
    for name in ("J", "A"):
        desk.page.evaluate(press, name)
    desk.says("Accepted: Psychological capability.")
    back = """key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, shiftKey: true}))"""
    desk.press("u").says("Undone.")
    desk.page.evaluate(back, "u")
    desk.says("Redone.")


def test_accept_stays_under_the_pointer(windows: Any, transcript: str) -> None:
    desk = windows(viewport={"width": 1280, "height": 720}).read(transcript)
    desk.press("j")
    box = desk.button("Accept").bounding_box()
    desk.page.mouse.move(box["x"] + 8, box["y"] + 8)
    for left in range(len(SUGGESTED)):
        expect(desk.page.locator("#progress")).to_contain_text(f"{left} of {len(SUGGESTED)} decided")
        if left < len(SUGGESTED):
            assert desk.button("Accept").bounding_box() == box, left
        desk.page.mouse.down()
        desk.page.mouse.up()
    expect(desk.page.locator("#progress")).to_contain_text(f"{len(SUGGESTED)} of {len(SUGGESTED)} decided")


def test_after_finish_the_next_transcript_is_one_key_away(windows: Any, transcript: str) -> None:
    desk = windows()
    desk.go("/").page.get_by_label(f"How you code {transcript}").select_option("blind")
    desk.says(f"{transcript}: ")
    desk.read(transcript).page.get_by_role("button", name="Finish…").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Finish").click()
    link = desk.page.locator("#next-transcript")
    expect(link).to_be_focused()
    following = link.inner_text().removeprefix("Next: ")
    assert following != transcript
    desk.press("Enter")
    desk.page.wait_for_url(f"**/t/{following}")


# ---- nothing covered, nothing broken


@pytest.mark.parametrize("size", SIZES)
def test_the_current_passage_is_never_covered(windows: Any, size: str) -> None:
    width, height = SIZES[size]
    desk = windows(viewport={"width": width, "height": height}).read("t01")
    for keys in (["j"] * 7, ["k"] * 6):
        for one in keys:
            desk.press(one)
            assert covered(desk) == [], one


def test_the_current_passage_is_not_covered_in_a_long_transcript(same_long: Long) -> None:
    desk = same_long.desk().read("long")
    desk.page.set_viewport_size({"width": 640, "height": 360})
    for _ in range(25):
        desk.press("a")
        desk.press("n")
    assert covered(desk) == []


def test_labels_are_not_broken_within_words(windows: Any) -> None:
    desk = windows(viewport={"width": 1280, "height": 720}).read("t01")
    broken = desk.page.evaluate("""() => [...document.querySelectorAll('.who .speaker, .chip .name')].flatMap(label => {
      const node = label.firstChild, found = [];
      for (const word of node.data.matchAll(/\\S+/g)) {
        const range = document.createRange();
        range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map(rect => Math.round(rect.top)));
        const cut = label.scrollWidth > label.clientWidth + 1 && getComputedStyle(label).overflow !== 'visible';
        if (lines.size > 1 || cut) found.push(word[0]);
      }
      return found;
    })""")
    assert broken == []


def test_three_coders_on_one_passage_are_told_apart(long: Long) -> None:
    words = "I forgot the tablet on day 0."
    at = (long.study.new / "long.txt").read_text(encoding="utf-8").index(words)
    for coder, code in (
        ("Ben", "social_opportunity"),
        ("Cleo", "physical_opportunity"),
        ("Dee", "automatic_motivation"),
    ):
        row = f"long,{at},{at + len(words)},{words},{code},,{coder}"
        path = long.study.codings / f"{coder}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"transcript,start,end,quote,code,valence,coder\n{row}\n", encoding="utf-8")
    desk = long.desk()
    desk.go("/")
    expect(desk.page.locator("table.queue")).to_contain_text("Dee")
    desk.read("long").press("s", "c").pick_code("reflective").says("Coded")
    layers = desk.page.locator(".piece", has_text=words).evaluate("""one => {
      const style = getComputedStyle(one);
      return [style.backgroundPositionY.split(', '), style.backgroundImage.split(', l').length];
    }""")
    assert len(set(layers[0])) == 5, "a suggestion and four codings: each has a line of its own"
    boxes = [chip.bounding_box() for chip in desk.chips(words).all()]
    assert len(boxes) == 5
    for upper, lower in itertools.pairwise(sorted(boxes, key=lambda box: box["y"])):
        assert upper["y"] + upper["height"] <= lower["y"] + 1, "names do not overlap"


def test_text_in_arabic_runs_from_right_to_left(same_long: Long) -> None:
    desk = same_long.desk().read("arabic")
    directions = desk.page.evaluate(
        "[...document.querySelectorAll('.words')].map(one => getComputedStyle(one).direction)"
    )
    assert directions == ["rtl", "rtl"]
    desk.press("s")
    assert desk.panel.locator(".quote").evaluate("one => getComputedStyle(one).direction") == "rtl"


# ---- keys


def test_every_suggestion_is_reached_with_single_keys_off(desk: Desk) -> None:
    desk.press("?")
    desk.page.get_by_label("single-key shortcuts on").uncheck()
    desk.press("Escape", "j")
    expect(desk.page.locator(".chip.now")).to_have_count(0)
    desk.button("Next undecided").focus()
    seen = []
    for _ in SUGGESTED:
        desk.press("Enter")
        seen.append(desk.page.locator(".chip.now").get_attribute("data-mark"))
    assert len(set(seen)) == len(SUGGESTED)
    desk.page.locator(".chip.now").focus()
    desk.press("ArrowUp")
    assert desk.page.locator(".chip.now").get_attribute("data-mark") == seen[-2]
    desk.page.evaluate("localStorage.removeItem('comb:keys-off')")


def test_own_keys_are_kept_refused_and_reset(windows: Any, transcript: str) -> None:
    desk = windows(viewport={"width": 1366, "height": 900}).read(transcript).press("?")
    dialog = desk.page.get_by_role("dialog", name="Keys")
    dialog.get_by_role("button", name="the key for accept").click()
    desk.press("r")
    expect(dialog).to_contain_text("R is already used for “reject”. Choose another key, or change that one first.")
    dialog.get_by_role("button", name="the key for accept").click()
    desk.press("Tab")
    expect(dialog).to_contain_text("Tab cannot be used")
    dialog.get_by_role("button", name="the key for accept").click()
    desk.press("g")
    expect(dialog).to_contain_text("“accept” has a new key.")
    desk.press("Escape")
    desk.read(transcript).press("j", "a")
    expect(desk.button("Accept")).to_have_text("Accept G")
    desk.press("g").says("Accepted")
    desk.press("?")
    dialog.get_by_role("button", name="Reset all keys").click()
    desk.press("Escape", "a").says("Accepted: Social opportunity.")


# ---- unsure, memos


def test_unsure_is_marked_filtered_and_taken_back(desk: Desk) -> None:
    desk.press("j", "q").says("marked as unsure")
    assert [coding["unsure"] for coding in desk.data()["codings"]] == ["yes"]
    expect(desk.chips("unsure")).to_have_count(1)
    desk.page.locator("#filter-state").select_option("unsure")
    expect(desk.page.locator(".margin .chip")).to_have_count(1)
    desk.page.locator(".margin .chip").click()
    desk.panel.get_by_label("I am unsure of this coding").uncheck()
    desk.says("No longer marked as unsure")
    assert [coding["unsure"] for coding in desk.data()["codings"]] == [""]


def test_memos_on_transcript_code_and_study(desk: Desk) -> None:
    desk.page.get_by_role("button", name="Memos…").click()
    dialog = desk.page.get_by_role("dialog", name="Memos")
    dialog.get_by_label("On this transcript").fill("short answers")
    dialog.get_by_label("On this transcript").press("Tab")
    dialog.locator("#memo-code-choice").select_option("social_opportunity")
    dialog.get_by_label("On this code").fill("wives, mostly")
    dialog.get_by_label("On this code").press("Tab")
    desk.says("Memo saved.")
    dialog.get_by_label("On the study").fill("begun in May")
    dialog.get_by_label("On the study").press("Tab")
    expect(dialog.get_by_role("button", name="Undo")).to_be_enabled()
    dialog.get_by_role("button", name="Close").click()
    desk.read(desk.name).page.get_by_role("button", name="Memos…").click()
    expect(dialog.get_by_label("On this transcript")).to_have_value("short answers")
    expect(dialog.get_by_label("On the study")).to_have_value("begun in May")
    dialog.locator("#memo-code-choice").select_option("social_opportunity")
    expect(dialog.get_by_label("On this code")).to_have_value("wives, mostly")
    dialog.get_by_role("button", name="Undo").click()
    expect(dialog.get_by_label("On the study")).to_have_value("")
    dialog.get_by_role("button", name="Close").click()
    desk.press("u").says("Undone.")
    assert desk.data()["memo"] == ""


def test_memos_written_one_after_the_other_are_all_saved(desk: Desk) -> None:
    late: list[Any] = []

    def hold_back(route: Any) -> None:
        late.append(route) if route.request.method == "POST" and not late else route.continue_()

    desk.page.route("**/api/memos", hold_back)
    desk.page.get_by_role("button", name="Memos…").click()
    dialog = desk.page.get_by_role("dialog", name="Memos")
    dialog.get_by_label("On this code").fill("neighbours")
    dialog.get_by_label("On the study").fill("ended in June")
    dialog.get_by_label("On the study").press("Tab")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog, "it closes when both are saved").to_be_visible()
    assert len(late) == 1
    late[0].continue_()
    expect(dialog).to_have_count(0)
    memos = desk.page.request.get(f"{desk.origin}/api/memos").json()
    assert ("neighbours" in memos["codes"].values(), memos["study"]) == (True, "ended in June")


def test_a_memo_that_is_not_saved_stays_with_its_suggestion(desk: Desk) -> None:
    desk.press("j", "m")
    desk.page.keyboard.type("of the first")
    desk.press("Escape", "j")
    expect(desk.panel.locator(".quote")).to_have_text(SECOND)
    expect(desk.page.locator("#memo")).to_have_value("")
    desk.press("k")
    expect(desk.page.locator("#memo")).to_have_value("of the first")
    desk.press("-").says("Valence")
    assert desk.data()["codings"][0]["memo"] == "of the first", "however the suggestion is taken over"


def test_what_is_selected_stays_when_the_words_are_drawn_again(desk: Desk) -> None:
    desk.press("j", "p")
    expect(desk.page.locator("#progress")).to_contain_text("1 looked at")
    desk.page.wait_for_timeout(300)
    desk.press("Shift+W", "Enter").says("Passage saved.")
    assert [words for words, _, _ in desk.codings()] == ["I never remember the evening one"]


# ---- what changes meanwhile


def test_a_changed_codebook_and_a_new_file_are_seen_without_a_reload(long: Long) -> None:
    desk = long.desk().read("long").press("j")
    listed = long.desk().go("/")
    expect(listed.page.locator("table.queue")).to_contain_text("other")
    path = long.study.root / "configs" / "codebook.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("name: Psychological capability", "name: Knowing how"),
        encoding="utf-8",
    )
    (long.study.new / "third.txt").write_text(TEXT, encoding="utf-8")
    desk.front().page.evaluate("dispatchEvent(new Event('focus'))")
    desk.says("The codebook has changed")
    expect(desk.panel.locator("h2")).to_contain_text("Knowing how")
    listed.front().page.evaluate("dispatchEvent(new Event('focus'))")
    expect(listed.page.locator("table.queue")).to_contain_text("third")


def test_leads_see_what_files_could_not_be_used(long: Long) -> None:
    (Study(long.study.root).root / "configs" / "codebook.yaml").write_text("codes: [", encoding="utf-8")
    desk = long.desk().go("/")
    desk.page.get_by_text("One problem in the study’s files").click()
    expect(desk.page.locator("#queue details")).to_contain_text("codebook.yaml")


def test_an_export_is_no_alarm(long: Long) -> None:
    desk = long.desk().go("/")
    desk.page.get_by_role("button", name="Export codings…").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Export").click()
    expect(desk.page.locator("#told")).to_contain_text("Codings exported: 0")
    assert desk.page.locator("#told").get_attribute("role") == "status"
    expect(desk.page.get_by_role("alert")).to_be_empty()
