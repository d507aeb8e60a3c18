/** What acts on their way will have changed once the server has done them: the page shows it at once. */

/** @typedef {import("./types.js").Act} Act */
/** @typedef {import("./types.js").Coding} Coding */
/** @typedef {import("./types.js").Suggestion} Suggestion */
/** @typedef {import("./outbox.js").Entry} Entry */
/**
 * @typedef {object} Known  What the server has said.
 * @property {(id: string) => Coding|undefined} coding
 * @property {(id: string) => Suggestion|undefined} suggestion
 * @property {() => Iterable<Coding>} codings
 * @property {() => Iterable<Suggestion>} suggestions
 */

/**
 * The acts that will stand, without those that were undone on the way.
 * @param {Entry[]} entries
 * @returns {{done: Entry[], undone: Entry[]}}
 */
export function standing(entries) {
  /** @type {Entry[]} */
  const done = [];
  /** @type {Entry[]} */
  let undone = [];
  for (const entry of entries) {
    const { act } = entry.act;
    if (act === "undo") undone.push(...done.splice(-1));
    else if (act === "redo") done.push(...undone.splice(-1));
    else if (act !== "seen") {
      done.push(entry);
      undone = [];
    }
  }
  return { done, undone };
}

/** Codings and suggestions that differ from what the server has said; null for a coding that is gone. */
export class Foresight {
  /** @param {Known} known @param {string} coder @param {boolean} exclusive  one code for each passage */
  constructor(known, coder, exclusive) {
    this.known = known;
    this.coder = coder;
    this.exclusive = exclusive;
    /** @type {Map<string, Coding|null>} */
    this.codings = new Map();
    /** @type {Map<string, Suggestion>} */
    this.suggestions = new Map();
    /** @type {boolean|null} null where no act changes it */
    this.finished = null;
    /** The memo on the transcript. @type {string|null} null where no act changes it */
    this.memo = null;
  }

  /** @param {Entry[]} entries  acts in order */
  take(entries) {
    for (const { act } of entries) for (const id of act.act === "seen" ? (act.suggestions ?? []) : []) this.#put(id, { seen: true });
    for (const { act, id, at } of standing(entries).done) this.#act(act, id, new Date(at).toISOString());
    return this;
  }

