/** All keys, in a dialog, where each person can set their own. */

import { bind, bound, changed, isModifier, nameOf, reset } from "./bindings.js";
import { keysAreOn, switchKeys } from "./keys.js";
import { ask } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./keys.js").Key} Key */

/**
 * Show the keys.
 * @param {Key[]} table  as comb sets them
 * @param {string} scope
 * @returns {Promise<null>}
 */
export function showKeys(table, scope) {
  /** @type {{waiting: string, said: string}} the key that is being changed, and what became of the last */
  const state = { waiting: "", said: "" };
  /** @type {HTMLElement} */
  let box;
  const draw = () => render(view(bound(scope, table), scope, state, { wait, again }), box);
  /** @param {string} id */
  const wait = (id) => {
    Object.assign(state, { waiting: state.waiting === id ? "" : id, said: "" });
    draw();
  };
  const again = () => {
    reset(scope);
    Object.assign(state, { waiting: "", said: "All keys are reset to comb’s defaults." });
    draw();
    document.dispatchEvent(new CustomEvent("keys"));
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const entry = table.find((one) => one.id === state.waiting);
    if (!entry || isModifier(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const name = nameOf(event);
    state.waiting = "";
    if (event.key === "Escape") state.said = "Nothing was changed.";
    else if (!name) state.said = "A key with Alt cannot be used: in some languages it types a letter.";
    else state.said = bind(scope, table, entry, name) || `“${entry.name}” has a new key.`;
    draw();
    document.dispatchEvent(new CustomEvent("keys"));
  };
  return ask(
    (close) => {
      queueMicrotask(() => {
        box = /** @type {HTMLElement} */ (document.querySelector("dialog[open] .all-keys"));
        box.addEventListener("keydown", press, true);
        draw();
      });
      return html`<h2>Keys</h2>
        <div class="all-keys"></div>
        <p class="row end">
          <label><input type="checkbox" .checked=${keysAreOn()} @change=${(/** @type {Event} */ event) => switchKeys(/** @type {HTMLInputElement} */ (event.target).checked)}> single-key shortcuts on</label>
          <button type="button" class="primary" autofocus @click=${() => close(null)}>Close</button>
        </p>`;
    },
    "Keys",
    "wide",
  );
}

/**
 * @param {Key[]} table
 * @param {string} scope
 * @param {{waiting: string, said: string}} state
 * @param {{wait: (id: string) => void, again: () => void}} run
 */
function view(table, scope, state, { wait, again }) {
  const groups = [...new Set(table.map((entry) => entry.group))];
  const row = (/** @type {Key} */ entry) => html`<tr><th scope="row">${entry.shown.split(" ").map((name) => html`<kbd>${name}</kbd> `)}</th><td>${entry.name}</td>
    <td>${entry.fixed ? nothing : html`<button type="button" class="plain" aria-pressed=${state.waiting === entry.id} @click=${() => wait(entry.id)}>${state.waiting === entry.id ? "Press a key…" : html`Change<span class="away"> the key for ${entry.name}</span>`}</button>`}</td></tr>`;
  return html`
    <div class="groups scroll" tabindex="0" role="region" aria-label="All keys">
      ${groups.map((group) => html`<section><h3>${group}</h3><table><tbody>${table.filter((entry) => entry.group === group).map(row)}</tbody></table></section>`)}
    </div>
    <p class="row"><span role="status">${state.said}</span>
      ${changed(scope) ? html`<button type="button" @click=${again}>Reset all keys</button>` : nothing}</p>`;
}
