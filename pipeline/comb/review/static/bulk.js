/** Accepting many suggestions at once: only of one code, above a score, and after a drawn sample was checked by hand. */

import { get, transcriptPath } from "./api.js";
import { onValue } from "./dom.js";
import { isOpen } from "./model.js";
import { ask, say } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {{matching: number, checked: number, needed: number, accepted: number, sample: string[]}} Standing */
/** @typedef {{code: string, score: number, standing: Standing|null}} State */
/** @typedef {"sample"|"accept"} Choice */

/** @param {import("./app.js").App} app */
export async function openBulk(app) {
  const codes = [...new Set(app.model.ordered.filter(isOpen).map((mark) => mark.code))];
  if (!codes.length) return say("There are no undecided suggestions.");
  /** @type {State} */
  const state = { code: codes.includes(app.filters.code) ? app.filters.code : (app.mark?.code ?? codes[0]), score: 0.8, standing: null };
  if (!codes.includes(state.code)) state.code = codes[0];
  /** @type {HTMLElement} */
  let box;
  /** @type {(value: Choice|null) => void} */
  let close;
  let asked = "";
  const draw = () => render(view(app, codes, state, () => void fetchStanding(), (value) => close(value)), box);
  async function fetchStanding() {
    state.standing = null;
    draw();
    const query = String(new URLSearchParams({ code: state.code, score: String(state.score) }));
    asked = query;
    /** @type {Standing} */
    const found = await get(`${transcriptPath(app.model.id, "bulk")}?${query}`);
    if (query !== asked) return; // another code or score was chosen meanwhile
    state.standing = found;
    draw();
  }
  const chosen = await ask((/** @type {(value: Choice|null) => void} */ done) => {
    close = done;
    queueMicrotask(() => {
      box = /** @type {HTMLElement} */ (document.querySelector("dialog[open] .bulk"));
      fetchStanding().catch((error) => {
        close(null);
        app.refused(error);
      });
    });
    return html`<div class="bulk"></div>`;
  }, "Accept many");
  if (!state.standing) return;
  if (chosen === "sample") app.walk(state.standing.sample.map((id) => `s${id}`));
  if (chosen === "accept") await app.act({ act: "bulk_accept", code: state.code, score: state.score }, `Suggestions accepted: ${state.standing.matching}.`);
}

/**
 * @param {import("./app.js").App} app
 * @param {string[]} codes
 * @param {State} state
 * @param {() => void} changed
 * @param {(value: Choice|null) => void} close
 */
function view(app, codes, state, changed, close) {
  const option = (/** @type {string} */ code) => html`<option value=${code} ?selected=${code === state.code}>${app.model.codeName(code)}</option>`;
  /** @param {Partial<State>} change */
  const choose = (change) => {
    Object.assign(state, change);
    changed();
  };
  const ready = state.standing && state.standing.checked >= state.standing.needed;
  return html`
    <h2>Accept many at once</h2>
    <p class="row">
      <label>Code <select autofocus @change=${onValue((code) => choose({ code }))}>${codes.map(option)}</select></label>
      <label>Minimum score <input type="number" min="0" max="1" step="0.05" .value=${String(state.score)}
        @change=${onValue((value) => choose({ score: Number(value) || 0 }))}></label>
    </p>
    <div aria-live="polite">${state.standing ? standing(state.standing) : html`<p>Counting…</p>`}</div>
    <p class="row end">
      <button type="button" @click=${() => close(null)}>Cancel</button>
      ${ready || !state.standing?.sample.length ? nothing : html`<button type="button" class="primary" @click=${() => close("sample")}>Check the sample</button>`}
      <button type="button" class=${ready ? "primary" : ""} ?disabled=${!ready || !state.standing?.matching} @click=${() => close("accept")}>
        Accept ${state.standing?.matching ?? ""}</button>
    </p>`;
}

/** @param {Standing} standing */
function standing({ matching, checked, needed, accepted }) {
  const share = checked ? html`, of which you accepted <b>${accepted}</b> (${Math.round((100 * accepted) / checked)}%)` : nothing;
  return html`<p>Undecided suggestions in this transcript that match: <b>${matching}</b>.</p>
    <p>Suggestions of this kind that you decided on one by one: <b>${checked}</b>${share}.</p>
    ${checked < needed
      ? html`<p class="note">First decide on <b>${needed - checked}</b> more, drawn at random, so that you know how often they are right.</p>`
      : html`<p class="note">Each will be recorded as accepted in bulk. One undo reverses all of them.</p>`}`;
}
