/** Agreement of the two coders, and how far settling is. */

import { onValue } from "./dom.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Agreement} Agreement */

/** @param {number|null|undefined} value */
const figure = (value) => (value === null || value === undefined ? html`<span title="undefined">–</span>` : value.toFixed(2));
/** @param {number|null|undefined} value */
const percent = (value) => (value === null || value === undefined ? "–" : `${Math.round(value * 100)}%`);

/**
 * @param {import("./types.js").Adjudication} data
 * @param {import("./model.js").Model} model
 * @param {HTMLElement} box
 * @param {number} waiting  how many acts the server does not have yet
 * @param {{undo: () => void, redo: () => void, keys: () => void, pair: (a: string, b: string) => void}} commands
 */
export function drawFigures(data, model, box, waiting, commands) {
  const { coders, choices, agreement, can_undo, can_redo } = data;
  render(
    html`
      <h1>${coders[0]} and ${coders[1]}</h1>
      ${choices.length > 2 ? pairs(coders, choices, commands.pair) : nothing}
      <dl class="numbers">
        <div><dt>Units coded identically</dt><dd>${agreement.agreed} <small>of ${agreement.units}</small></dd></div>
        <div><dt>Percent agreement, all codes</dt><dd>${percent(agreement.percent)}</dd></div>
        <div><dt>Cohen’s kappa</dt><dd>${figure(agreement.kappa)}</dd></div>
        <div><dt>Krippendorff’s alpha</dt><dd>${figure(agreement.alpha)}</dd></div>
        ${agreement.level ? html`<div><dt>Level of the codebook</dt><dd>${agreement.level}</dd></div>` : nothing}
        <div><dt>Resolved</dt><dd>${agreement.settled} <small>of ${agreement.disputed}</small></dd></div>
      </dl>
      <p class="commands">
        <span class="saved" role="status">${waiting ? `saving ${waiting}…` : "all saved"}</span>
        <button type="button" ?disabled=${!can_undo} aria-keyshortcuts="U" @click=${commands.undo}>Undo</button>
        <button type="button" ?disabled=${!can_redo} aria-keyshortcuts="Shift+U" @click=${commands.redo}>Redo</button>
        <button type="button" aria-keyshortcuts="?" @click=${commands.keys}>Keys <kbd aria-hidden="true">?</kbd></button>
      </p>
      ${agreement.codes?.length ? codes(model, coders, agreement.codes) : nothing}`,
    box,
  );
}

/**
 * Whom to compare, where more than two have finished.
 * @param {[string, string]} coders
 * @param {string[]} choices
 * @param {(a: string, b: string) => void} choose
 */
function pairs([a, b], choices, choose) {
  /** @param {string} label @param {string} chosen @param {(name: string) => void} change */
  const select = (label, chosen, change) => html`<label class="hint">${label} <select @change=${onValue(change)}>
    ${choices.map((name) => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`)}</select></label>`;
  return html`<p class="row">${select("Compare", a, (name) => choose(name, b))} ${select("with", b, (name) => choose(a, name))}</p>`;
}

/** @param {import("./model.js").Model} model @param {[string, string]} coders @param {NonNullable<Agreement["codes"]>} list */
function codes(model, [a, b], list) {
  /** @param {NonNullable<Agreement["codes"]>[number]} one */
  const row = (one) => html`<tr><th scope="row">${model.codeName(one.code)}</th><td class="number">${one.n_a}</td><td class="number">${one.n_b}</td>
    <td class="number">${one.both}</td><td class="number">${figure(one.kappa)}</td></tr>`;
  return html`<details><summary>Each code</summary><table><thead><tr><th scope="col">Code</th><th scope="col" class="number">${a}</th>
    <th scope="col" class="number">${b}</th><th scope="col" class="number">both</th><th scope="col" class="number">kappa</th></tr></thead>
    <tbody>${list.map(row)}</tbody></table></details>`;
}
