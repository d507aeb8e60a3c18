/** Small helpers for the page's own elements and events. */

/** @param {string} id @returns {HTMLElement} an element that the page's template contains; throws where it is missing */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** @returns {string} the id of the transcript that this page shows */
export function transcriptId() {
  const id = document.body.dataset.transcript;
  if (!id) throw new Error("the page names no transcript");
  return id;
}

/** @returns {import("./unsent.js").Owner} whose acts the browser keeps until the server has them */
export function owner() {
  const { study, coder } = document.body.dataset;
  if (!study || !coder) throw new Error("the page names no study");
  return { study, coder };
}

/** @param {string} text @returns {string} the text with a capital at its start */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * A listener that passes on the value of the field that changed.
 * @param {(value: string) => void} run
 * @returns {(event: Event) => void}
 */
export const onValue = (run) => (event) => run(/** @type {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement} */ (event.target).value);

/**
 * A listener that passes on the detail of a custom event.
 * @template T
 * @param {(detail: T) => void} run
 * @returns {(event: Event) => void}
 */
export const onDetail = (run) => (event) => run(/** @type {CustomEvent<T>} */ (event).detail);
