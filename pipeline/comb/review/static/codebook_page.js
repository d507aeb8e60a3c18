/** The codebook on its page: what is shown, what is picked, and how changes are sent. */

import { get, post, whatWentWrong } from "./api.js";
import { alarm, ask, calm, confirm, say } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./codebook_types.js").CodebookPage} CodebookPage */
/** @typedef {import("./codebook_types.js").PageCode} PageCode */
/** @typedef {import("./codebook_types.js").Edit} Edit */
/** @typedef {import("./codebook_types.js").Done} Done */

const HERE = "/api/codebook";

/** Event "view" whenever the page should be drawn again. */
export class Page extends EventTarget {
  /** @param {CodebookPage} book */
  constructor(book) {
    super();
    this.book = book;
    this.at = book.codes[0]?.id ?? "";
    this.search = "";
    /** Whether something is typed that is not saved. */
    this.typed = false;
    /** Counts of all coders by code, once a lead has asked for them. @type {Record<string, Record<string, number>>|null} */
    this.counts = null;
  }

  /** @returns {PageCode|undefined} the code that is picked */
  get code() {
    return this.book.codes.find((one) => one.id === this.at);
  }

  view() {
    this.dispatchEvent(new CustomEvent("view"));
  }

  /** Pick a code; what is typed and not saved is asked about. @param {string} id */
  async go(id) {
    if (id === this.at) return;
    if (this.typed && !(await confirm("Leave without saving?", html`<p>Your changes to ${this.name(this.at)} are not saved.</p>`, "Leave"))) return;
    this.typed = false;
    this.at = id;
    this.view();
  }

  /** @param {string} id @returns {string} */
  name(id) {
    return this.book.codes.find((one) => one.id === id)?.name ?? id;
  }

  /** @param {string|null} parent @returns {PageCode[]} the codes right below one, or at the top */
  below(parent) {
    return this.book.codes.filter((one) => one.parent === parent);
  }

  /** @param {string} id @returns {Set<string>} a code and all below it */
  branch(id) {
    const found = new Set([id]);
    for (const one of this.book.codes) if (one.parent && found.has(one.parent)) found.add(one.id);
    return found;
  }

  /** Fetch the codebook as it is now. @param {string} [at] the code to pick */
  async load(at = this.at) {
    this.book = await get(`${HERE}/page`);
    this.at = this.book.codes.some((one) => one.id === at) ? at : (this.book.codes[0]?.id ?? "");
    this.counts = null;
    this.typed = false;
    this.view();
  }

  /**
   * Do something that may be refused; the page shows why.
   * @template T
   * @param {() => Promise<T>} run
   * @returns {Promise<T|null>} null where it was refused
   */
  async guarded(run) {
    calm();
    try {
      return await run();
    } catch (error) {
      const reload = { label: "Load the codebook again", run: () => void this.guarded(() => this.load()).then(calm) };
      alarm(...whatWentWrong(error), [reload, { label: "Close", run: calm }]);
      return null;
    }
  }

  /**
   * Say what an edit does, ask for a reason, and make it.
   * @param {Edit} edit
   * @param {{title: string, yes: string, at?: string}} how
   * @returns {Promise<boolean>}
   */
  async change(edit, { title, yes, at = this.at }) {
    const body = { edit, seen: this.book.digest };
    const would = /** @type {Done|null} */ (await this.guarded(() => post(`${HERE}/edit`, { ...body, dry_run: true })));
    if (!would) return false;
    const why = await askWhy(title, told(would), yes);
    if (why === null) return false;
    return this.send("edit", { ...body, why }, at);
  }

  /** Make an edit that changes no coding, without asking. @param {Edit} edit @param {string} [at] */
  edit(edit, at = this.at) {
    return this.send("edit", { edit, seen: this.book.digest }, at);
  }

  /** @param {string} path @param {object} body @param {string} at @returns {Promise<boolean>} */
  async send(path, body, at = this.at) {
    const done = /** @type {Done|null} */ (await this.guarded(() => post(`${HERE}/${path}`, body)));
    if (!done) return false;
    await this.guarded(() => this.load(at));
    say([`Saved: ${done.what}.`, ...done.notes].join(" "));
    return true;
  }
}

/** @param {Done} would */
function told(would) {
  return html`<p>${would.what}.</p>
    ${would.follow ? html`<p>All codings follow, in the files, on the reading page and in reports.</p>` : nothing}
    ${would.notes.length ? html`<ul>${would.notes.map((note) => html`<li>${note}</li>`)}</ul>` : nothing}`;
}

/**
 * Ask whether to go on, and why.
 * @param {string} title @param {unknown} body @param {string} yes
 * @returns {Promise<string|null>}
 */
export function askWhy(title, body, yes) {
  return ask((/** @type {(value: string|null) => void} */ close) => {
    const send = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      close(String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("why") ?? ""));
    };
    return html`<form @submit=${send}><h2>${title}</h2>${body}
      <label class="field">Why, for the history (optional)<input name="why" maxlength="1000" autocomplete="off" autofocus></label>
      <p class="row end"><button type="button" @click=${() => close(null)}>Cancel</button><button type="submit" class="primary">${yes}</button></p></form>`;
  }, title);
}
