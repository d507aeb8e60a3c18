/** Codes for the digits 1 to 9: the likeliest for a passage first, then those that were used last. */

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {{key: string, from: number, to: number, code?: string}} Subject  What would be coded; `code`: what it has now. */

const MOST = 9;

/** Keeps its answer for as long as the same passage is looked at: a digit must not change its meaning under the finger. */
export class QuickCodes {
  /** @param {import("./model.js").Model} model */
  constructor(model) {
    this.model = model;
    /** Codes in the order of their last use, the latest first. @type {string[]} */
    this.recent = [];
    this.of = "";
    /** @type {string[]} */
    this.codes = [];
  }

  /** @param {string} code that was just used */
  use(code) {
    this.recent = [code, ...this.recent.filter((one) => one !== code)].slice(0, MOST);
  }

  /** @param {Subject} subject @returns {string[]} codes for the digits 1, 2, … */
  list(subject) {
    if (subject.key !== this.of) {
      this.of = subject.key;
      this.codes = this.#choose(subject);
    }
    return this.codes.filter((code) => this.model.codes.has(code));
  }

  /** @param {Subject} subject */
  #choose(subject) {
    const found = new Set([...this.#likely(subject), ...this.recent, ...this.#used(), ...this.#ofLevel(), ...this.#leaves()]);
    found.delete(subject.code ?? "");
    return [...found].filter((code) => this.model.codes.has(code)).slice(0, MOST);
  }

  /** Codes that are suggested for the passage, the likeliest first. @param {Subject} subject */
  #likely({ from, to }) {
    /** @type {Map<string, number>} */
    const scores = new Map();
    const rate = (/** @type {string} */ code, /** @type {number} */ score) => scores.set(code, Math.max(score, scores.get(code) ?? 0));
    for (const mark of this.model.marks.values()) {
      if (mark.kind !== "suggestion" || mark.from >= to || mark.to <= from) continue;
      rate(mark.code, mark.score);
      if (mark.object.rival) rate(mark.object.rival.code, mark.object.rival.score);
    }
    return [...scores].sort((a, b) => b[1] - a[1]).map(([code]) => code);
  }

  /** Codes of this coder here, the most frequent first. */
  #used() {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const mark of this.model.marks.values()) {
      if (mark.kind === "coding" && mark.coder === this.model.me.coder) counts.set(mark.code, (counts.get(mark.code) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).map(([code]) => code);
  }

  /** Codes of the levels of the codebook that are in use here. */
  #ofLevel() {
    const levels = new Set([...this.model.marks.values()].map((mark) => this.model.codes.get(mark.code)?.level));
    return [...this.model.codes.values()].filter((code) => levels.has(code.level)).map((code) => code.id);
  }

  #leaves() {
    const parents = new Set([...this.model.codes.values()].map((code) => code.parent));
    return [...this.model.codes.keys()].filter((code) => !parents.has(code));
  }
}
