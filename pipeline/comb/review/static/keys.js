/** Listening to keys. Single letters can be switched off, for those who speak to their computer (WCAG 2.1.4). */

import { bound, nameOf } from "./bindings.js";

/**
 * @typedef {object} Key
 * @property {string} id  what comb calls it: the key that it sets
 * @property {string[]} keys  as the browser names them
 * @property {string} shown  as people read it
 * @property {string} name  what it does
 * @property {string} group
 * @property {boolean} fixed  whether it cannot be changed
 * @property {(name: string) => void} run  is given the key that was pressed
 */

const OFF = "comb:keys-off";

/**
 * @param {string} group
 * @param {string} shown  as people read it
 * @param {string[]} keys  as the browser names them
 * @param {string} name  what it does
 * @param {(name: string) => void} run
 * @param {boolean} [fixed]
 * @returns {Key}
 */
export const key = (group, shown, keys, name, run, fixed = false) => ({ id: shown, group, shown, keys, name, run, fixed });

/** Whether single keys do something. */
export const keysAreOn = () => !localStorage.getItem(OFF);

/** @param {boolean} on */
export function switchKeys(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
  document.dispatchEvent(new CustomEvent("keys"));
}

/** Listen to keys wherever nobody types. @param {Key[]} table @param {string} scope  the page, whose keys a person can change */
export function listen(table, scope) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) return leave(event);
    const name = nameOf(event);
    const entry = bound(scope, table).find((one) => one.keys.includes(name));
    if (!entry || (!keysAreOn() && isLetter(event))) return;
    // A key held down must not decide on one suggestion after the other.
    if (event.repeat && entry.group === "Decide") return;
    // Enter and Space on a button or a link press it.
    if ((event.key === "Enter" || event.key === " ") && /** @type {Element} */ (event.target).closest("button:not(.chip), a, summary")) return;
    event.preventDefault();
    entry.run(name);
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
const isLetter = (event) => event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== "?";
