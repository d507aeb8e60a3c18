/** The controls of the filters, above the text. */

import { onValue } from "./dom.js";
import { MODEL } from "./filters.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @type {[import("./filters.js").State, string][]} */
const STATES = [
  ["all", "all"],
  ["open", "undecided"],
  ["unseen", "not looked at"],
  ["coded", "codings"],
  ["unsure", "unsure codings"],
  ["rejected", "rejected"],
];

/** @param {import("./filters.js").Filters} filters @param {HTMLElement} box */
export function drawFilters(filters, box) {
  render(
    html`
      <label>Show <select id="filter-state" @change=${onValue((value) => filters.set({ state: /** @type {import("./filters.js").State} */ (value) }))}>
        ${STATES.map(([value, name]) => option(value, name, filters.state))}</select></label>
      <label>Code <select id="filter-code" @change=${onValue((code) => filters.set({ code }))}>
        ${option("", "all codes", filters.code)}
        ${filters.usedCodes.map((code) => option(code.id, "\u2003".repeat(code.depth) + code.name, filters.code))}</select></label>
      <label>Minimum score <input id="filter-score" type="number" min="0" max="1" step="0.05" .value=${String(filters.score)}
        @change=${onValue((value) => filters.set({ score: Number(value) || 0 }))}></label>
      <label>Coder <select id="filter-coder" @change=${onValue((coder) => filters.set({ coder }))}>
        ${option("", "everyone", filters.coder)} ${option(MODEL, "suggestions only", filters.coder)}
        ${filters.coders.map((coder) => option(coder, coder, filters.coder))}</select></label>
      ${filters.model.ranks.size ? order(filters) : nothing}
      ${filters.narrowed ? html`<button type="button" @click=${() => filters.clear()}>Show all</button>` : nothing}`,
    box,
  );
}

/** @param {import("./filters.js").Filters} filters */
function order(filters) {
  return html`<label>Order of suggestions <select id="filter-order" @change=${onValue((value) => filters.set({ order: value === "next" ? "next" : "text" }))}>
    ${option("text", "as in the text", filters.order)} ${option("next", "most worth coding first", filters.order)}</select></label>`;
}

/** @param {string} value @param {string} name @param {string} chosen */
const option = (value, name, chosen) => html`<option value=${value} ?selected=${value === chosen}>${name}</option>`;
