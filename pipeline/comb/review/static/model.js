/** What the page knows of one transcript: its turns, and its marks (suggestions and codings) in the order of the text. */

import { Foresight, standing } from "./foresee.js";
import { Offsets, countBelow } from "./offsets.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").Span} Span */
/** @typedef {import("./outbox.js").Entry} Entry */

/** Event "marks" (detail: Set of the keys that changed) after every change. */
export class Model extends EventTarget {
  /** @param {import("./types.js").Codebook} codebook @param {import("./types.js").Me} me */
  constructor(codebook, me) {
    super();
    this.me = me;
    this.codebook = codebook;
    this.codes = placed(codebook);
    /** What the server has said. @type {Map<string, Mark>} */
    this.saved = new Map();
    /** The same with what acts on their way will have changed. @type {Map<string, Mark>} */
    this.marks = new Map();
    /** Acts on their way. @type {Entry[]} */
    this.pending = [];
    this.foresight = this.#foresight();
    this.server = { undo: false, redo: false, finished: false, memo: "" };
    /** Marks that are shown: an accepted suggestion is shown as the coding that it became. @type {Mark[]} */
    this.ordered = [];
    this.version = 0;
    this.canUndo = false;
    this.canRedo = false;
    this.finished = false;
    this.id = "";
    /** @type {import("./types.js").Mode} */
    this.mode = "open";
    this.text = "";
    this.textDigest = "";
    /** Codings whose words the transcript does not have any more. @type {import("./types.js").Lost[]} */
    this.lost = [];
    /** Whether what is decided here was never seen with others' codings or suggestions. */
    this.blind = "";
    /** Since when these were seen. @type {string|null} */
    this.seenSince = null;
    this.offsets = new Offsets("");
    /** @type {import("./types.js").PlacedTurn[]} */
    this.turns = [];
    /** @type {Span[]} */
    this.segments = [];
    /** Segments of a blind audit. @type {Span[]|null} */
    this.audit = null;
    /** Speakers whose role nobody has confirmed. @type {string[]} */
    this.unconfirmed = [];
    /** The coder's memo on the transcript, with what is on its way. */
    this.memo = "";
    /** Ranks of `comb next`, by where the segment starts. @type {Map<number, number>} */
    this.ranks = new Map();
  }

  /** Take a whole transcript, in place of what was there. @param {import("./types.js").Transcript} transcript */
  load(transcript) {
    this.id = transcript.id;
    this.mode = transcript.mode;
    this.text = transcript.text;
    this.textDigest = transcript.text_digest;
    this.lost = transcript.lost ?? [];
    this.blind = transcript.blind;
    this.seenSince = transcript.seen_since;
    this.unconfirmed = transcript.unconfirmed;
    this.offsets = new Offsets(transcript.text);
    const unit = this.offsets.toUnit.bind(this.offsets);
    this.turns = transcript.turns.map((turn) => ({ ...turn, from: unit(turn.start), to: unit(turn.end) }));
    this.segments = transcript.segments.map(([start, end]) => ({ from: unit(start), to: unit(end) }));
    this.audit = transcript.audit?.map(([start, end]) => ({ from: unit(start), to: unit(end) })) ?? null;
    this.ranks = new Map((transcript.next ?? []).map(([start, , rank]) => [unit(start), rank]));
    const before = [...this.marks.keys()];
    this.saved.clear();
    this.#take(transcript);
    this.#foresee([...before, ...this.saved.keys()]);
  }

  /** Take another codebook in the place of the one that was there. @param {import("./types.js").Codebook} codebook */
  takeCodebook(codebook) {
    this.codebook = codebook;
    this.codes = placed(codebook);
    this.#foresee([...this.marks.keys()]);
  }

