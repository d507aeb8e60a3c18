/** The margin: one button for each mark, with the code's name, beside the line where its passage starts. */

import { legible } from "./colours.js";
import { valenceSign } from "./model.js";

/** @typedef {import("./types.js").Mark} Mark */

/** @type {Record<Mark["state"], string>} */
const STATES = {
  unseen: "suggestion, not looked at",
  seen: "suggestion, undecided",
  rejected: "rejected suggestion",
  decided: "decided suggestion",
  coded: "coded",
};
const GAP = 2;

/**
 * @param {Mark} mark
 * @param {import("./model.js").Model} model
 * @param {boolean} current
 * @returns {HTMLButtonElement}
 */
export function makeChip(mark, model, current) {
  const chip = document.createElement("button");
  chip.type = "button";
  chip.className = `chip ${mark.kind} ${mark.state}${isMachine(mark) ? " machine" : ""}${current ? " now" : ""}`;
  chip.dataset.mark = mark.key;
  // One stop for Tab in the whole margin; the keys j and k go from mark to mark.
  chip.tabIndex = current ? 0 : -1;
  if (current) chip.setAttribute("aria-current", "true");
  chip.setAttribute("aria-label", spoken(mark, model));
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.style.setProperty("--code", legible(model.codes.get(mark.code)?.color));
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = model.codeName(mark.code);
  chip.append(swatch, name);
  const sign = valenceSign(mark.valence);
  if (sign) chip.append(small("valence", sign));
  if (mark.kind === "suggestion") chip.append(small("score", mark.score.toFixed(2).replace(/^0/, "")));
  if (mark.kind === "coding" && mark.coder !== model.me.coder) chip.append(small("coder", mark.coder));
  if (isUnsure(mark)) chip.append(small("unsure", "?"));
  if (mark.kind === "coding" && mark.object.memo) chip.append(small("memo", "✎"));
  return chip;
}

/** Whether its coder was not sure of it. @param {Mark} mark */
const isUnsure = (mark) => mark.kind === "coding" && mark.object.unsure === "yes";

/** Whether a language model coded it. @param {Mark} mark */
function isMachine(mark) {
  return mark.kind === "coding" && mark.object.origin === "llm";
}

/** @param {Mark} mark @param {import("./model.js").Model} model @returns {string} what a screen reader says of it */
function spoken(mark, model) {
  const parts = [model.codeName(mark.code), mark.valence, STATES[mark.state]];
  if (mark.kind === "suggestion") parts.push(`score ${mark.score.toFixed(2)}`);
  if (isUnsure(mark)) parts.push("unsure");
  if (mark.kind === "coding" && mark.coder) parts.push(`by ${mark.coder}`);
  const quote = model.quote(mark);
  parts.push(`“${quote.length > 160 ? `${quote.slice(0, 160)}…` : quote}”`);
  return parts.filter(Boolean).join(", ");
}

/** A sign beside the name; the style sheet shows it, since the button's own label says it in words. @param {string} name @param {string} text */
function small(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.dataset.sign = text;
  return element;
}

/** Put chips beside their lines, moving down what would overlap. Reads all places first, then writes. @param {HTMLElement[]} turns */
export function layChips(turns) {
  const plans = turns.filter((turn) => turn?.children[2].childElementCount).map(measure);
  for (const { margin, places, height } of plans) {
    margin.style.minHeight = height ? `${height}px` : "";
    for (const { chip, top } of places) chip.style.top = top === null ? "" : `${top}px`;
  }
}

/** @param {HTMLElement} turn */
function measure(turn) {
  const margin = /** @type {HTMLElement} */ (turn.children[2]);
  const chips = /** @type {HTMLElement[]} */ ([...margin.children]);
  if (getComputedStyle(margin).position === "static") return { margin, places: chips.map((chip) => ({ chip, top: null })), height: 0 };
  const above = turn.getBoundingClientRect().top;
  let free = 0;
  const starts = firstPieces(turn);
  const places = chips.map((chip) => {
    const piece = starts.get(chip.dataset.mark ?? "");
    const line = piece ? piece.getClientRects()[0] : null;
    const place = Math.max(free, line ? line.top - above - 1 : 0);
    free = place + chip.offsetHeight + GAP;
    return { chip, top: place };
  });
  return { margin, places, height: free };
}

/** @param {HTMLElement} turn @returns {Map<string, Element>} the piece where each mark starts */
function firstPieces(turn) {
  const starts = new Map();
  for (const piece of turn.children[1].children) {
    for (const key of /** @type {HTMLElement} */ (piece).dataset.keys?.split(" ") ?? []) {
      if (!starts.has(key)) starts.set(key, piece);
    }
  }
  return starts;
}
