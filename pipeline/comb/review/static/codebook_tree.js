/** The tree of codes: a list of buttons, walked by the arrow keys, too. */

import { legible } from "./colours.js";
import { onValue } from "./dom.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./codebook_page.js").Page} Page */
/** @typedef {import("./codebook_types.js").PageCode} PageCode */

/** @param {Page} page */
export function tree(page) {
  const search = onValue((value) => {
    page.search = value.trim().toLocaleLowerCase();
    page.view();
  });
  return html`<nav class="tree" aria-label="Codes" @keydown=${walk}>
    <label class="away" for="find-code">Find a code</label>
    <input id="find-code" type="search" placeholder="Find a code" autocomplete="off" @input=${search}>
    ${page.search ? matches(page) : branch(page, null)}
  </nav>`;
}

/** @param {Page} page @param {string|null} parent @returns {unknown} */
function branch(page, parent) {
  const codes = page.below(parent);
  return codes.length ? html`<ul>${codes.map((code) => html`<li>${item(page, code)}${branch(page, code.id)}</li>`)}</ul>` : nothing;
}

/** @param {Page} page */
function matches(page) {
  const has = (/** @type {PageCode} */ code) => `${code.id} ${code.name} ${code.definition}`.toLocaleLowerCase().includes(page.search);
  const found = page.book.codes.filter(has);
  return found.length ? html`<ul>${found.map((code) => html`<li>${item(page, code)}</li>`)}</ul>` : html`<p class="hint">No code matches.</p>`;
}

/** @param {Page} page @param {PageCode} code */
function item(page, code) {
  const mark = page.book.splits[code.id] ? html` <span class="hint">being split</span>` : nothing;
  return html`<button type="button" class="code" data-code=${code.id} aria-current=${code.id === page.at ? "true" : nothing} @click=${() => pick(page, code)}>
    <span class="swatch" .style=${`--code: ${legible(code.color)}`}></span><span class="name">${code.name}${mark}</span>
    <span class="number">${count(page, code)}</span></button>`;
}

/** @param {Page} page @param {PageCode} code */
async function pick(page, code) {
  await page.go(code.id);
  // On a narrow or zoomed page the code is below the tree: go there.
  if (matchMedia("(max-width: 52rem)").matches && page.at === code.id) document.getElementById("code-name")?.focus();
}

/** @param {Page} page @param {PageCode} code */
function count(page, code) {
  const by = page.counts?.[code.id];
  const all = by ? Object.values(by).reduce((sum, n) => sum + n, 0) : 0;
  const n = page.counts ? all : code.mine;
  return n ? html`${n}<span class="away"> ${n === 1 ? "coding" : "codings"}${page.counts ? "" : " by you"}</span>` : nothing;
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const nav = /** @type {HTMLElement} */ (event.currentTarget);
  const stops = /** @type {HTMLElement[]} */ ([...nav.querySelectorAll("input, button.code")]);
  const next = stops[stops.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step];
  if (next) {
    next.focus();
    event.preventDefault();
  }
}