  /** Suggestions that were looked at. @param {string[]} ids @param {Entry[]} [pending]  acts that are still on their way */
  look(ids, pending = this.pending) {
    this.pending = [...pending];
    const seen = ids.map((id) => this.saved.get(`s${id}`)).filter((mark) => mark?.kind === "suggestion" && mark.state === "unseen");
    for (const mark of seen) if (mark) this.saved.set(mark.key, this.#suggestion({ .../** @type {import("./types.js").SuggestionMark} */ (mark).object, seen: true }));
    this.#foresee(seen.map((mark) => mark?.key ?? ""));
  }

  /** Take what an act changed. @param {import("./types.js").Reply} reply @param {Entry[]} [pending]  acts that are still on their way */
  apply(reply, pending = this.pending) {
    this.pending = [...pending];
    const removed = (reply.removed ?? []).map((id) => `c${id}`);
    for (const key of removed) this.saved.delete(key);
    const changed = this.#take(reply);
    this.#foresee([...removed, ...changed]);
  }

  /** Show what acts on their way will have changed. @param {Entry[]} pending */
  expect(pending) {
    const more = pending.slice(this.pending.length);
    const grown = more.length && this.pending.every((entry, index) => entry === pending[index]) && more.every(({ act }) => act.act !== "undo" && act.act !== "redo");
    if (!more.length && pending.length === this.pending.length) return;
    this.pending = [...pending];
    if (!grown) return this.#foresee([]);
    this.foresight.take(more);
    this.#show([]);
  }

  #foresight() {
    const kept = (/** @type {string} */ kind) => [...this.saved.values()].filter((mark) => mark.kind === kind).map((mark) => /** @type {any} */ (mark.object));
    const known = {
      coding: (/** @type {string} */ id) => /** @type {import("./types.js").CodingMark|undefined} */ (this.saved.get(`c${id}`))?.object,
      suggestion: (/** @type {string} */ id) => /** @type {import("./types.js").SuggestionMark|undefined} */ (this.saved.get(`s${id}`))?.object,
      codings: () => kept("coding"),
      suggestions: () => kept("suggestion"),
    };
    return new Foresight(known, this.me.coder, this.codebook.exclusive);
  }

