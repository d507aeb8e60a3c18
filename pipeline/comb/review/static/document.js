/**
 * The transcript as a document. Turns are grouped into leaves of a few thousand characters; the browser lays out only
 * the leaves near the window (content-visibility). Words are put in at once for the first leaves and in idle moments
 * for the rest, so that the browser's own search finds them; marks are drawn when a leaf comes near.
 */

import { band, caretIn } from "./band.js";
import { layChips, makeChip } from "./margin.js";
import { countBelow } from "./offsets.js";
import { offsetOf, rangeOf } from "./selection.js";
import { drawWords, makeTurn, nameWidth } from "./turn.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {{first: number, last: number, element: HTMLElement, filled: boolean, drawn: boolean}} Leaf */

const LEAF = 3000;
/** Pixels between the current passage and the edge of what can be read. */
const EDGE = 12;

/** Events: "pick" (detail: key of the mark that was clicked), "step" (detail: 1 or -1, to the next mark or the one before). */
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
    root.addEventListener("keydown", (event) => this.#arrow(event));
    new ResizeObserver(() => this.#again()).observe(root);
    /** What is being scrolled to. @type {import("./types.js").Span|null} */
    this.aim = null;
    // Leaves that were laid out on the way there may have moved it.
    addEventListener("scrollend", () => this.aim && this.reveal(this.aim, false));
    for (const kind of ["wheel", "touchmove", "pointerdown"]) addEventListener(kind, () => (this.aim = null), { passive: true });
  }

  /** Rebuild the document. */
  build() {
    this.observer.disconnect();
    this.turns = new Array(this.model.turns.length);
    this.root.style.setProperty("--who", nameWidth(this.model.turns));
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
    for (let turn = leaf.first; turn <= leaf.last; turn += 1) turns.push((this.turns[turn] = makeTurn(turn, this.model)));
    leaf.element.append(...turns);
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
    drawWords(/** @type {HTMLElement} */ (element.children[1]), turn, marks, this.model, this.current);
    const chips = marks
      .filter((mark) => mark.from >= turn.from || index === 0)
      .map((mark) => makeChip(mark, this.model, mark.key === this.current));
    element.children[2].replaceChildren(...chips);
    element.classList.toggle("marked", chips.length > 0);
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

  /** Redraw everything: the filter or the colours changed. */
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

  /** Lay out again what is near: the width, the filter or the colours changed. */
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

  /** Arrows go from mark to mark in the margin: a way for who has switched single keys off. @param {KeyboardEvent} event */
  #arrow(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || !(/** @type {Element} */ (event.target).closest(".chip"))) return;
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("step", { detail: step }));
  }

  /** Show a mark as the current one. @param {string|null} key */
  setCurrent(key) {
    const before = this.current;
    this.current = key;
    this.aim = null;
    const touched = new Set();
    for (const mark of [before, key].map((one) => this.model.marks.get(one ?? ""))) {
      if (!mark) continue;
      const last = this.model.turnAt(Math.max(mark.from, mark.to - 1));
      for (let turn = this.model.turnAt(mark.from); turn <= last; turn += 1) touched.add(turn);
    }
    this.#redraw([...touched]);
  }

  /**
   * Bring a passage to where it can be read: between the bar above and the panel, where that lies at the foot.
   * @param {import("./types.js").Span} span
   * @param {boolean} [smooth]
   */
  reveal(span, smooth = true) {
    this.aim = span;
    this.#draw(this.#leaf(this.model.turnAt(span.from)));
    const box = rangeOf(this, this.model, span).getBoundingClientRect();
    const { top, bottom } = band();
    const room = bottom - top - 2 * EDGE;
    const shown = box.height > 0 && box.top >= top + EDGE && box.top + Math.min(box.height, room) <= bottom - EDGE;
    if (shown) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const by = box.top - (top + EDGE + Math.max(0, (room - box.height) / 2));
    const far = Math.abs(by) > 2 * innerHeight;
    scrollBy({ top: by, behavior: smooth && !calm && !far ? "smooth" : "instant" });
  }

  /** Put the line that holds a place of the text at the top of what can be read. @param {number} at */
  putOnTop(at) {
    this.#draw(this.#leaf(this.model.turnAt(at)));
    const box = rangeOf(this, this.model, { from: at, to: Math.min(at + 1, this.model.text.length) }).getBoundingClientRect();
    scrollBy({ top: box.top - band().top - 4, behavior: "instant" });
  }

  /** @returns {number} where the first line begins that can be read whole */
  onTop() {
    const y = band().top + 16;
    const turn = this.#turnAtHeight(y);
    const found = turn === null ? null : caretIn(this.turns[turn].children[1], y);
    return found ? offsetOf(this, this.model, found.node, found.offset, true) : Math.round(this.visible().from);
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

  /** @param {number} y @returns {Leaf} */
  #leafAtHeight(y) {
    const leaf = countBelow(this.leaves, (one) => one.element.getBoundingClientRect().bottom <= y);
    return this.leaves[Math.min(leaf, this.leaves.length - 1)];
  }

  /** @param {number} y @returns {number|null} the turn at a height of the window; null where its words are not put in yet */
  #turnAtHeight(y) {
    const { first, last, filled } = this.#leafAtHeight(y);
    if (!filled) return null;
    const turns = this.turns.slice(first, last + 1);
    return Math.min(first + countBelow(turns, (one) => one.getBoundingClientRect().bottom <= y), last);
  }

  /** Offsets of the text that the window shows. @returns {{from: number, to: number}} */
  visible() {
    const line = band().top;
    const at = (/** @type {number} */ y) => {
      const turn = this.#turnAtHeight(y);
      if (turn === null) return this.model.turns[this.#leafAtHeight(y).first].from;
      const box = this.turns[turn].getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (y - box.top) / (box.height || 1)));
      const { from, to } = this.model.turns[turn];
      return from + part * (to - from);
    };
    return { from: at(line), to: at(band().bottom) };
  }
}

/** @param {Element} a @param {Element} b */
const precedes = (a, b) => Boolean(a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING);

/** @type {(run: (deadline: {timeRemaining: () => number}) => void) => unknown} */
const later = window.requestIdleCallback ?? ((run) => setTimeout(() => run({ timeRemaining: () => 12 }), 30));
