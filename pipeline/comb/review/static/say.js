/** What the page says: quietly (status line, also read out), loudly (banner), or by asking. */

import { whatWentWrong } from "./api.js";
import { element } from "./dom.js";
import { html, nothing, render } from "./vendor/lit-html.js";

let timer = 0;

/** Say an outcome; it is read out and stands at the foot of the page for a while. @param {string} text */
export function say(text) {
  const status = element("status");
  status.textContent = text;
  status.classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => status.classList.remove("shown"), 6000);
}

/**
 * Say something that is good to know and stays until it is closed: what an export has written. It is no alarm.
 * @param {string} what
 * @param {unknown} more  text, or what lit-html draws
 */
export function tell(what, more) {
  const close = () => render(nothing, element("told"));
  render(html`<div><strong>${what}</strong> ${more}</div><p class="row"><button type="button" @click=${close}>Close</button></p>`, element("told"));
}

/**
 * Say loudly what went wrong, until it is fixed or closed.
 * @param {string} what
 * @param {unknown} remedy  text, or what lit-html draws
 * @param {{label: string, run: () => void}[]} [actions]
 */
export function alarm(what, remedy, actions = [{ label: "Close", run: calm }]) {
  const buttons = actions.map(({ label, run }) => html`<button type="button" @click=${run}>${label}</button>`);
  const stop = /[.:!?…]$/.test(what) ? "" : ".";
  render(html`<div><strong>${what}${stop}</strong> ${remedy}</div><p class="row">${buttons}</p>`, alertBox());
}

/** Take the banner away. */
export const calm = () => render(nothing, alertBox());

/** Do what may fail, and say loudly what went wrong. @param {() => Promise<void>} run @returns {Promise<boolean>} whether it was done */
export async function guarded(run) {
  calm();
  try {
    await run();
    return true;
  } catch (error) {
    alarm(...whatWentWrong(error));
    return false;
  }
}

const alertBox = () => element("alarm");

/**
 * Open a dialog and wait for what is chosen; Escape chooses nothing.
 * @template T
 * @param {(close: (value: T|null) => void) => unknown} content
 * @param {string} label
 * @param {string} [size]
 * @returns {Promise<T|null>}
 */
export function ask(content, label, size = "") {
  const before = /** @type {HTMLElement|null} */ (document.activeElement);
  const dialog = document.createElement("dialog");
  dialog.className = size;
  dialog.setAttribute("aria-label", label);
  document.body.append(dialog);
  return new Promise((resolve) => {
    /** @type {T|null} */
    let chosen = null;
    /** @param {T|null} value */
    const close = (value) => {
      chosen = value;
      dialog.close();
    };
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus({ preventScroll: true });
      resolve(chosen);
    });
    render(content(close), dialog);
    dialog.showModal();
    /** @type {HTMLElement|null} */ (dialog.querySelector("[autofocus]"))?.focus();
  });
}

/**
 * Ask whether to go on.
 * @param {string} title
 * @param {unknown} body
 * @param {string} yes
 * @param {string} [no]
 * @returns {Promise<boolean>}
 */
export async function confirm(title, body, yes, no = "Cancel") {
  const answer = await ask(
    (close) => html`
      <h2>${title}</h2>
      <div class="body">${body}</div>
      <p class="row end">
        <button type="button" @click=${() => close(null)}>${no}</button>
        <button type="button" class="primary" autofocus @click=${() => close(true)}>${yes}</button>
      </p>`,
    title,
  );
  return answer === true;
}
