/** Agreement of the two coders, and how far settling is. */

import { html, nothing, render } from "./vendor/lit-html.js";

const figure = (value) => (value === null || value === undefined ? html`<span title="undefined">–</span>` : value.toFixed(2));
const percent = (value) => (value === null || value === undefined ? "–" : `${Math.round(value * 100)}%`);

/** @param {any} state @param {HTMLElement} box @param {Record<string, (...args: any[]) => void>} commands */
export function drawFigures(state, box, commands) {
  const { coders, choices, agreement, can_undo, can_redo } = state.data;
  render(
    html`
      <h1>${coders[0]} and ${coders[1]}</h1>
      ${choices.length > 2 ? pairs(coders, choices, commands.pair) : nothing}
      <dl class="numbers">
        <div><dt>Units coded alike</dt><dd>${agreement.agreed} <small>of ${agreement.units}</small></dd></div>
        <div><dt>Agreement over codes</dt><dd>${percent(agreement.percent)}</dd></div>
        <div><dt>Cohen’s kappa</dt><dd>${figure(agreement.kappa)}</dd></div>
        <div><dt>Krippendorff’s alpha</dt><dd>${figure(agreement.alpha)}</dd></div>
        ${agreement.level ? html`<div><dt>Figures at level</dt><dd>${agreement.level}</dd></div>` : nothing}
        <div><dt>Settled</dt><dd>${agreement.settled} <small>of ${agreement.disputed}</small></dd></div>
      </dl>
      <p class="commands">
        <button type="button" ?disabled=${!can_undo} aria-keyshortcuts="U" @click=${commands.undo}>Undo</button>
        <button type="button" ?disabled=${!can_redo} aria-keyshortcuts="Shift+U" @click=${commands.redo}>Redo</button>
        <button type="button" aria-keyshortcuts="?" @click=${commands.keys}>Keys <kbd aria-hidden="true">?</kbd></button>
      </p>
      ${agreement.codes?.length ? codes(state, coders, agreement.codes) : nothing}`,
    box,
  );
}

/** Whom to compare, where more than two have finished. */
function pairs([a, b], choices, choose) {
  const select = (label, chosen, change) => html`<label class="hint">${label} <select @change=${(event) => change(event.target.value)}>
    ${choices.map((name) => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`)}</select></label>`;
  return html`<p class="row">${select("Compare", a, (name) => choose(name, b))} ${select("with", b, (name) => choose(a, name))}</p>`;
}

function codes(state, [a, b], list) {
  const row = (one) => html`<tr><th scope="row">${state.model.codeName(one.code)}</th><td class="number">${one.n_a}</td><td class="number">${one.n_b}</td>
    <td class="number">${one.both}</td><td class="number">${figure(one.kappa)}</td></tr>`;
  return html`<details><summary>Each code</summary><table><thead><tr><th scope="col">Code</th><th scope="col" class="number">${a}</th>
    <th scope="col" class="number">${b}</th><th scope="col" class="number">both</th><th scope="col" class="number">kappa</th></tr></thead>
    <tbody>${list.map(row)}</tbody></table></details>`;
}
