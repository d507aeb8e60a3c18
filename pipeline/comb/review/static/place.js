/** Where a coder was in a transcript: kept in the browser as an offset, without words, and found again. */

/** @typedef {import("./document.js").Document} Document */

const EVERY = 400;
const AT = /^#at=(\d+)$/;

export class Place {
  /**
   * @param {Document} doc
   * @param {import("./model.js").Model} model
   * @param {import("./unsent.js").Owner} owner
   */
  constructor(doc, model, { study, coder }) {
    this.doc = doc;
    this.model = model;
    this.key = `comb:place:${[study, coder, model.id].map(encodeURIComponent).join(":")}`;
    this.timer = 0;
    history.scrollRestoration = "manual";
  }

  /** @returns {number|null} the place that the address asks for, as a UTF-16 offset; it is taken out of the address */
  asked() {
    const found = AT.exec(location.hash);
    if (!found) return null;
    // A reload is to stay where the coder has gone since.
    history.replaceState(history.state, "", location.pathname + location.search);
    return this.#within(this.model.offsets.toUnit(Number(found[1])));
  }

  /** Go where the coder was when the transcript was open last. */
  restore() {
    const kept = Number(localStorage.getItem(this.key) ?? NaN);
    if (Number.isInteger(kept) && kept > 0) this.doc.putOnTop(this.#within(this.model.offsets.toUnit(kept)));
  }

  /** Note from now on where the coder is. */
  follow() {
    addEventListener("scroll", () => (this.timer ||= setTimeout(() => this.#keep(), EVERY)), { passive: true });
    addEventListener("pagehide", () => this.timer && this.#keep());
  }

  #keep() {
    clearTimeout(this.timer);
    this.timer = 0;
    try {
      if (scrollY < 8) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, String(this.model.offsets.toPoint(this.doc.onTop())));
    } catch {
      // The browser keeps nothing: the transcript opens at its beginning.
    }
  }

  /** @param {number} at */
  #within(at) {
    return Math.min(Math.max(0, at), Math.max(0, this.model.text.length - 1));
  }
}
