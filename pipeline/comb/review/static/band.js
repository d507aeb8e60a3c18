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
 * @param {HTMLElement} root
 * @param {number} y
 * @returns {{node: Node, offset: number}|null} the start of the words in the line at this height; null where there are none
 */
export function caretIn(root, y) {
  const words = [...root.querySelectorAll(".words")].find((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return top <= y && bottom > y;
  });
  if (!words) return null;
  const x = words.getBoundingClientRect().left + 1;
  if (document.caretPositionFromPoint) {
    const found = document.caretPositionFromPoint(x, y);
    return found && words.contains(found.offsetNode) ? { node: found.offsetNode, offset: found.offset } : null;
  }
  return null;
}
