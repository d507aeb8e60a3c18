/** Choosing a code: search, the tree of codes, and what each means. */

import { legible } from "./colours.js";
import { onValue } from "./dom.js";
import { html, nothing, render } from "./vendor/lit-html.js";
import { ask } from "./say.js";

/** @typedef {import("./types.js").PlacedCode} Code */
/** @typedef {import("./types.js").Valence} Valence */
/** @typedef {{code: string, valence: Valence}} Choice */
/**
 * @typedef {object} Options
 * @property {string} title
 * @property {string} quote  the passage, shown above
 * @property {string} [code]  chosen at first
 * @property {Valence} [valence]
 * @property {string[]} [used]  codes that the passage already has
 * @property {(choice: Choice) => void} [another]  called for each code put on with Shift; the dialog stays
 *
 * @typedef {{query: string, at: string, valence: Valence, used: Set<string>, added: boolean}} State
 *
 * @typedef {object} Run  What the controls do.
 * @property {(stay: boolean) => void} choose
 * @property {(step: number) => void} move
 * @property {(query: string) => void} search
 * @property {() => void} draw
 * @property {() => void} cancel
 */

/** Where a text of the codebook may mention a code by its id; the coding guideline of the report has the same rule. */
const CODE_ID = /\b[a-z]\w*_\w+\b|(?:(?<=[:,] )|(?<=\bis )|(?<=\bor ))[a-z]+\b/g;
/** @type {[Valence, string][]} */
const VALENCES = [
  ["", "none"],
  ["barrier", "− barrier"],
  ["facilitator", "+ facilitator"],
  ["both", "± both"],
];

/**
 * Let the coder choose a code.
 * @param {import("./model.js").Model} model
 * @param {Options} options
 * @returns {Promise<Choice|null>}
 */
export function pickCode(model, options) {
  const codes = [...model.codes.values()];
  /** @type {State} */
  const state = { query: "", at: options.code ?? codes[0].id, valence: options.valence ?? "", used: new Set(options.used), added: false };
  /** @type {HTMLElement} */
  let box;
  /** @type {(value: Choice|null) => void} */
  let close;
  const found = () => codes.filter((code) => matches(code, state.query));
  const draw = () => render(view(model, options, state, found(), { choose, move, search, draw, cancel: () => close(null) }), box);
  /** @param {boolean} stay */
  const choose = (stay) => {
    if (!found().some((code) => code.id === state.at)) return;
    const choice = { code: state.at, valence: state.valence };
    if (!stay || !options.another) return close(choice);
    options.another(choice);
    state.used.add(choice.code);
    state.query = "";
    state.added = true;
    draw();
  };
  /** @param {number} step */
  const move = (step) => {
    const list = found();
    const index = list.findIndex((code) => code.id === state.at);
    state.at = list[Math.min(list.length - 1, Math.max(0, index + step))]?.id ?? state.at;
    draw();
    box.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };
  /** @param {string} query */
  const search = (query) => {
    state.query = query;
    const list = found();
    const best = list.find((code) => code.name.toLowerCase().startsWith(query.trim().toLowerCase())) ?? list[0];
    if (best && query.trim()) state.at = best.id;
    draw();
  };
  return ask((done) => {
    close = done;
    queueMicrotask(() => {
      box = /** @type {HTMLElement} */ (document.querySelector("dialog[open] .picker"));
      draw();
      /** @type {HTMLElement} */ (box.querySelector("input")).focus();
      box.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    });
    return html`<div class="picker"></div>`;
  }, options.title, "wide");
}

