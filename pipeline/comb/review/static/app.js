/** The reading page at work: what is current, and every act that a coder can do. */

import { get, transcriptPath } from "./api.js";
import { isOpen } from "./model.js";
import { newId } from "./unsent.js";
import { pickCode } from "./picker.js";
import { alarm, confirm, say } from "./say.js";
import { html } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").Act} Act */
/** @typedef {import("./types.js").Reply} Reply */
/** @typedef {import("./types.js").Target} Target */
/** @typedef {import("./types.js").Valence} Valence */

const LOOK = 700;

/** Event "view" whenever the panel and the header should be drawn again. */
export class App extends EventTarget {
  /**
   * @param {import("./model.js").Model} model
   * @param {import("./document.js").Document} doc
   * @param {import("./selection.js").Picked} picked
   * @param {import("./filters.js").Filters} filters
   * @param {import("./outbox.js").Outbox} outbox
   */
  constructor(model, doc, picked, filters, outbox) {
    super();
    this.model = model;
    this.doc = doc;
    this.picked = picked;
    this.filters = filters;
    this.outbox = outbox;
    /** Raised by each act and each move, so that a late answer does not move the coder elsewhere. */
    this.steps = 0;
    /** @type {Mark|null} */
    this.mark = null;
    /** The mark whose passage is being adjusted. @type {Mark|null} */
    this.adjusting = null;
    /** Memos typed and not yet saved. @type {Map<string, string>} */
    this.memos = new Map();
    /** Suggestions still to be checked of a drawn sample. @type {string[]} */
    this.sample = [];
    this.looking = 0;
  }

  /** Whether others' codings and suggestions are withheld. */
  get hidden() {
    return this.model.mode !== "open" && !this.model.finished;
  }

  /** @returns {Mark[]} the marks that the filter shows, in the order of the text */
  get marks() {
    return this.model.ordered.filter((mark) => this.filters.shown(mark));
  }

  view() {
    this.dispatchEvent(new CustomEvent("view"));
  }

  /**
   * Make a mark the current one.
   * @param {string|null} key
   * @param {{focus?: boolean, reveal?: boolean}} [how]
   */
  go(key, { focus = true, reveal = true } = {}) {
    this.steps += 1;
    this.mark = this.model.marks.get(key ?? "") ?? null;
    if (this.adjusting && this.adjusting.key !== key) this.cancelSpan();
    this.doc.setCurrent(this.mark?.key ?? null);
    this.picked.refresh();
    if (this.mark) {
      if (reveal) this.doc.reveal(this.mark.from);
      if (focus) this.doc.chip(this.mark.key)?.focus({ preventScroll: true });
      this.#look(this.mark);
    }
    this.view();
  }

