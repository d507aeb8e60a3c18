"""What a coder does at the page, in words."""

from typing import Any, Self
from urllib.parse import quote, urlsplit

from playwright.sync_api import BrowserContext, Locator, Page, expect

expect.set_options(timeout=10_000)


class Watch:
    """Notes every request, and errors that pages log. The browser itself can reach no other machine."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.strangers: list[str] = []
        self.errors: list[str] = []
        self.forgiven: tuple[str, ...] = ()

    def over(self, context: BrowserContext) -> Page:
        """Open a page that is looked over."""
        page = context.new_page()
        page.on("request", lambda request: self._note(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        return page

    def _note(self, address: str) -> None:
        url = urlsplit(address)
        self.asked.append(url.path)
        if not is_here(address):
            self.strangers.append(address)

    def forgive(self, *words: str) -> None:
        """Expect errors with these words: the browser logs each answer of 4xx itself."""
        self.forgiven += words

    def check(self) -> None:
        """Fail where anything was noted."""
        assert self.strangers == []
        assert [error for error in self.errors if not any(words in error for words in self.forgiven)] == []


def is_here(address: str) -> bool:
    """Tell whether a request stays on this machine."""
    url = urlsplit(address)
    return url.hostname == "127.0.0.1" or url.scheme in ("data", "blob")


class Desk:
    """One window of the review page."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.name = ""

    def go(self, path: str) -> Self:
        """Open a page."""
        self.page.goto(self.origin + path)
        return self

    def read(self, name: str) -> Self:
        """Open a transcript and wait for its words."""
        self.name = name
        self.go(f"/t/{quote(name)}")
        expect(self.page.locator("#text")).to_have_attribute("aria-busy", "false")
        expect(self.page.locator(".words").first).to_be_visible()
        return self

    def front(self) -> Self:
        """Bring the window to the front: browsers do not draw those behind."""
        self.page.bring_to_front()
        return self

    def press(self, *keys: str) -> Self:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def says(self, words: str) -> Self:
        """Wait for an outcome in the status line."""
        expect(self.page.locator("#status")).to_contain_text(words)
        return self

    def chips(self, name: str) -> Locator:
        """Marks in the margin whose spoken name contains these words."""
        return self.page.locator(f'.margin .chip[aria-label*="{name}"]')

    @property
    def panel(self) -> Locator:
        """The panel beside the text."""
        return self.page.locator("#inspector")

    def button(self, name: str) -> Locator:
        """A button of the panel."""
        return self.panel.get_by_role("button", name=name)

    def all_saved(self) -> Self:
        """Wait until nothing of the transcript is on its way: an outcome is said while later acts may still wait."""
        waits = """name => !Object.keys(localStorage).some(key =>
          key.startsWith('comb:unsent:') && key.split(':')[4] === encodeURIComponent(name))"""
        self.page.wait_for_function(waits, arg=self.name, polling=50)
        return self

    def data(self, rest: str = "") -> Any:
        """What the server has of the transcript when everything is saved."""
        self.all_saved()
        answer = self.page.request.get(f"{self.origin}/api/transcripts/{quote(self.name)}{rest}")
        assert answer.ok, answer.status
        return answer.json()

    def post(self, act: dict[str, object], name: str = "") -> int:
        """Send an act past the page; give the answer's status."""
        address = f"{self.origin}/api/transcripts/{quote(name or self.name)}/acts"
        return self.page.request.post(address, data=act, headers={"X-Comb": "1", "Origin": self.origin}).status

    def codings(self) -> list[tuple[str, str, str]]:
        """Codings on the server as (quote, code, valence), in the order of the text."""
        data = self.data()
        return [(data["text"][c["start"] : c["end"]], c["code"], c["valence"]) for c in data["codings"]]

    def verdicts(self) -> list[str]:
        """Verdicts on the server, in the order of the text; "" where nothing is decided."""
        return [(s["decision"] or {"verdict": ""})["verdict"] for s in self.data()["suggestions"]]

    def drag(self, words: str) -> Self:
        """Select words with the mouse, from their first character to their last."""
        find = """words => {
          for (const box of document.querySelectorAll('.words')) {
            const at = box.textContent.indexOf(words);
            if (at < 0) continue;
            const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
            const point = left => {
              for (const node of nodes) { if (left <= node.length) return [node, left]; left -= node.length; }
            };
            const nodes = []; while (walker.nextNode()) nodes.push(walker.currentNode);
            const range = document.createRange();
            range.setStart(...point(at)); range.setEnd(...point(at + words.length));
            box.scrollIntoView({block: 'center', behavior: 'instant'});
            const rects = [...range.getClientRects()].filter(r => r.width > 0);
            const first = rects[0], last = rects[rects.length - 1];
            return [first.left + .5, first.top + first.height / 2, last.right - .5, last.top + last.height / 2];
          }
        }"""
        left, top, right, bottom = self.page.evaluate(find, words)
        mouse = self.page.mouse
        mouse.move(left, top)
        mouse.down()
        mouse.move((left + right) / 2, (top + bottom) / 2)
        mouse.move(right, bottom)
        mouse.up()
        return self

    def pick_code(self, query: str, *, valence: str = "") -> Self:
        """Search the open code picker and take the code that it offers."""
        dialog = self.page.get_by_role("dialog")
        if valence:
            dialog.get_by_label(valence).check()
        dialog.get_by_role("combobox").fill(query)
        dialog.get_by_role("combobox").press("Enter")
        expect(dialog).to_have_count(0)
        return self
