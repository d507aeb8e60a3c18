/**
 * Acts on their way to the server: in order, never two requests at once. An act leaves the outbox when the server has
 * committed it, or when the coder drops it; until then it is kept in the browser. It has an id, by which the server
 * knows it again where its answer was lost.
 */

import { ApiError, post, transcriptPath } from "./api.js";
import { newId } from "./unsent.js";

/** @typedef {import("./types.js").Act} Act */
/** @typedef {import("./types.js").Reply} Reply */
/**
 * @typedef {object} Entry
 * @property {Act} act
 * @property {string} id
 * @property {number|null} base  the version that the coder saw; null: whatever is there when it is sent
 * @property {string} window
 * @property {number} at  when it was done, to put acts of several windows in order
 * @property {(reply: Reply|null) => void} [resolve]
 */

const PAUSES = [1000, 2000, 5000, 10000, 30000];
/** Answers that say nothing about the act itself: signed out, too slow, another study, too many requests. */
const LATER = [401, 408, 421, 429];
const MOST = 20;
/** Milliseconds after which a server is said to be slow, and after which an act is sent again. */
const SLOW = 2000;
const GIVE_UP = 10000;

/**
 * Events: "change" (what waits has changed), "reply" (detail: {act, reply}), "slow" (no answer yet), "failed" (detail:
 * ApiError; nothing is lost, it will be tried again), "refused" (detail: {error, act}; it makes no sense to the server,
 * dropped), "conflict" (detail: {act, body}; waits for `resume` or `drop`).
 */
export class Outbox extends EventTarget {
  /** @param {import("./unsent.js").Drawer} drawer @param {() => number} version  the version that the page shows */
  constructor(drawer, version) {
    super();
    this.drawer = drawer;
    this.version = version;
    /** @type {Entry[]} */
    this.waiting = drawer.read();
    /** Whether the browser keeps what waits. */
    this.kept = true;
    this.busy = false;
    this.failures = 0;
    this.stopped = false;
    /** Whether the next act is sent by itself, because one of those sent together was refused. */
    this.alone = false;
    this.timer = 0;
  }

  get size() {
    return this.waiting.length;
  }

  /**
   * Put an act in and send it when its turn comes.
   * @param {Act} act
   * @param {string} [id]
   * @returns {Promise<Reply|null>} what the server answered; null where the act was refused or dropped
   */
  push(act, id = newId()) {
    return new Promise((resolve) => {
      this.waiting.push({ act, id, base: this.version(), window: this.drawer.window, at: Date.now(), resolve });
      this.#keep();
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
      if (!(await this.#send())) break;
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
  async #send() {
    const sent = this.waiting.slice(0, this.alone ? 1 : MOST);
    const slow = setTimeout(() => this.dispatchEvent(new CustomEvent("slow")), SLOW);
    try {
      const replies = await this.#post(sent);
      this.failures = 0;
      this.alone = replies.length < sent.length;
      for (const reply of replies) this.#done(reply);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return this.#refused(sent, error);
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {Entry[]} sent @returns {Promise<Reply[]>} answers to the first of them, or to all */
  async #post(sent) {
    const bodies = sent.map(({ act, id, base, window }) => ({ base: base ?? this.version(), id, window, ...act }));
    const path = (/** @type {string} */ rest) => transcriptPath(this.drawer.transcript, rest);
    if (bodies.length > 1) return (await post(path("queue"), { acts: bodies }, GIVE_UP)).done;
    const [{ act, ...rest }] = bodies;
    if (["undo", "redo", "adjudicate"].includes(act)) return [await post(path(act), rest, GIVE_UP)];
    return [await post(path("acts"), bodies[0], GIVE_UP)];
  }

  /** @param {Entry[]} sent @param {ApiError} error */
  #refused(sent, error) {
    const { act } = sent[0];
    if (error.status < 400 || error.status >= 500 || LATER.includes(error.status)) return this.#later(error);
    if (sent.length > 1) return (this.alone = true);
    this.alone = false;
    if (error.status === 409 && error.body.version !== undefined) {
      this.stopped = true;
      this.dispatchEvent(new CustomEvent("conflict", { detail: { act, body: error.body } }));
      return false;
    }
    this.#done(null);
    this.dispatchEvent(new CustomEvent("refused", { detail: { error, act } }));
    return true;
  }

  /** @param {ApiError} error */
  #later(error) {
    const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => void this.flush(), pause);
    this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    return false;
  }

  /** The first act is through. @param {Reply|null} reply */
  #done(reply) {
    const entry = this.waiting.shift();
    this.#keep();
    if (reply && entry) this.dispatchEvent(new CustomEvent("reply", { detail: { act: entry.act, reply } }));
    this.#changed();
    entry?.resolve?.(reply);
  }

  #keep() {
    this.kept = this.drawer.write(this.waiting);
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}
