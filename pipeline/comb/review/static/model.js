/** What the page knows of one transcript: its turns, and its marks (suggestions and codings) in the order of the text. */

import { Offsets, countBelow } from "./offsets.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").Span} Span */

/** Event "marks" (detail: Set of the keys that changed) after every change. */
export class Model extends EventTarget {
  /** @param {import("./types.js").Codebook} codebook @param {import("./types.js").Me} me */
  constructor(codebook, me) {
    super();
    this.me = me;
    this.codebook = codebook;
    /** @type {Map<string, import("./types.js").PlacedCode>} */
    this.codes = new Map();
    for (const code of codebook.codes) {
      const above = code.parent ? this.codes.get(code.parent) : undefined;
      this.codes.set(code.id, { ...code, depth: above ? above.depth + 1 : 0 });
    }
    /** @type {Map<string, Mark>} */
    this.marks = new Map();
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
    this.marks.clear();
    this.#take(transcript);
    this.#order([...before, ...this.marks.keys()]);
  }

  /** Suggestions that were looked at. @param {string[]} ids */
  look(ids) {
    const changed = [];
    for (const id of ids) {
      const mark = this.marks.get(`s${id}`);
      if (mark?.state !== "unseen") continue;
      mark.state = "seen";
      changed.push(mark.key);
    }
    this.#order(changed);
  }

  /** Take what an act changed. @param {import("./types.js").Reply} reply */
  apply(reply) {
    const removed = (reply.removed ?? []).map((id) => `c${id}`);
    for (const key of removed) this.marks.delete(key);
    const changed = this.#take(reply);
    this.#order([...removed, ...changed]);
  }

  /** @param {import("./types.js").Reply|import("./types.js").Transcript} from @returns {string[]} */
  #take(from) {
    this.version = from.version;
    this.canUndo = from.can_undo;
    this.canRedo = from.can_redo;
    this.finished = from.finished ?? this.finished;
    const marks = [
      ...from.codings.map((coding) => this.#coding(coding)),
      ...from.suggestions.map((suggestion) => this.#suggestion(suggestion)),
    ];
    for (const mark of marks) this.marks.set(mark.key, mark);
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

  /** How far the work is: suggestions decided, looked at, not looked at. */
  progress() {
    const counts = { decided: 0, seen: 0, unseen: 0, total: 0, codings: 0 };
    for (const mark of this.marks.values()) {
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