  /** @param {Act} act @param {string} id  of the act: the first coding that it makes has it too @param {string} at */
  #act(act, id, at) {
    const item = act.suggestion === undefined ? undefined : this.#suggestion(act.suggestion);
    const coding = this.#coding(act.coding ?? item?.decision?.coding ?? "");
    /** @type {Record<string, () => void>} */
    const acts = {
      accept: () => item && this.#decide(item, item.code, item.valence, id, at),
      reject: () => item && this.#reject(item, act.memo ?? "", at),
      recode: () => this.#change(item, coding, { code: act.code }, id, at),
      valence: () => this.#change(item, coding, { valence: act.valence }, id, at),
      span: () => coding && this.#alter(coding, { start: act.start, end: act.end }),
      note: () => (this.memo = act.memo ?? ""),
      unsure: () => coding && this.codings.set(coding.id, { ...coding, unsure: act.unsure ? "yes" : "" }),
      memo: () => this.#memo(item, coding, act.memo ?? ""),
      code: () => this.#code(act, id, at),
      uncode: () => coding && this.#remove(coding),
      finish: () => (this.finished = true),
      reopen: () => (this.finished = false),
    };
    acts[act.act]?.();
  }

  /** @param {string} id */
  #coding(id) {
    return this.codings.has(id) ? this.codings.get(id) : this.known.coding(id);
  }

  /** @param {string} id */
  #suggestion(id) {
    return this.suggestions.get(id) ?? this.known.suggestion(id);
  }

  /** @param {string} id @param {Partial<Suggestion>} change */
  #put(id, change) {
    const before = this.#suggestion(id);
    if (before) this.suggestions.set(id, { ...before, ...change });
  }

  /** @returns {Coding[]} this coder's codings on just this passage @param {{start: number, end: number}} place */
  #at({ start, end }) {
    const there = [];
    for (const one of merged(this.known.codings(), this.codings)) {
      if (one && one.start === start && one.end === end && one.coder === this.coder) there.push(one);
    }
    return there;
  }

  /** @param {string} coding @returns {Suggestion[]} suggestions that led to it */
  #sources(coding) {
    return [...merged(this.known.suggestions(), this.suggestions)].filter((item) => item?.decision?.coding === coding);
  }

  /** @param {Suggestion|undefined} item @param {Coding|null|undefined} coding @param {Partial<Coding>} change @param {string} id @param {string} at */
  #change(item, coding, change, id, at) {
    if (coding) this.#alter(coding, change);
    else if (item) this.#decide(item, change.code ?? item.code, change.valence ?? item.valence, id, at);
  }

  /** @param {Suggestion} item @param {string} code @param {Coding["valence"]} valence @param {string} id @param {string} at */
  #decide(item, code, valence, id, at) {
    this.#forget(item);
    if (this.exclusive) for (const one of this.#at(item)) this.#remove(one);
    const there = this.#at(item).find((one) => one.code === code);
    const { start, end, model, score } = item;
    const made = { id, start, end, code, valence, coder: this.coder, memo: "", origin: "suggestion", model, score, at, unsure: "" };
    if (!there) this.codings.set(id, made);
    const verdict = asSuggested(item, made) ? "accepted" : "changed";
    this.#put(item.id, { decision: this.#decision(verdict, there?.id ?? id, "", at), seen: true });
  }

  /** @param {Suggestion} item @param {string} memo @param {string} at */
  #reject(item, memo, at) {
    this.#forget(item);
    this.#put(item.id, { decision: this.#decision("rejected", null, memo, at), seen: true });
  }

  /** @param {"accepted"|"changed"|"rejected"} verdict @param {string|null} coding @param {string} memo @param {string} at */
  #decision(verdict, coding, memo, at) {
    return { verdict, coder: this.coder, at, coding, memo, bulk: false };
  }

  /** What was decided before, and the coding that came of it, are gone. @param {Suggestion} item */
  #forget(item) {
    const coding = this.#coding(item.decision?.coding ?? "");
    this.#put(item.id, { decision: null });
    if (coding?.origin === "suggestion" && !this.#sources(coding.id).length) this.codings.set(coding.id, null);
  }

  /** @param {Coding} before @param {Partial<Coding>} change */
  #alter(before, change) {
    const after = { ...before, ...change };
    if (this.exclusive) for (const one of this.#at(after)) if (one.id !== before.id) this.#remove(one);
    this.codings.set(before.id, after);
    for (const item of this.#sources(before.id)) {
      const verdict = asSuggested(item, after) ? "accepted" : "changed";
      if (item.decision) this.#put(item.id, { decision: { ...item.decision, verdict } });
    }
  }

  /** @param {Suggestion|undefined} item @param {Coding|null|undefined} coding @param {string} memo */
  #memo(item, coding, memo) {
    if (item?.decision) this.#put(item.id, { decision: { ...item.decision, memo } });
    if (coding) this.codings.set(coding.id, { ...coding, memo });
  }

  /** @param {Act} act @param {string} id @param {string} at */
  #code({ start = 0, end = 0, code = "", valence = "", memo = "" }, id, at) {
    if (this.exclusive) for (const one of this.#at({ start, end })) this.#remove(one);
    this.codings.set(id, { id, start, end, code, valence, coder: this.coder, memo, origin: "hand", model: "", score: null, at, unsure: "" });
  }

  /** @param {Coding} coding */
  #remove(coding) {
    for (const item of this.#sources(coding.id)) this.#put(item.id, { decision: null });
    this.codings.set(coding.id, null);
  }
}

/**
 * @template {{id: string}} Item
 * @template {Item|null} Changed
 * @param {Iterable<Item>} known
 * @param {Map<string, Changed>} changed
 * @returns {Generator<Item|Changed>} what is known, and in the place of what has changed that
 */
function* merged(known, changed) {
  for (const item of known) if (!changed.has(item.id)) yield item;
  yield* changed.values();
}

/** A valence where none was suggested changes nothing. @param {Suggestion} item @param {Coding} coding */
const asSuggested = (item, coding) =>
  item.start === coding.start && item.end === coding.end && item.code === coding.code && ["", coding.valence].includes(item.valence);