  /** @param {string[]} changed  keys of what the server has changed */
  #foresee(changed) {
    const before = this.#foreseen();
    this.foresight = this.#foresight().take(this.pending);
    this.#show([...changed, ...before]);
  }

  #foreseen() {
    return [...[...this.foresight.codings.keys()].map((id) => `c${id}`), ...[...this.foresight.suggestions.keys()].map((id) => `s${id}`)];
  }

  /** @param {string[]} changed */
  #show(changed) {
    this.marks = new Map(this.saved);
    for (const [id, coding] of this.foresight.codings) {
      if (coding) this.marks.set(`c${id}`, this.#coding(coding));
      else this.marks.delete(`c${id}`);
    }
    for (const [id, item] of this.foresight.suggestions) this.marks.set(`s${id}`, this.#suggestion(item));
    const { done, undone } = standing(this.pending);
    this.canUndo = this.server.undo || done.length > 0;
    this.canRedo = undone.length > 0 || (this.server.redo && !done.length);
    this.finished = this.foresight.finished ?? this.server.finished;
    this.memo = this.foresight.memo ?? this.server.memo;
    this.#order([...changed, ...this.#foreseen()]);
  }

  /** Add what was fetched of a suggestion: evidence, rival, words. @param {string} key @param {Partial<import("./types.js").Suggestion>} more */
  enrich(key, more) {
    for (const mark of [this.saved.get(key), this.marks.get(key)]) if (mark) Object.assign(mark.object, more);
  }

  /** @param {import("./types.js").Reply|import("./types.js").Transcript} from @returns {string[]} */
  #take(from) {
    this.version = from.version;
    const { finished, memo } = this.server;
    this.server = { undo: from.can_undo, redo: from.can_redo, finished: from.finished ?? finished, memo: from.memo ?? memo };
    const marks = [
      ...from.codings.map((coding) => this.#coding(coding)),
      ...from.suggestions.map((suggestion) => this.#suggestion(suggestion)),
    ];
    for (const mark of marks) this.saved.set(mark.key, mark);
    return marks.map((mark) => mark.key);
  }

  /** @param {import("./types.js").Coding} coding @returns {import("./types.js").CodingMark} */
  #coding(coding) {
    const { id, code, valence, coder, score } = coding;
    return { key: `c${id}`, kind: "coding", ...this.#span(coding), code, valence, state: "coded", coder, score: score ?? null, object: coding };
  }

  /** @param {import("./types.js").Suggestion} suggestion @returns {import("./types.js").SuggestionMark} */
  #suggestion(suggestion) {
    const { id, code, valence, score } = suggestion;
    return { key: `s${id}`, kind: "suggestion", ...this.#span(suggestion), code, valence, state: stateOf(suggestion), coder: "", score, object: suggestion };
  }

  /** @param {{start: number, end: number}} place in code points @returns {Span} */
  #span({ start, end }) {
    return { from: this.offsets.toUnit(start), to: this.offsets.toUnit(end) };
  }

  /** @param {string[]} changed */
  #order(changed) {
    this.ordered = [...this.marks.values()].filter((mark) => mark.state !== "decided");
    this.ordered.sort((a, b) => a.from - b.from || a.to - b.to || (b.score ?? 2) - (a.score ?? 2));
    this.dispatchEvent(new CustomEvent("marks", { detail: new Set(changed) }));
  }

  /** @param {number} at a UTF-16 offset @returns {number} the turn that it lies in, or the last one before it */
  turnAt(at) {
    return Math.max(0, countBelow(this.turns, (turn) => turn.from <= at) - 1);
  }

  /** @param {number} at @returns {number} the segment that it lies in, or the first one after it */
  segmentAt(at) {
    return countBelow(this.segments, (segment) => segment.to <= at);
  }

  /** @param {Mark} mark @returns {string} */
  quote(mark) {
    return this.text.slice(mark.from, mark.to);
  }

  /** @param {string} id @returns {string} */
  codeName(id) {
    return this.codes.get(id)?.name ?? id;
  }

  /** How far the work is: suggestions decided, looked at, not looked at. @param {Map<string, Mark>} [marks]  by default those that are saved */
  progress(marks = this.saved) {
    const counts = { decided: 0, seen: 0, unseen: 0, total: 0, codings: 0 };
    for (const mark of marks.values()) {
      if (mark.kind === "coding") {
        counts.codings += mark.coder === this.me.coder ? 1 : 0;
        continue;
      }
      counts.total += 1;
      if (mark.state === "seen" || mark.state === "unseen") counts[mark.state] += 1;
      else counts.decided += 1;
    }
    return counts;
  }
}

/** @param {import("./types.js").Codebook} codebook @returns {Map<string, import("./types.js").PlacedCode>} codes by id, parents first */
function placed(codebook) {
  /** @type {Map<string, import("./types.js").PlacedCode>} */
  const codes = new Map();
  for (const code of codebook.codes) {
    const above = code.parent ? codes.get(code.parent) : undefined;
    codes.set(code.id, { ...code, depth: above ? above.depth + 1 : 0 });
  }
  return codes;
}

/** @param {import("./types.js").Suggestion} suggestion @returns {import("./types.js").SuggestionMark["state"]} */
function stateOf({ decision, seen }) {
  if (!decision) return seen ? "seen" : "unseen";
  return decision.verdict === "rejected" ? "rejected" : "decided";
}

/** @type {Record<import("./types.js").Valence, string>} */
const SIGNS = { barrier: "−", facilitator: "+", both: "±", "": "" };

/** @param {import("./types.js").Valence} valence @returns {string} */
export const valenceSign = (valence) => SIGNS[valence] ?? "";

/** @param {Mark} mark */
export const isOpen = (mark) => mark.state === "unseen" || mark.state === "seen";
