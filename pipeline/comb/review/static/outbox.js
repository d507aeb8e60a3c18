/**
 * Acts on their way to the server, one at a time. An act leaves the outbox when the server has committed it, or when
 * the coder drops it; until then it is also in the tab's own storage, so that a reload loses nothing.
 */

import { ApiError, post, transcriptPath } from "./api.js";

/** @typedef {import("./types.js").Act} Act */
/** @typedef {import("./types.js").Reply} Reply */
/** @typedef {{act: Act, base: number|null, resolve?: (reply: Reply|null) => void}} Entry */

const PAUSES = [1000, 2000, 5000, 10000, 30000];
/** Answers that say nothing about the act itself: signed out, too slow, too many requests. */
const LATER = [401, 408, 429];

/**
 * Events: "change" (what waits has changed), "failed" (detail: ApiError; nothing is lost, it will be tried again),
 * "refused" (detail: {error, act}; it makes no sense to the server, dropped), "conflict" (detail: {act, body};
 * waits for `resume` or `drop`).
 */
export class Outbox extends EventTarget {
  /** @param {string} transcript @param {string} coder @param {() => number} version */
  constructor(transcript, coder, version) {
    super();
    this.transcript = transcript;
    this.version = version;
    this.key = `comb:outbox:${coder}:${transcript}`;
    /** @type {Entry[]} */
    this.waiting = stored(this.key);
    this.busy = false;
    this.failures = 0;
    this.stopped = false;
    this.timer = 0;
  }

  get size() {
    return this.waiting.length;
  }

  /**
   * Put an act in and send it when its turn comes.
   * @param {Act} act
   * @returns {Promise<Reply|null>} what the server answered; null where the act was refused or dropped
   */
  push(act) {
    return new Promise((resolve) => {
      this.waiting.push({ act, base: null, resolve });
      this.#changed();
      void this.flush();
    });
  }

  /** Send what waits, now; nothing while a conflict waits for the coder. */
  async flush() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    while (this.waiting.length && !this.stopped) {
      if (!(await this.#first())) break;
    }
    this.busy = false;
  }

  /** After a conflict: try the act again, against what is there now. */
  resume() {
    if (this.waiting.length) this.waiting[0].base = null;
    this.stopped = false;
    return this.flush();
  }

  /** After a conflict: give the act up. */
  drop() {
    this.#done(null);
    this.stopped = false;
    return this.flush();
  }

  /** @returns {Promise<boolean>} whether to go on with the next */
  async #first() {
    const entry = this.waiting[0];
    entry.base ??= this.version();
    this.#changed();
    try {
      const reply = await post(...request(this.transcript, entry));
      this.failures = 0;
      this.dispatchEvent(new CustomEvent("reply", { detail: { act: entry.act, reply } }));
      this.#done(reply);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return this.#refused(entry, error);
    }
  }

  /** @param {Entry} entry @param {ApiError} error */
  #refused(entry, error) {
    if (error.status === 409 && error.body.transcript) {
      this.stopped = true;
      this.dispatchEvent(new CustomEvent("conflict", { detail: { act: entry.act, body: error.body } }));
      return false;
    }
    if (error.status >= 400 && error.status < 500 && !LATER.includes(error.status)) {
      this.#done(null);
      this.dispatchEvent(new CustomEvent("refused", { detail: { error, act: entry.act } }));
      return true;
    }
    const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => void this.flush(), pause);
    this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    return false;
  }

  /** @param {Reply|null} reply */
  #done(reply) {
    const entry = this.waiting.shift();
    this.#changed();
    entry?.resolve?.(reply);
  }

  #changed() {
    store(this.key, this.waiting);
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** @param {string} transcript @param {Entry} entry @returns {[string, object]} */
function request(transcript, { act, base }) {
  if (act.act === "undo" || act.act === "redo") return [transcriptPath(transcript, act.act), { base }];
  return [transcriptPath(transcript, "acts"), { base, ...act }];
}

/** @param {string} key @param {Entry[]} waiting */
function store(key, waiting) {
  const plain = waiting.map(({ act, base }) => ({ act, base }));
  try {
    if (plain.length) return sessionStorage.setItem(key, JSON.stringify(plain));
  } catch {
    // The storage is full: acts wait in memory only. Older ones must not stay, or a reload would send them again.
  }
  sessionStorage.removeItem(key);
}

/** @param {string} key @returns {Entry[]} */
function stored(key) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry?.act?.act === "string") : [];
  } catch {
    return [];
  }
}