/** @param {Code} code @param {string} query every word of it must occur somewhere */
function matches(code, query) {
  const text = `${code.name} ${code.id} ${code.definition} ${code.include}`.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

/**
 * @param {import("./model.js").Model} model
 * @param {Options} options
 * @param {State} state
 * @param {Code[]} found
 * @param {Run} run
 */
function view(model, options, state, found, { choose, move, search, draw, cancel }) {
  const at = model.codes.get(state.at);
  /** @param {KeyboardEvent} event */
  const keys = (event) => {
    const step = STEPS[event.key];
    if (step) move(step);
    else if (event.key === "Enter") choose(event.shiftKey);
    else return;
    event.preventDefault();
  };
  return html`
    <h2>${options.title}</h2>
    <blockquote class="quote" dir="auto">${clip(options.quote)}</blockquote>
    <div class="columns">
      <div class="choices">
        <input type="search" role="combobox" aria-label="Search codes" aria-expanded="true" aria-controls="codes"
          aria-activedescendant=${at && found.includes(at) ? `code-${found.indexOf(at)}` : nothing} aria-autocomplete="list"
          autocomplete="off" spellcheck="false" placeholder="Search names and definitions" .value=${state.query}
          @input=${onValue(search)} @keydown=${keys}>
        <ul role="listbox" id="codes" aria-label="Codes" tabindex="-1">
          ${found.map((code, index) => option(code, index, state, choose, draw))}
          ${found.length ? nothing : html`<li class="none" role="option" aria-disabled="true" aria-selected="false">No code matches.</li>`}
        </ul>
      </div>
      <div class="meaning" aria-live="polite" tabindex="0" role="region" aria-label="Meaning of the code">${at ? meaning(model, at) : nothing}</div>
    </div>
    ${valenceChoice(state, draw)}
    <p class="row end">
      ${options.another ? html`<span class="hint"><kbd>Shift</kbd> <kbd>Enter</kbd> adds the code and keeps the list open</span>` : nothing}
      <button type="button" @click=${cancel}>${state.added ? "Done" : "Cancel"}</button>
      <button type="button" class="primary" @click=${() => choose(false)}>Code as ${at?.name ?? ""}</button>
    </p>`;
}

/** @param {Code} code @param {number} index @param {State} state @param {Run["choose"]} choose @param {() => void} draw */
function option(code, index, state, choose, draw) {
  const pick = () => {
    state.at = code.id;
    draw();
  };
  return html`<li role="option" id="code-${index}" class="depth-${Math.min(code.depth, 3)}" aria-selected=${code.id === state.at}
    @click=${pick} @dblclick=${() => choose(false)}>
    <span class="swatch" .style=${`--code: ${legible(code.color)}`}></span>${code.name}
    ${state.used.has(code.id) ? html`<span class="used">✓ already used</span>` : nothing}</li>`;
}

/** @param {import("./model.js").Model} model @param {Code} code */
export function meaning(model, code) {
  // Codebooks point to neighbouring codes by id; readers know them by name.
  const named = (/** @type {string} */ text) => text.replace(CODE_ID, (id) => model.codes.get(id)?.name ?? id);
  /** @param {string} title @param {string} text */
  const part = (title, text) => (text ? html`<h4>${title}</h4><p>${named(text)}</p>` : nothing);
  return html`<h3><span class="swatch" .style=${`--code: ${legible(code.color)}`}></span> ${code.name}</h3>
    <p>${named(code.definition) || "The codebook has no definition of this code."}</p>
    ${part("Include", code.include)} ${part("Exclude", code.exclude)}
    ${code.examples?.length ? html`<h4>Examples</h4><ul>${code.examples.map((one) => html`<li dir="auto">${one}</li>`)}</ul>` : nothing}`;
}

/** @param {State} state @param {() => void} draw */
function valenceChoice(state, draw) {
  /** @param {Valence} value */
  const choose = (value) => {
    state.valence = value;
    draw();
  };
  /** @param {[Valence, string]} pair */
  const radio = ([value, name]) => html`<label><input type="radio" name="picker-valence" .checked=${state.valence === value}
    @change=${() => choose(value)}> ${name}</label>`;
  return html`<fieldset class="row valences"><legend>Valence</legend>${VALENCES.map(radio)}</fieldset>`;
}

/** @param {string} text @param {number} [most] */
export const clip = (text, most = 280) => (text.length > most ? `${text.slice(0, most)}…` : text);
