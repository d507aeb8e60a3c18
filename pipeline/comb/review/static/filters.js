/** Which marks are shown: by state, code, score and coder. */

import { isOpen } from "./model.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {"all"|"open"|"unseen"|"coded"|"unsure"|"rejected"} State */
/** @typedef {"text"|"next"} Order */

/** Stands for the model where a coder may be chosen. */
export const MODEL = "(suggestions)";

/** Event "change". */
export class Filters extends EventTarget {
  /** @param {import("./model.js").Model} model */
  constructor(model) {
    super();
    this.model = model;
    /** @type {State} */
    this.state = "all";
    this.code = "";
    this.coder = "";
    this.score = 0;
    /** How undecided suggestions are walked through. @type {Order} */
    this.order = "text";
  }

  /** @param {Mark} mark @returns {boolean} */
  shown(mark) {
    return this.#state(mark) && this.#code(mark.code) && this.#coder(mark) && (mark.kind === "coding" || mark.score >= this.score);
  }

  /** @param {Mark} mark */
  #state(mark) {
    if (this.state === "all") return true;
    if (this.state === "unsure") return mark.kind === "coding" && mark.object.unsure === "yes";
    return this.state === "open" ? isOpen(mark) : mark.state === this.state;
  }

  /** A code stands for those below it, too. @param {string} code */
  #code(code) {
    return this.code === "" || this.#withParents(code).includes(this.code);
  }

  /** @param {string} code @returns {string[]} the code and all codes above it */
  #withParents(code) {
    const path = [];
    for (let at = /** @type {string|null} */ (code); at; at = this.model.codes.get(at)?.parent ?? null) path.push(at);
    return path;
  }

  /** @param {Mark} mark */
  #coder(mark) {
    if (this.coder === "") return true;
    return this.coder === MODEL ? mark.kind === "suggestion" : mark.coder === this.coder;
  }

  /** @param {Partial<{state: State, code: string, coder: string, score: number, order: Order}>} change */
  set(change) {
    Object.assign(this, change);
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** Show every mark again; the order stays. */
  clear() {
    this.set({ state: "all", code: "", coder: "", score: 0 });
  }

  /** Whether some marks may be hidden. */
  get narrowed() {
    return this.state !== "all" || this.code !== "" || this.coder !== "" || this.score > 0;
  }

  /** Codes that some mark has, and the codes above them, in the order of the codebook. */
  get usedCodes() {
    const used = new Set([...this.model.marks.values()].flatMap((mark) => this.#withParents(mark.code)));
    return [...this.model.codes.values()].filter((code) => used.has(code.id));
  }

  /** Names of those who coded something, sorted. */
  get coders() {
    const codings = [...this.model.marks.values()].filter((mark) => mark.kind === "coding");
    return [...new Set(codings.map((mark) => mark.coder))].sort();
  }
}
