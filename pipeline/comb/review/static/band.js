/** The part of the window in which words can be read: below what sticks to its top, above a panel at its foot. */

/** @returns {{top: number, bottom: number}} in pixels from the top of the window */
export function band() {
  let top = 0;
  for (const box of document.querySelectorAll(".tools, #alarm")) {
    if (getComputedStyle(box).position === "sticky") top = Math.max(top, box.getBoundingClientRect().bottom);
  }
  const panel = document.getElementById("inspector");
  const below = panel && getComputedStyle(panel).position === "fixed" ? panel.getBoundingClientRect().top : innerHeight;
  return { top: Math.min(top, innerHeight / 2), bottom: Math.min(innerHeight, below) };
}

/**
 * @param {Element} words  of one turn
 * @param {number} y
 * @returns {{node: Node, offset: number}|null} the start of the line of these words at this height; null where it is none of theirs
 */
export function caretIn(words, y) {
  const { left, top, bottom } = words.getBoundingClientRect();
  if (top > y || bottom < y || !document.caretPositionFromPoint) return null;
  const found = document.caretPositionFromPoint(left + 1, y);
  return found && words.contains(found.offsetNode) ? { node: found.offsetNode, offset: found.offset } : null;
}
