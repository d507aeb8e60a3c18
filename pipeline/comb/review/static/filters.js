/** Which marks are shown: by state, code, score and coder. */

import { html, render } from "./vendor/lit-html.js";
import { isOpen } from "./model.js";

/** @typedef {import("./types.js").Mark} Mark */

const STATES = [
  ["all", "all"],
  ["open", "undecided"],
  ["unseen", "not looked at"],
  ["coded", "codings"],
  ["rejected", "rejected"],
];
export const MODEL = "(suggestions)";

/** Event "change". */
export class Filters extends EventTarget {
  /** @param {HTMLElement} box @param {import("./model.js").Model} model */
  constructor(box, model) {
    super();
    this.box = box;
    this.model = model;
    this.state = "all";
    this.code = "";
    this.coder = "";
    this.score = 0;
    /** How undecided suggestions are walked through. @type {"text"|"next"} */
    this.order = "text";
  }

  /** @param {Mark} mark @returns {boolean} */
  shown(mark) {
    return this.#state(mark) && this.#code(mark.code) && this.#coder(mark) && (mark.kind === "coding" || mark.score >= this.score);
  }

  /** @param {Mark} mark */
  #state(mark) {
    if (this.state === "all") return true;
    return this.state === "open" ? isOpen(mark) : mark.state === this.state;
  }

  /** A code stands for those below it, too. @param {string|null} code */
  #code(code) {
    if (this.code === "") return true;
    for (let at = code; at; at = this.model.codes.get(at)?.parent ?? null) if (at === this.code) return true;
    return false;
  }

  /** @param {Mark} mark */
  #coder(mark) {
    if (this.coder === "") return true;
    return this.coder === MODEL ? mark.kind === "suggestion" : mark.coder === this.coder;
  }

  /** @param {Partial<{state: string, code: string, coder: string, score: number, order: "text"|"next"}>} change */
  set(change) {
    Object.assign(this, change);
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** Draw the controls. */
  draw() {
    const marks = [...this.model.marks.values()];
    const used = new Set();
    for (const mark of marks) for (let at = mark.code; at; at = this.model.codes.get(at)?.parent ?? null) used.add(at);
    const coders = [...new Set(marks.filter((mark) => mark.kind === "coding").map((mark) => mark.coder))].sort();
    const codes = [...this.model.codes.values()].filter((code) => used.has(code.id));
    render(this.#view(codes, coders), this.box);
  }

  #view(codes, coders) {
    const narrowed = this.state !== "all" || this.code || this.coder || this.score > 0;
    const option = (value, name, chosen) => html`<option value=${value} ?selected=${value === chosen}>${name}</option>`;
    return html`
      <label>Show <select id="filter-state" @change=${(event) => this.set({ state: event.target.value })}>
        ${STATES.map(([value, name]) => option(value, name, this.state))}</select></label>
      <label>Code <select id="filter-code" @change=${(event) => this.set({ code: event.target.value })}>
        ${option("", "every code", this.code)}
        ${codes.map((code) => option(code.id, "\u2003".repeat(code.depth) + code.name, this.code))}</select></label>
      <label>Score from <input id="filter-score" type="number" min="0" max="1" step="0.05" .value=${String(this.score)}
        @change=${(event) => this.set({ score: Number(event.target.value) || 0 })}></label>
      <label>Coder <select id="filter-coder" @change=${(event) => this.set({ coder: event.target.value })}>
        ${option("", "everyone", this.coder)} ${option(MODEL, "suggestions only", this.coder)}
        ${coders.map((coder) => option(coder, coder, this.coder))}</select></label>
      ${this.model.ranks.size ? html`<label>Next undecided <select id="filter-order" @change=${(event) => this.set({ order: event.target.value })}>
        ${option("text", "as in the text", this.order)} ${option("next", "as comb next ranks them", this.order)}</select></label>` : ""}
      ${narrowed ? html`<button type="button" @click=${() => this.set({ state: "all", code: "", coder: "", score: 0 })}>Show all</button>` : ""}`;
  }
}
