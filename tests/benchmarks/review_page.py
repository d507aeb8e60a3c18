"""What a coder sees of a long transcript, in Chromium: first useful paint, scrolling, a decision on the screen.

Part of ``comb bench review``.
"""

import shutil
from typing import Any
from urllib.parse import urlsplit

# The first words of the transcript on the screen, as the browser itself reports them.
PAINTED = """() => new Promise(done => new PerformanceObserver(list => {
  const words = list.getEntries().find(entry => entry.element?.closest?.('.words'));
  if (words) done(words.startTime);
}).observe({type: 'largest-contentful-paint', buffered: true}))"""
# Scrolls 50 pixels a frame, 3,000 a second at 60 Hz: faster than anybody reads, as fast as one looks for a place.
SCROLLED = """() => new Promise(done => {
  const frames = [];
  let last = performance.now();
  const step = () => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    scrollBy({top: 50, behavior: 'instant'});
    if (frames.length < 300) requestAnimationFrame(step);
    else done(frames.slice(1).sort((a, b) => a - b));
  };
  requestAnimationFrame(step);
})"""
JUMPED = """() => new Promise(done => {
  const begun = performance.now();
  scrollTo({top: document.documentElement.scrollHeight * Math.random(), behavior: 'instant'});
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
})"""
DECIDED = """() => new Promise(done => {
  const press = key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  const status = document.getElementById('status');
  status.textContent = '';
  press('n');
  setTimeout(() => {
    const begun = performance.now();
    new MutationObserver((_, observer) => {
      if (!status.textContent.startsWith('Accepted')) return;
      observer.disconnect();
      done(performance.now() - begun);
    }).observe(status, {childList: true, characterData: true, subtree: true});
    press('a');
  }, 300);
})"""


def page_figures(link: str, transcript: str) -> dict[str, float]:
    """Measure, in milliseconds; nothing where there is no Chromium."""
    program = shutil.which("chromium")
    if program is None:
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.goto(link)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(link))
        painted = []
        for _ in range(5):
            page.goto(f"{origin}/t/{transcript}")
            painted.append(page.evaluate(PAINTED))
        page.wait_for_timeout(3000)
        figures = _at_work(page)
        browser.close()
    return {"first_useful_paint_ms": painted[0], "later_useful_paint_ms": sorted(painted)[2], **figures}


def _at_work(page: Any) -> dict[str, float]:
    frames = page.evaluate(SCROLLED)
    jumps = sorted(page.evaluate(JUMPED) for _ in range(10))
    page.evaluate("scrollTo(0, 0)")
    decided = sorted(page.evaluate(DECIDED) for _ in range(20))
    return {
        "frame_median_ms": frames[len(frames) // 2],
        "frame_p95_ms": frames[len(frames) * 95 // 100],
        "jump_p95_ms": jumps[-1],
        "shown_decision_median_ms": decided[10],
        "shown_decision_p95_ms": decided[18],
    }
