/** The passage that is picked: by mouse (the browser's selection) or by keys, kept while a dialog is open. */

import { countBelow, trimmed, wholeCharacters, wordEdges } from "./offsets.js";

/** @typedef {import("./types.js").Span} Span */
/** @typedef {import("./document.js").Document} Document */
/** @typedef {import("./model.js").Model} Model */

const REACH = 2000;

/** Event "span" after every change. */
export class Picked extends EventTarget {
  /** @param {Document} doc @param {Model} model */
  constructor(doc, model) {
    super();
    this.doc = doc;
    this.model = model;
    /** @type {Span|null} */
    this.span = null;
    this.setting = false;
    document.addEventListener("selectionchange", () => this.read());
  }

  /** @param {Span|null} span */
  set(span) {
    this.span = span;
    this.#select();
    this.#changed();
  }

  /** Have the browser select what is picked. */
  #select() {
    const { span } = this;
    const selection = getSelection();
    this.setting = true;
    if (span) {
      const range = rangeOf(this.doc, this.model, span);
      selection?.setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    } else if (selection && this.#inside(selection)) selection.removeAllRanges();
    setTimeout(() => (this.setting = false));
  }

  /** Draw the picked passage again, after its words were redrawn; with them the browser's selection has gone. */
  refresh() {
    const selection = getSelection();
    if (this.span && selection?.isCollapsed && this.#inside(selection)) this.#select();
    if (!("highlights" in CSS)) return;
    const { highlights } = CSS;
    if (this.span) highlights.set("picked", new Highlight(rangeOf(this.doc, this.model, this.span)));
    else highlights.delete("picked");
  }

  #changed() {
    this.refresh();
    this.dispatchEvent(new CustomEvent("span"));
  }

  /** @param {Selection} selection */
  #inside(selection) {
    return selection.anchorNode !== null && this.doc.root.contains(selection.anchorNode);
  }

  /** Take over what the browser has selected; it says so late, and not while a passage is being set. */
  read() {
    const selection = getSelection();
    if (this.setting || !selection || !this.#inside(selection)) return;
    const span = selection.isCollapsed ? null : spanOf(this.doc, this.model, selection.getRangeAt(0));
    if (span?.from === this.span?.from && span?.to === this.span?.to) return;
    this.span = span;
    this.#changed();
  }

  /**
   * Pick the next of the segments, or the one before.
   * @param {1|-1} step
   * @param {number} from  where to start where nothing is picked
   * @param {Span|null} [beyond]  a passage that is coded already: the segment after or before it is meant
   */
  segment(step, from, beyond = null) {
    const segments = this.model.segments;
    const left = this.span ?? beyond;
    const index = left ? this.model.segmentAt(step > 0 ? left.to - 1 : left.from) + step : this.model.segmentAt(from);
    const segment = segments[Math.min(segments.length - 1, Math.max(0, index))];
    if (!segment) return;
    this.set({ ...segment });
    this.doc.reveal(segment);
  }

  /** Move one edge by a word. @param {"start"|"end"} which @param {1|-1} step */
  word(which, step) {
    this.read();
    if (!this.span) return;
    const { from, to } = this.span;
    const at = which === "start" ? from : to;
    const edges = wordEdges(this.model.text, Math.max(0, at - REACH), at + REACH, which).filter((edge) => this.#spoken(edge, which));
    const moved = step > 0 ? edges.find((edge) => edge > at) : edges.findLast((edge) => edge < at);
    if (moved !== undefined) this.#move(this.span, which, moved);
  }

  /** Whether an edge lies in what somebody says, not in the name before it. @param {number} edge @param {"start"|"end"} which */
  #spoken(edge, which) {
    const { from, to } = this.model.turns[this.model.turnAt(which === "end" ? edge - 1 : edge)];
    return from <= edge && edge <= to;
  }

  /** Move the end by a segment. @param {1|-1} step */
  extend(step) {
    this.read();
    if (!this.span) return;
    const { to } = this.span;
    const segments = this.model.segments;
    const index =
      step > 0 ? countBelow(segments, (segment) => segment.to <= to) : countBelow(segments, (segment) => segment.to < to) - 1;
    if (segments[index]) this.#move(this.span, "end", segments[index].to);
  }

  /** @param {Span} before @param {"start"|"end"} which @param {number} at */
  #move(before, which, at) {
    const span = which === "start" ? { from: at, to: before.to } : { from: before.from, to: at };
    if (span.from >= span.to) return;
    this.set(span);
    this.doc.reveal(which === "start" ? { from: span.from, to: span.from + 1 } : { from: span.to - 1, to: span.to });
  }
}

/**
 * @param {Document} doc
 * @param {Model} model
 * @param {Span} span
 * @returns {Range} from the first to the last of its characters
 */
export function rangeOf(doc, model, { from, to }) {
  const range = document.createRange();
  range.setStart(...point(doc, model, from, model.turnAt(from)));
  range.setEnd(...point(doc, model, to, model.turnAt(Math.max(from, to - 1))));
  return range;
}

/** @param {Document} doc @param {Model} model @param {number} at @param {number} turn @returns {[Node, number]} */
function point(doc, model, at, turn) {
  const words = doc.wordsOf(turn);
  let left = Math.min(Math.max(at, model.turns[turn].from), model.turns[turn].to) - model.turns[turn].from;
  const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { length } = /** @type {Text} */ (node);
    if (left <= length) return [node, left];
    left -= length;
  }
  return [words, words.childNodes.length];
}

/**
 * @param {Document} doc
 * @param {Model} model
 * @param {Range} range
 * @returns {Span|null} what a selection covers, without white space at the ends and without cutting a character
 */
function spanOf(doc, model, range) {
  const from = offsetOf(doc, model, range.startContainer, range.startOffset, true);
  const to = offsetOf(doc, model, range.endContainer, range.endOffset, false);
  if (from >= to) return null;
  const whole = wholeCharacters(model.text, from, to);
  const span = trimmed(model.text, whole.from, whole.to);
  return span.from < span.to ? span : null;
}

/** @param {Document} doc @param {Model} model @param {Node} node @param {number} offset @param {boolean} start */
export function offsetOf(doc, model, node, offset, start) {
  const element = node instanceof Element ? node : node.parentElement;
  const words = /** @type {HTMLElement|null} */ (element?.closest(".words") ?? null);
  if (words) {
    const before = document.createRange();
    before.setStart(words, 0);
    before.setEnd(node, offset);
    return model.turns[Number(words.dataset.turn)].from + before.toString().length;
  }
  const edge = document.createRange();
  edge.setStart(node, offset);
  const all = /** @type {NodeListOf<HTMLElement>} */ (doc.root.querySelectorAll(".words"));
  const next = countBelow(all, (one) => edge.comparePoint(one, 0) < 0);
  const nearest = all[start ? next : next - 1];
  if (!nearest) return start ? model.text.length : 0;
  const turn = model.turns[Number(nearest.dataset.turn)];
  return start ? turn.from : turn.to;
}
