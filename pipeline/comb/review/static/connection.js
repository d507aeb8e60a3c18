/** What a page says of acts that are not saved, of acts that were refused, and of a server that is gone. */

import { WORDS } from "./conflict.js";
import { watchServer } from "./pulse.js";
import { alarm, calm } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./types.js").Act} Act */
/** @typedef {import("./api.js").ApiError} ApiError */

const GONE = { what: "comb does not answer.", remedy: "If you stopped it or closed its terminal, start comb again, and use the page that it opens." };

export class Connection {
  /** @param {Outbox[]} outboxes */
  constructor(outboxes) {
    this.outboxes = outboxes;
    /** Why nothing is saved at the moment. @type {{what: string, remedy: string}|null} */
    this.trouble = null;
    /** Acts that made no sense to the server. @type {{error: ApiError, act: Act}[]} */
    this.refusals = [];
    for (const outbox of outboxes) this.#listen(outbox);
    watchServer((there) => (there ? this.#back() : this.#in(GONE)));
  }

  /** @param {Outbox} outbox */
  #listen(outbox) {
    outbox.addEventListener("failed", (event) => {
      const error = /** @type {CustomEvent<ApiError>} */ (event).detail;
      this.#in({ what: error.message, remedy: error.remedy });
    });
    outbox.addEventListener("slow", () => this.#in({ ...GONE, what: "comb has not answered yet." }));
    outbox.addEventListener("refused", (event) => {
      this.refusals.push(/** @type {CustomEvent<{error: ApiError, act: Act}>} */ (event).detail);
      this.#draw();
    });
    outbox.addEventListener("reply", () => this.trouble && this.#out());
    outbox.addEventListener("change", () => this.trouble && this.#draw());
  }

  get #size() {
    return this.outboxes.reduce((sum, outbox) => sum + outbox.size, 0);
  }

  /** @param {{what: string, remedy: string}} trouble */
  #in(trouble) {
    this.trouble = trouble;
    this.#draw();
  }

  #out() {
    this.trouble = null;
    this.#draw();
  }

  #back() {
    if (!this.#size) return this.#out();
    this.#flush();
  }

  #flush() {
    for (const outbox of this.outboxes) void outbox.flush();
  }

  #draw() {
    if (this.trouble) return alarm(...this.#notSaved(this.trouble), [{ label: "Try again now", run: () => this.#flush() }]);
    if (!this.refusals.length) return calm();
    const close = () => {
      this.refusals = [];
      calm();
    };
    const [{ error }] = this.refusals;
    const what = this.refusals.length === 1 ? error.message : `${this.refusals.length} decisions were refused.`;
    alarm(what, this.refusals.length === 1 ? [error.remedy, memo(this.refusals[0])] : list(this.refusals), [{ label: "Close", run: close }]);
  }

  /** @param {{what: string, remedy: string}} trouble @returns {[string, string]} */
  #notSaved({ what, remedy }) {
    const count = this.#size;
    if (!count) return [what, `${remedy} What you decide now is kept in this browser, and sent when comb answers again.`];
    const acts = count === 1 ? "One decision is" : `${count} decisions are`;
    if (this.outboxes.some((outbox) => !outbox.kept)) return [`Not saved: ${what}`, `${acts} kept in this tab only: do not close it. ${remedy}`];
    return [`Not saved: ${what}`, `${acts} kept in this tab and in this browser, and will be sent when comb answers again. ${remedy}`];
  }
}

/** @param {{error: ApiError, act: Act}[]} refusals */
const list = (refusals) => html`<ul>${refusals.map((one) => html`<li>You wanted to ${WORDS[one.act.act] ?? one.act.act}: ${one.error.message} ${one.error.remedy} ${memo(one)}</li>`)}</ul>`;

/** A memo must not be lost with the act that was refused. @param {{act: Act}} refusal */
const memo = ({ act }) => (act.memo ? html` Your memo: <q>${act.memo}</q>` : nothing);
