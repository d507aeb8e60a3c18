/**
 * The transcript as a document. Turns are grouped into leaves of a few thousand characters; the browser lays out only
 * the leaves near the window (content-visibility). Words are put in at once for the first leaves and in idle moments
 * for the rest, so that the browser's own search finds them; marks are drawn when a leaf comes near.
 */

import { legible } from "./colours.js";
import { countBelow } from "./offsets.js";
import { layChips, makeChip } from "./margin.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {{first: number, last: number, element: HTMLElement, filled: boolean, drawn: boolean}} Leaf */

const LEAF = 3000;
const LANES = 3;

/** Events: "pick" (detail: key of the mark that was clicked). */
export class Document extends EventTarget {
  /** @param {HTMLElement} root @param {import("./model.js").Model} model @param {(mark: Mark) => boolean} shown */
  constructor(root, model, shown) {
    super();
    this.root = root;
    this.model = model;
    this.shown = shown;
    /** @type {Leaf[]} */
    this.leaves = [];
    /** @type {HTMLElement[]} */
    this.turns = [];
    /** @type {string|null} */
    this.current = null;
    /** Marks that touch each turn. @type {Map<number, Mark[]>} */
    this.ofTurn = new Map();
    this.observer = new IntersectionObserver((entries) => this.#near(entries), { rootMargin: "80% 0px" });
    root.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#again()).observe(root);
  }

  /** Build the document anew. */
  build() {
    this.observer.disconnect();
    this.turns = new Array(this.model.turns.length);
    this.leaves = this.#cut();
    this.root.replaceChildren(...this.leaves.map((leaf) => leaf.element));
    this.#index();
    for (const leaf of this.leaves.slice(0, 2)) this.#draw(leaf);
    for (const leaf of this.leaves) this.observer.observe(leaf.element);
  }

  /** @returns {Leaf[]} */
  #cut() {
    const leaves = [];
    const turns = this.model.turns;
    for (let first = 0; first < turns.length; ) {
      let last = first;
      while (last + 1 < turns.length && turns[last + 1].to - turns[first].from < LEAF) last += 1;
      const element = document.createElement("div");
      element.className = "leaf";
      element.style.containIntrinsicSize = `auto ${this.#height(first, last)}px`;
      leaves.push({ first, last, element, filled: false, drawn: false });
      first = last + 1;
    }
    return leaves;
  }