  /** After a moment, the current suggestion counts as looked at; that is no decision. @param {Mark} mark */
  #look(mark) {
    clearTimeout(this.looking);
    if (mark.kind !== "suggestion") return;
    const id = mark.object.id;
    if (mark.object.evidence === undefined) void this.#fetchWhole(mark);
    if (mark.state === "unseen" && !this.model.finished) {
      this.looking = setTimeout(() => void this.act({ act: "seen", suggestions: [id] }), LOOK);
    }
  }

  /** @param {import("./types.js").SuggestionMark} mark */
  async #fetchWhole(mark) {
    const path = transcriptPath(this.model.id, `suggestions/${encodeURIComponent(mark.object.id)}`);
    const whole = await get(path).catch(() => null);
    if (!whole) return;
    this.model.enrich(mark.key, { evidence: whole.evidence ?? [], rival: whole.rival ?? null, words: whole.words });
    if (this.mark?.key === mark.key) this.view();
  }

  /** Go to the next mark, or the one before. @param {1|-1} step @param {(mark: Mark) => boolean} [wanted] */
  step(step, wanted = () => true) {
    const found = this.#from(this.#order(wanted), step, wanted);
    if (found) this.go(found.key);
    else say(wanted === isOpen ? "No undecided suggestion is left that way." : "There is no mark that way.");
  }

  /** Undecided suggestions may be walked through as `comb next` ranks them; all else as in the text. @param {(mark: Mark) => boolean} wanted */
  #order(wanted) {
    if (wanted !== isOpen || this.filters.order !== "next") return this.marks;
    const rank = (/** @type {Mark} */ mark) => this.model.ranks.get(mark.from) ?? Infinity;
    return this.marks.sort((a, b) => (rank(a) === rank(b) ? a.from - b.from : rank(a) - rank(b)));
  }

  /** @param {Mark[]} marks @param {1|-1} step @param {(mark: Mark) => boolean} wanted */
  #from(marks, step, wanted) {
    const current = this.mark;
    const index = current ? marks.findIndex((mark) => mark.key === current.key) : -1;
    if (index < 0 && this.filters.order === "next" && wanted === isOpen) return marks.find(wanted);
    const at = current ? current.from : this.doc.visible().from;
    const rest = step > 0 ? marks.slice(index >= 0 ? index + 1 : 0) : marks.slice(0, index >= 0 ? index : undefined).reverse();
    return rest.find((mark) => wanted(mark) && (index >= 0 || (step > 0 ? mark.from >= at : mark.from <= at)));
  }

  /** Go through a drawn sample, one by one. @param {string[]} keys */
  walk(keys) {
    this.sample = keys;
    say(`${keys.length} suggestions were drawn. Decide on each; the next one comes by itself.`);
    this.#advance();
  }

  #advance() {
    const focus = !document.activeElement?.closest("aside");
    this.sample = this.sample.filter((key) => {
      const mark = this.model.marks.get(key);
      return mark && isOpen(mark);
    });
    if (this.sample.length) return this.go(this.sample[0], { focus });
    const marks = this.#order(isOpen);
    const next = this.#from(marks, 1, isOpen) ?? marks.find(isOpen);
    if (next) this.go(next.key, { focus });
    else this.view();
  }

  /**
   * Do an act: the page shows it at once; its outcome is said when the server has committed it.
   * @param {Act} act
   * @param {string} [outcome]
   * @param {string} [id]
   * @returns {Promise<Reply|null>} the server's answer; nobody needs to wait for it
   */
  async act(act, outcome, id = newId()) {
    if (this.model.me.role === "reader") {
      if (act.act !== "seen") say("As a reader you see everything and change nothing.");
      return null;
    }
    if (act.act !== "seen") this.steps += 1;
    // The text that was decided upon: on another one the offsets would be of other words.
    const reply = await this.outbox.push({ ...act, text: this.model.textDigest }, id);
    if (reply && outcome) say(outcome);
    return reply;
  }

  /** @param {Mark} mark */
  accept(mark) {
    const memo = this.memos.get(mark.key);
    void this.act({ act: "accept", suggestion: mark.object.id }, `Accepted: ${this.model.codeName(mark.code)}.`);
    if (memo) void this.act({ act: "memo", suggestion: mark.object.id, memo });
    this.memos.delete(mark.key);
    this.#advance();
  }

  /** @param {Mark} mark */
  reject(mark) {
    const memo = this.memos.get(mark.key);
    void this.act({ act: "reject", suggestion: mark.object.id, ...(memo ? { memo } : {}) }, `Rejected: ${this.model.codeName(mark.code)}.`);
    this.memos.delete(mark.key);
    this.#advance();
  }

  /** @param {Mark} mark */
  async recode(mark) {
    const options = { title: "Change the code", quote: this.model.quote(mark), code: mark.code, valence: mark.valence };
    const choice = await pickCode(this.model, options);
    if (!choice) return;
    let now = target(mark);
    if (choice.code !== mark.code) {
      void this.act({ act: "recode", ...now, code: choice.code }, `Changed to ${this.model.codeName(choice.code)}.`);
      now = this.#become(now);
    }
    if (choice.valence !== mark.valence) void this.act({ act: "valence", ...now, valence: choice.valence }, valenceSaid(choice.valence));
    if (choice.code === mark.code && choice.valence === mark.valence && isOpen(mark)) this.accept(mark);
  }

  /** A suggestion that became a coding is current no more; the coding is. @param {Target} now @returns {Target} */
  #become(now) {
    const coding = this.#codingOf(now.suggestion ?? "");
    if (coding === null) return now;
    const stay = Boolean(document.activeElement?.closest("aside"));
    this.go(`c${coding}`, { focus: !stay, reveal: false });
    return { coding };
  }

  /** @param {string} suggestion @returns {string|null} the coding that it became */
  #codingOf(suggestion) {
    const mark = this.model.marks.get(`s${suggestion}`);
    return (mark?.kind === "suggestion" && mark.object.decision?.coding) || null;
  }

  /** @param {Mark} mark @param {Valence} valence */
  valence(mark, valence) {
    if (mark.valence === valence && mark.kind === "coding") return;
    void this.act({ act: "valence", ...target(mark), valence }, valenceSaid(valence));
    this.#become(target(mark));
  }

  /** @param {Mark} mark */
  uncode(mark) {
    void this.act({ act: "uncode", coding: mark.object.id }, `Removed: ${this.model.codeName(mark.code)}. Undo brings it back.`);
  }

  /** @param {Mark} mark */
  saveMemo(mark) {
    const memo = this.memos.get(mark.key);
    if (memo === undefined || isOpen(mark)) return;
    void this.act({ act: "memo", ...target(mark), memo }, "Memo saved.");
    this.memos.delete(mark.key);
  }

  /** Code the picked words, or the current sentence where none are. */
  async codePicked() {
    this.picked.read();
    const span = this.picked.span;
    if (!span) return;
    const place = { start: this.model.offsets.toPoint(span.from), end: this.model.offsets.toPoint(span.to) };
    const put = (/** @type {import("./picker.js").Choice} */ { code, valence }, id = newId()) => {
      void this.act({ act: "code", ...place, code, valence }, `Coded: ${this.model.codeName(code)}.`, id);
      return id;
    };
    const used = this.model.ordered
      .filter((mark) => mark.kind === "coding" && mark.from === span.from && mark.to === span.to && mark.coder === this.model.me.coder)
      .map((mark) => mark.code);
    const quote = this.model.text.slice(span.from, span.to);
    const choice = await pickCode(this.model, { title: "Code these words", quote, used, another: (one) => put(one) });
    if (!choice) return;
    const made = put(choice);
    this.picked.set(null);
    this.go(`c${made}`);
  }

  /** @param {Mark} mark */
  adjust(mark) {
    this.adjusting = mark;
    this.picked.set({ from: mark.from, to: mark.to });
    say("Adjust the passage, then Enter saves it.");
    this.view();
  }

  saveSpan() {
    this.picked.read();
    const mark = this.adjusting;
    const span = this.picked.span;
    if (!mark || !span) return;
    this.adjusting = null;
    this.picked.set(null);
    if (mark.kind === "suggestion") void this.act({ act: "accept", suggestion: mark.object.id });
    const coding = mark.kind === "coding" ? mark.object.id : this.#codingOf(mark.object.id);
    if (coding === null) return this.view();
    const place = { start: this.model.offsets.toPoint(span.from), end: this.model.offsets.toPoint(span.to) };
    void this.act({ act: "span", coding, ...place }, "Passage saved.");
    this.go(`c${coding}`, { reveal: false });
  }

  cancelSpan() {
    this.adjusting = null;
    this.picked.set(null);
    this.view();
  }

  /** @param {"undo"|"redo"} which */
  async again(which) {
    if (!(which === "undo" ? this.model.canUndo : this.model.canRedo)) return say(`There is nothing to ${which}.`);
    const done = this.act({ act: which }, which === "undo" ? "Undone." : "Done again.");
    const { steps } = this;
    const key = firstKey(await done, this.model);
    if (key && steps === this.steps) this.go(key, { focus: !document.activeElement?.closest("aside, header") });
  }

  async finish() {
    const { unseen, seen } = this.model.progress(this.model.marks);
    if (unseen) return this.#unseen(unseen);
    const body = html`<p>Finishing says that you have read this transcript to its end: what you gave no code counts as <em>read, no code</em>.</p>
      ${seen ? html`<p>${seen} suggestions were looked at but not decided. They stay undecided: they count neither as accepted nor as rejected.</p>` : ""}
      ${this.hidden ? html`<p>After that you see what was withheld.</p>` : ""}`;
    if (await confirm("Finish this transcript?", body, "Finish")) void this.act({ act: "finish" }, "Finished.");
  }

  /** @param {number} count */
  async #unseen(count) {
    const body = html`<p><b>${count}</b> suggestions were not looked at. A suggestion that nobody looked at is never counted as done, so this transcript is not finished yet.</p>`;
    if (!(await confirm("Not finished yet", body, "Go to the next one"))) return;
    this.filters.set({ state: "unseen", code: "", coder: "", score: 0 });
    this.go(this.marks[0]?.key ?? null);
  }

  reopen() {
    void this.act({ act: "reopen" }, "Open again.");
  }

  /** @param {import("./api.js").ApiError} error */
  refused(error) {
    alarm(error.message, error.remedy);
  }
}

/** @param {Mark} mark @returns {Target} how an act names it */
const target = (mark) => ({ [mark.kind]: mark.object.id });

/** @param {Valence} valence */
const valenceSaid = (valence) => `Valence: ${valence || "none"}.`;

/** @param {import("./types.js").Reply|null} reply @param {import("./model.js").Model} model */
function firstKey(reply, model) {
  const keys = [...(reply?.codings ?? []).map((one) => `c${one.id}`), ...(reply?.suggestions ?? []).map((one) => `s${one.id}`)];
  return keys.find((key) => model.ordered.some((mark) => mark.key === key));
}
