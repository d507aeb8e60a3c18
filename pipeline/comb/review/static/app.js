/** The reading page at work: what is current, and every act that a coder can do. */

import { get, transcriptPath } from "./api.js";
import { isOpen } from "./model.js";
import { newId } from "./unsent.js";
import { pickCode } from "./picker.js";
import { QuickCodes } from "./quick.js";
import { alarm, say } from "./say.js";
import { goesOn } from "./settings.js";
import { cancelSpan, codeSpan } from "./words.js";

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
    this.quick = new QuickCodes(model);
    /** The transcript to go on with, once this one is finished. @type {string|null} */
    this.nextUp = null;
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
    if (this.adjusting && this.adjusting.key !== key) cancelSpan(this);
    this.doc.setCurrent(this.mark?.key ?? null);
    this.picked.refresh();
    if (this.mark) {
      if (reveal) this.doc.reveal(this.mark);
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
    if (found) this.go(found.key, { focus: !document.activeElement?.closest("aside") });
    else say(wanted === isOpen ? "No more undecided suggestions in that direction." : "No more suggestions or codings in that direction.");
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
    const at = current?.from ?? this.picked.span?.from ?? this.doc.visible().from;
    const rest = step > 0 ? marks.slice(index >= 0 ? index + 1 : 0) : marks.slice(0, index >= 0 ? index : undefined).reverse();
    return rest.find((mark) => wanted(mark) && (index >= 0 || (step > 0 ? mark.from >= at : mark.from <= at)));
  }

  /** Go through a drawn sample, one by one. @param {string[]} keys */
  walk(keys) {
    this.sample = keys;
    say(`Suggestions drawn at random: ${keys.length}. Decide on each; comb then shows the next one.`);
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
      if (act.act !== "seen") say("As a reader you can see everything but change nothing.");
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
    this.#accept(mark, this.memos.get(mark.key));
    this.#advance();
  }

  /** @param {Mark} mark @param {string} [memo] */
  #accept(mark, memo) {
    this.quick.use(mark.code);
    void this.act({ act: "accept", suggestion: mark.object.id }, `Accepted: ${this.model.codeName(mark.code)}.`);
    if (memo) void this.act({ act: "memo", suggestion: mark.object.id, memo });
    this.memos.delete(mark.key);
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
    if (choice.code === mark.code && choice.valence === mark.valence) return isOpen(mark) ? this.accept(mark) : undefined;
    this.#change(mark, choice);
  }

  /** @param {Mark} mark @param {import("./picker.js").Choice} choice */
  #change(mark, { code, valence }) {
    let now = target(mark);
    const open = isOpen(mark);
    if (code !== mark.code) {
      this.quick.use(code);
      void this.act({ act: "recode", ...now, code }, `Changed to ${this.model.codeName(code)}.`);
      now = this.#become(mark, now);
    }
    if (valence !== mark.valence || (code === mark.code && open)) {
      void this.act({ act: "valence", ...now, valence }, valenceSaid(valence));
      this.#become(mark, now);
    }
    if (open && goesOn()) this.#advance();
  }

  /** A suggestion that became a coding is current no more; the coding is. @param {Mark} mark @param {Target} now @returns {Target} */
  #become(mark, now) {
    const coding = this.codingOf(now.suggestion ?? "");
    if (coding === null) return now;
    const memo = this.memos.get(mark.key);
    if (memo) void this.act({ act: "memo", coding, memo });
    this.memos.delete(mark.key);
    const stay = Boolean(document.activeElement?.closest("aside"));
    this.go(`c${coding}`, { focus: !stay, reveal: false });
    return { coding };
  }

  /** What a digit is about: the picked words, or else the current mark. @returns {import("./quick.js").Subject|null} */
  subject() {
    const { span } = this.picked;
    if (span) return { key: `words ${this.model.segmentAt(span.from)}`, ...span };
    const mark = this.mark;
    if (!mark || (mark.kind === "coding" && mark.coder !== this.model.me.coder)) return null;
    return { key: mark.key, from: mark.from, to: mark.to, code: mark.code };
  }

  /** Take one of the codes that have a digit: for the picked words, or for the current mark. @param {number} digit */
  digit(digit) {
    this.picked.read();
    const subject = this.subject();
    if (this.model.finished || this.adjusting) return;
    if (!subject) return say("Select words, or go to a suggestion, first.");
    const code = this.quick.list(subject)[digit - 1];
    if (!code) return say(`No code has the digit ${digit} here.`);
    this.take(code);
  }

  /** Put a code on the picked words, or on the current mark. @param {string} code */
  take(code) {
    const { span } = this.picked;
    if (span) codeSpan(this, span, { code, valence: "" });
    else if (this.mark) this.#change(this.mark, { code, valence: this.mark.valence });
  }

  /** @param {string} suggestion @returns {string|null} the coding that it became */
  codingOf(suggestion) {
    const mark = this.model.marks.get(`s${suggestion}`);
    return (mark?.kind === "suggestion" && mark.object.decision?.coding) || null;
  }

  /** @param {Mark} mark @param {Valence} valence */
  valence(mark, valence) {
    if (mark.valence === valence && mark.kind === "coding") return;
    this.#change(mark, { code: mark.code, valence });
  }

  /** Mark a coding as one of which the coder is unsure, or not any more; a suggestion is accepted so. @param {Mark} mark */
  unsure(mark) {
    const open = mark.kind === "suggestion";
    const unsure = open || mark.object.unsure !== "yes";
    const done = unsure ? "Marked as unsure." : "No longer marked as unsure.";
    if (!open) return void this.act({ act: "unsure", coding: mark.object.id, unsure }, done);
    const memo = this.memos.get(mark.key);
    this.#accept(mark, memo);
    void this.act({ act: "unsure", suggestion: mark.object.id, unsure }, "Accepted, and marked as unsure.");
    this.#advance();
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

  /** @param {"undo"|"redo"} which */
  async again(which) {
    if (!(which === "undo" ? this.model.canUndo : this.model.canRedo)) return say(`There is nothing to ${which}.`);
    const done = this.act({ act: which }, which === "undo" ? "Undone." : "Redone.");
    const { steps } = this;
    const key = firstKey(await done, this.model);
    if (key && steps === this.steps) this.go(key, { focus: !document.activeElement?.closest("aside, header") });
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
