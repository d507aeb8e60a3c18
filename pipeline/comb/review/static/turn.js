/** One turn of the transcript: who speaks, the words with the lines of their marks, and the margin. */

import { legible } from "./colours.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").Span} Span */
/** @typedef {import("./model.js").Model} Model */

/** Lines below the words that each have a place of their own; with more marks than that, the last share one. */
const LANES = 8;
/** Lines for which there is room between two lines of words. */
const ROOM = 3;
const PITCH = 4;

/** @param {number} index @param {Model} model */
export function makeTurn(index, model) {
  const turn = model.turns[index];
  const element = document.createElement("div");
  element.className = `turn ${turn.role}`;
  element.setAttribute("role", "group");
  const time = turn.time === null || turn.time === undefined ? "" : clock(turn.time);
  element.setAttribute("aria-label", time ? `${turn.speaker}, ${time}` : turn.speaker);
  const who = document.createElement("div");
  who.className = "who";
  who.append(piece("speaker", turn.speaker));
  if (time) who.append(piece("time", time));
  const words = document.createElement("div");
  words.className = "words";
  words.dir = "auto";
  words.dataset.turn = String(index);
  words.textContent = model.text.slice(turn.from, turn.to);
  const margin = document.createElement("div");
  margin.className = "margin";
  element.append(who, words, margin);
  return element;
}

/** @param {string} name @param {string} text */
function piece(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.dir = "auto";
  element.textContent = text;
  return element;
}

/** How wide the column of names must be, so that no word of a name is broken. @param {{speaker: string}[]} turns */
export function nameWidth(turns) {
  const names = new Set(turns.map((turn) => turn.speaker));
  const longest = Math.max(0, ...[...names].flatMap((name) => name.split(/\s+/)).map((word) => word.length));
  return `${Math.min(16, Math.max(5, longest)) * 0.6 + 0.4}rem`;
}

/**
 * Cut a turn's words at the edges of its marks; each piece carries the lines of the marks that cover it.
 * @param {HTMLElement} words
 * @param {Span} turn
 * @param {Mark[]} marks
 * @param {Model} model
 * @param {string|null} current  key of the current mark
 */
export function drawWords(words, turn, marks, model, current) {
  const audit = (model.audit ?? []).filter((span) => span.from < turn.to && span.to > turn.from);
  const edges = new Set([turn.from, turn.to]);
  for (const span of [...marks, ...audit]) {
    edges.add(Math.max(span.from, turn.from));
    edges.add(Math.min(span.to, turn.to));
  }
  const cuts = [...edges].sort((a, b) => a - b);
  const { lanes, count } = lanesOf(marks);
  const pieces = [];
  for (let i = 0; i + 1 < cuts.length; i += 1) {
    const covering = marks.filter((mark) => mark.from < cuts[i + 1] && mark.to > cuts[i]);
    const one = document.createElement("span");
    one.textContent = model.text.slice(cuts[i], cuts[i + 1]);
    if (covering.length) line(one, covering, lanes, Math.max(ROOM, count), model, current);
    if (audit.some((span) => span.from < cuts[i + 1] && span.to > cuts[i])) one.classList.add("audit");
    pieces.push(one);
  }
  words.style.setProperty("--more", `${Math.max(0, count - ROOM) * PITCH}px`);
  words.replaceChildren(...pieces);
}

/** @param {HTMLElement} one @param {Mark[]} covering @param {Map<string, number>} lanes @param {number} count @param {Model} model @param {string|null} current */
function line(one, covering, lanes, count, model, current) {
  one.className = "piece";
  one.dataset.keys = covering.map((mark) => mark.key).join(" ");
  const drawn = covering.filter((mark) => mark.state !== "rejected");
  const layers = drawn.map((mark) => {
    const lane = Math.min(lanes.get(mark.key) ?? 0, count - 1);
    const color = legible(model.codes.get(mark.code)?.color);
    const image =
      mark.kind === "coding"
        ? `linear-gradient(${color}, ${color})`
        : `repeating-linear-gradient(90deg, ${color} 0 5px, transparent 5px 8px)`;
    return `${image} 0 calc(100% - ${(count - 1 - lane) * PITCH}px) / 100% 2.5px no-repeat`;
  });
  one.style.background = layers.join(", ");
  one.classList.toggle("now", covering.some((mark) => mark.key === current));
}

/** @param {Mark[]} marks in order @returns {{lanes: Map<string, number>, count: number}} the lane of each, so that none crosses another */
function lanesOf(marks) {
  /** @type {number[]} */
  const ends = [];
  /** @type {Map<string, number>} */
  const lanes = new Map();
  for (const mark of marks) {
    if (mark.state === "rejected") continue;
    let lane = ends.findIndex((end) => end <= mark.from);
    if (lane < 0) lane = Math.min(ends.length, LANES - 1);
    ends[lane] = Math.max(ends[lane] ?? 0, mark.to);
    lanes.set(mark.key, lane);
  }
  return { lanes, count: ends.length };
}

/** @param {number} seconds @returns {string} h:mm:ss */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${parts.join(":")}` : parts.join(":");
}
