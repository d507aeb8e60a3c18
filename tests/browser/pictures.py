"""Pictures for README and the documentation, and the words that can be read on the pages that they show."""

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "images"
WANTED = "COMB_PICTURES" in os.environ
"""Whether the pictures are drawn; ``make pictures`` asks for it."""
TUTORIAL = (
    "tutorial-study",
    "tutorial-files",
    "tutorial-codings",
    "tutorial-training",
    "tutorial-trained",
    "tutorial-suggestion",
    "tutorial-overview",
    "tutorial-disagreement",
    "tutorial-report",
)
"""Pictures of the first hour, in its order."""
WORKSPACE = ("review", "review-dark", "review-consensus", "review-codes")
EXAMPLE = ("suggest", "confusion", "calibration", "barriers-facilitators")
"""Pictures of what ``dvc repro`` and ``comb suggest`` say about the example study."""
SIZE = {"width": 1280, "height": 720}
HOME = "/home/ann"
"""What a picture shows instead of the test's own folder."""
MACHINE = re.compile(r"/(?:tmp|root|work|var|workspace)\b")
RENAME = """pairs => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const [from, to] of pairs) if (node.data.includes(from)) node.data = node.data.replaceAll(from, to);
  }
  const fields = [...document.querySelectorAll('input:not([type=file]), textarea')].map(field => field.value);
  return [document.body.innerText, ...fields].join(' ');
}"""
PANEL = """part => {
  const panel = part.closest('#inspector');
  const buttons = panel.querySelector('.panel-top');
  panel.scrollTop += part.getBoundingClientRect().top - buttons.getBoundingClientRect().bottom;
}"""
SCROLL = "one => scrollBy({top: one.getBoundingClientRect().top - 8, behavior: 'instant'})"
READ = """() => {
  const words = new Set();
  const keep = text => words.add(text.replace(/\\s+/g, ' ').trim());
  for (const one of document.querySelectorAll('body *')) {
    if (!(one.closest('select') ?? one).checkVisibility()) continue;
    for (const node of one.childNodes) if (node.nodeType === Node.TEXT_NODE) keep(node.data);
    if (!one.matches('a, button, h1, h2, h3, label, legend, option, summary, th, td')) continue;
    const copy = one.cloneNode(true);
    for (const key of copy.querySelectorAll('kbd, .away')) key.remove();
    keep(copy.textContent);
  }
  return [...words];
}"""


def scroll_panel(page: Page, part: str) -> None:
    """Scroll the panel of the reading page, once it has the passages that are similar, to one of its parts."""
    expect(page.locator("#inspector .evidence")).to_be_visible()
    page.locator("#inspector").locator(part).first.evaluate(PANEL)


def save(page: Page, name: str, instead: Mapping[str, str]) -> None:
    """Save what a page shows as a small picture, with other words for some, and without what is said for a moment.

    Fails where a place of this machine can still be read.
    """
    page.locator("#status").evaluate("one => one.classList.remove('shown')")
    page.mouse.move(1, 1)
    page.wait_for_timeout(300)  # until what the mouse was over has lost its colour
    shown = page.evaluate(RENAME, list(instead.items()))
    assert not MACHINE.search(shown), f"{name}: a place of this machine is seen"
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


class Camera:
    """Looks at a page on a walk: notes the words that can be read there and, if it is on, takes pictures."""

    def __init__(self, page: Page, home: Path, *, on: bool) -> None:
        self.page, self.home, self.on = page, home, on
        self.words: set[str] = set()
        self.taken: list[str] = []

    def look(self) -> None:
        """Note the words of buttons, links, headings and the like."""
        self.words.update(self.page.evaluate(READ))

    def take(self, name: str, top: Locator | None = None, *, width: int = 0, height: int = 0) -> None:
        """Take a picture of a window of this size, which begins with the page or with a part of it."""
        self.look()
        self.taken.append(name)
        if not self.on:
            return
        usual: Any = self.page.viewport_size
        self.page.set_viewport_size({"width": width or usual["width"], "height": height or usual["height"]})
        (top or self.page.locator("body")).evaluate(SCROLL)
        save(self.page, name, {str(self.home): HOME})
        self.page.set_viewport_size(usual)