  /** Guess how tall turns will be, so that the scroll bar is nearly right from the start. @param {number} first @param {number} last */
  #height(first, last) {
    const line = 66;
    let height = 0;
    for (let turn = first; turn <= last; turn += 1) {
      const { from, to } = this.model.turns[turn];
      height += Math.ceil((to - from) / line) * 32 + 18;
    }
    return height;
  }

  /** Put in the rest of the words, in idle moments. */
  fill() {
    const step = (/** @type {{timeRemaining: () => number}} */ deadline) => {
      const left = this.leaves.filter((leaf) => !leaf.filled);
      for (const leaf of left) {
        if (deadline.timeRemaining() < 4) break;
        this.#fill(leaf);
      }
      if (left.some((leaf) => !leaf.filled)) later(step);
    };
    later(step);
  }

  /** @param {Leaf} leaf */
  #fill(leaf) {
    if (leaf.filled) return;
    leaf.filled = true;
    const turns = [];
    for (let turn = leaf.first; turn <= leaf.last; turn += 1) turns.push(this.#turn(turn));
    leaf.element.append(...turns);
  }

  /** @param {number} index */
  #turn(index) {
    const turn = this.model.turns[index];
    const element = document.createElement("div");
    element.className = `turn ${turn.role}`;
    element.setAttribute("role", "group");
    const time = turn.time === null || turn.time === undefined ? "" : clock(turn.time);
    element.setAttribute("aria-label", time ? `${turn.speaker}, ${time}` : turn.speaker);
    const who = document.createElement("div");
    who.className = "who";
    const speaker = document.createElement("span");
    speaker.className = "speaker";
    speaker.textContent = turn.speaker;
    who.append(speaker);
    if (time) {
      const stamp = document.createElement("span");
      stamp.className = "time";
      stamp.textContent = time;
      who.append(stamp);
    }
    const words = document.createElement("div");
    words.className = "words";
    words.dataset.turn = String(index);
    words.textContent = this.model.text.slice(turn.from, turn.to);
    const margin = document.createElement("div");
    margin.className = "margin";
    element.append(who, words, margin);
    this.turns[index] = element;
    return element;
  }

  /** @param {Leaf} leaf */
  #draw(leaf) {
    this.#fill(leaf);
    if (leaf.drawn) return;
    leaf.drawn = true;
    for (let turn = leaf.first; turn <= leaf.last; turn += 1) this.#drawTurn(turn);
    if (leaf.element.isConnected) layChips(this.turns.slice(leaf.first, leaf.last + 1));
  }

  /** Find which marks touch which turn. */
  #index() {
    this.ofTurn.clear();
    for (const mark of this.model.ordered) {
      if (!this.shown(mark)) continue;
      for (let turn = this.model.turnAt(mark.from); turn < this.model.turns.length; turn += 1) {
        if (this.model.turns[turn].from >= mark.to) break;
        const list = this.ofTurn.get(turn);
        if (list) list.push(mark);
        else this.ofTurn.set(turn, [mark]);
      }
    }
  }

  /** @param {number} index */
  #drawTurn(index) {
    const element = this.turns[index];
    const turn = this.model.turns[index];
    const marks = this.ofTurn.get(index) ?? [];
    const words = /** @type {HTMLElement} */ (element.children[1]);
    words.replaceChildren(...this.#pieces(turn, marks));
    const chips = marks
      .filter((mark) => mark.from >= turn.from || index === 0)
      .map((mark) => makeChip(mark, this.model, mark.key === this.current));
    element.children[2].replaceChildren(...chips);
    element.classList.toggle("marked", chips.length > 0);
  }

  /** Cut a turn's words at the edges of its marks; each piece carries the lines of the marks that cover it. @param {import("./types.js").Span} turn @param {Mark[]} marks */
  #pieces(turn, marks) {
    const audit = (this.model.audit ?? []).filter((span) => span.from < turn.to && span.to > turn.from);
    const spans = [...marks, ...audit];
    const edges = new Set([turn.from, turn.to]);
    for (const span of spans) {
      edges.add(Math.max(span.from, turn.from));
      edges.add(Math.min(span.to, turn.to));
    }
    const cuts = [...edges].sort((a, b) => a - b);
    const lanes = lanesOf(marks);
    const pieces = [];
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const covering = marks.filter((mark) => mark.from < cuts[i + 1] && mark.to > cuts[i]);
      const piece = document.createElement("span");
      piece.textContent = this.model.text.slice(cuts[i], cuts[i + 1]);
      if (covering.length) this.#line(piece, covering, lanes);
      if (audit.some((span) => span.from < cuts[i + 1] && span.to > cuts[i])) piece.classList.add("audit");
      pieces.push(piece);
    }
    return pieces;
  }

  /** @param {HTMLElement} piece @param {Mark[]} covering @param {Map<string, number>} lanes */
  #line(piece, covering, lanes) {
    piece.className = "piece";
    piece.dataset.keys = covering.map((mark) => mark.key).join(" ");
    const drawn = covering.filter((mark) => mark.state !== "rejected");
    const layers = drawn.map((mark) => {
      const lane = Math.min(lanes.get(mark.key) ?? 0, LANES - 1);
      const color = legible(this.model.codes.get(mark.code)?.color);
      const image =
        mark.kind === "coding"
          ? `linear-gradient(${color}, ${color})`
          : `repeating-linear-gradient(90deg, ${color} 0 5px, transparent 5px 8px)`;
      return `${image} 0 calc(100% - ${(LANES - 1 - lane) * 4}px) / 100% 2.5px no-repeat`;
    });
    piece.style.background = layers.join(", ");
    piece.classList.toggle("now", covering.some((mark) => mark.key === this.current));
  }

  /** Draw again after a change of marks. @param {Set<string>} keys those that changed */
  update(keys) {
    const touched = new Set();
    const collect = () => {
      for (const [turn, marks] of this.ofTurn) if (marks.some((mark) => keys.has(mark.key))) touched.add(turn);
    };
    collect();
    this.#index();
    collect();
    this.#redraw([...touched]);
  }

  /** Draw all anew: the filter or the colours changed. */
  redrawAll() {
    this.#index();
    for (const leaf of this.leaves) leaf.drawn = false;
    this.#again();
  }

  /** @param {number[]} turns */
  #redraw(turns) {
    const drawn = turns.filter((turn) => this.#leaf(turn).drawn);
    for (const turn of drawn) this.#drawTurn(turn);
    layChips(drawn.map((turn) => this.turns[turn]));
  }

  /** Lay out what is near anew: the width, the filter or the colours changed. */
  #again() {
    for (const leaf of this.leaves) {
      const box = leaf.element.getBoundingClientRect();
      if (box.bottom < -innerHeight || box.top > 2 * innerHeight) {
        leaf.drawn = false;
        continue;
      }
      this.#draw(leaf);
      layChips(this.turns.slice(leaf.first, leaf.last + 1));
    }
  }

  /** @param {number} turn */
  #leaf(turn) {
    return this.leaves[countBelow(this.leaves, (leaf) => leaf.last < turn)];
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #near(entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      this.#draw(this.leaves[countBelow(this.leaves, (leaf) => precedes(leaf.element, entry.target))]);
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const chip = target.closest("[data-mark]");
    const keys = target.closest("[data-keys]")?.getAttribute("data-keys")?.split(" ") ?? [];
    if (!chip && (!keys.length || !getSelection()?.isCollapsed)) return;
    // Clicking again where several marks lie goes through them, one by one.
    const key = chip?.getAttribute("data-mark") ?? keys[(keys.indexOf(this.current ?? "") + 1) % keys.length];
    this.dispatchEvent(new CustomEvent("pick", { detail: key }));
  }

  /** Show a mark as the current one. @param {string|null} key */
  setCurrent(key) {
    const before = this.current;
    this.current = key;
    const touched = new Set();
    for (const mark of [before, key].map((one) => this.model.marks.get(one ?? ""))) {
      if (!mark) continue;
      const last = this.model.turnAt(Math.max(mark.from, mark.to - 1));
      for (let turn = this.model.turnAt(mark.from); turn <= last; turn += 1) touched.add(turn);
    }
    this.#redraw([...touched]);
  }

  /** Bring a place of the text into view. @param {number} at @param {boolean} [smooth] */
  reveal(at, smooth = true) {
    const turn = this.model.turnAt(at);
    this.#draw(this.#leaf(turn));
    const element = this.turns[turn];
    const piece = this.#piece(turn, at) ?? element;
    const box = piece.getBoundingClientRect();
    if (box.top > innerHeight * 0.15 && box.bottom < innerHeight * 0.75 && box.height > 0) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const far = Math.abs(box.top) > 2 * innerHeight;
    piece.scrollIntoView({ block: "center", behavior: smooth && !calm && !far ? "smooth" : "instant" });
  }

  /** @param {number} turn @param {number} at @returns {Element|undefined} */
  #piece(turn, at) {
    let from = this.model.turns[turn].from;
    for (const piece of this.turns[turn].children[1].children) {
      from += piece.textContent.length;
      if (from > at) return piece;
    }
    return undefined;
  }

  /** @param {number} turn @returns {Element} the element that holds a turn's words, and nothing else */
  wordsOf(turn) {
    this.#draw(this.#leaf(turn));
    return this.turns[turn].children[1];
  }

  /** @param {string} key @returns {HTMLElement|null} */
  chip(key) {
    return this.root.querySelector(`[data-mark="${CSS.escape(key)}"]`);
  }

  /** Offsets of the text that the window shows. @returns {{from: number, to: number}} */
  visible() {
    const line = 90;
    const at = (/** @type {number} */ y) => {
      const leaf = countBelow(this.leaves, (one) => one.element.getBoundingClientRect().bottom <= y);
      const { first, last, filled } = this.leaves[Math.min(leaf, this.leaves.length - 1)];
      if (!filled) return this.model.turns[first].from;
      const turns = this.turns.slice(first, last + 1);
      const turn = Math.min(first + countBelow(turns, (one) => one.getBoundingClientRect().bottom <= y), last);
      const box = this.turns[turn].getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (y - box.top) / (box.height || 1)));
      const { from, to } = this.model.turns[turn];
      return from + part * (to - from);
    };
    return { from: at(line), to: at(innerHeight) };
  }
}

/** @param {Mark[]} marks in order @returns {Map<string, number>} the lane of each, so that none crosses another */
function lanesOf(marks) {
  /** @type {number[]} */
  const ends = [];
  /** @type {Map<string, number>} */
  const lanes = new Map();
  for (const mark of marks) {
    if (mark.state === "rejected") continue;
    let lane = ends.findIndex((end) => end <= mark.from);
    if (lane < 0) lane = ends.length;
    ends[lane] = mark.to;
    lanes.set(mark.key, lane);
  }
  return lanes;
}

/** @param {Element} a @param {Element} b */
const precedes = (a, b) => Boolean(a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING);

/** @type {(run: (deadline: {timeRemaining: () => number}) => void) => unknown} */
const later = window.requestIdleCallback ?? ((run) => setTimeout(() => run({ timeRemaining: () => 12 }), 30));

/** @param {number} seconds @returns {string} h:mm:ss */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${parts.join(":")}` : parts.join(":");
}
