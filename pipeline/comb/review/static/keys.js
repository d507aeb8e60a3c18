/** What each key does. Single letters can be switched off, for those who speak to their computer (WCAG 2.1.4). */

import { ask } from "./say.js";
import { html } from "./vendor/lit-html.js";

/** @typedef {{keys: string[], shown: string, name: string, group: string, run: () => void}} Key */

const OFF = "comb:keys-off";

/**
 * @param {string} group
 * @param {string} shown  as people read it
 * @param {string[]} keys  as the browser names them
 * @param {string} name  what it does
 * @param {() => void} run
 * @returns {Key}
 */
export const key = (group, shown, keys, name, run) => ({ group, shown, keys, name, run });

/** Listen to keys wherever nobody types. @param {Key[]} table */
export function listen(table) {
  const byKey = new Map(table.flatMap((entry) => entry.keys.map((name) => [name, entry])));
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) return leave(event);
    const entry = byKey.get(nameOf(event));
    if (!entry || (localStorage.getItem(OFF) && isLetter(event))) return;
    // A key held down must not decide on one suggestion after the other.
    if (event.repeat && entry.group === "Decide") return;
    // Enter and Space on a button or a link press it.
    if ((event.key === "Enter" || event.key === " ") && /** @type {Element} */ (event.target).closest("button:not(.chip), a, summary")) return;
    event.preventDefault();
    entry.run();
  });
}

/** @param {EventTarget|null} target */
function typing(target) {
  const element = /** @type {HTMLElement} */ (target);
  if (element.closest?.("select, textarea")) return true;
  const input = element.closest?.("input");
  return Boolean(input && input.type !== "radio" && input.type !== "checkbox");
}

/** Escape leaves a field, so that keys are keys again. @param {KeyboardEvent} event */
function leave(event) {
  if (event.key === "Escape") /** @type {HTMLElement} */ (event.target).blur();
}

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const command = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  if (event.altKey) return "";
  if (event.key.length > 1) return command + (event.shiftKey ? "Shift+" : "") + event.key;
  return command ? command + (event.shiftKey ? "Shift+" : "") + event.key.toLowerCase() : event.key;
}

/** @param {KeyboardEvent} event */
const isLetter = (event) => event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== "?";

/** Show the keys. @param {Key[]} table */
export function showKeys(table) {
  const groups = [...new Set(table.map((entry) => entry.group))];
  const row = (/** @type {Key} */ entry) => html`<tr><th scope="row">${entry.shown.split(" ").map((name) => html`<kbd>${name}</kbd> `)}</th><td>${entry.name}</td></tr>`;
  /** @param {Event} event */
  const toggle = (event) => {
    if (/** @type {HTMLInputElement} */ (event.target).checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  };
  return ask(
    (close) => html`
      <h2>Keys</h2>
      <div class="groups" tabindex="0" role="region" aria-label="All keys">
        ${groups.map((group) => html`<section><h3>${group}</h3><table><tbody>${table.filter((entry) => entry.group === group).map(row)}</tbody></table></section>`)}
      </div>
      <p class="row end">
        <label><input type="checkbox" .checked=${!localStorage.getItem(OFF)} @change=${toggle}> single keys are on</label>
        <button type="button" class="primary" autofocus @click=${() => close(null)}>Close</button>
      </p>`,
    "Keys",
    "wide",
  );
}
