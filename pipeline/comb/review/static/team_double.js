/** Double coding: which part two coders code, drawn by lot, shown before it is assigned. */

import { post } from "./api.js";
import { option } from "./code_tree.js";
import { element, onValue } from "./dom.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./team_types.js").Sample} Sample */
/**
 * @typedef {object} Page
 * @property {import("./team_types.js").Team} team
 * @property {string[]} coders
 * @property {(run: () => Promise<void>) => Promise<void>} guarded
 * @property {(add: import("./team_types.js").Assignment[], drawn: boolean) => Promise<void>} assign
 * @property {() => void} draw
 * @property {(name: string) => void} addCoder
 */

/** @type {{percent: number, unit: string, seed: number, attribute: string, mode: string, chosen: Set<string>|null, sample: Sample|null}} */
const state = { percent: 10, unit: "transcripts", seed: 1, attribute: "", mode: "blind", chosen: null, sample: null };

/** @param {Page} page */
export function drawDouble(page) {
  const able = page.team.team ? page.team.people.filter((one) => one.role !== "reader").map((one) => one.name) : page.coders;
  const chosen = state.chosen ?? new Set(able);
  /** @param {Partial<typeof state>} change */
  const set = (change) => {
    Object.assign(state, { sample: null }, change);
    page.draw();
  };
  const whole = (/** @type {string} */ value) => Math.max(1, Math.round(Number(value)) || 1);
  return html`<section aria-labelledby="h-double"><h2 id="h-double">Double coding</h2>
    <p class="hint">Agreement is measured on transcripts that two people code.
      Whole transcripts are drawn at random until the chosen share of all transcripts, or of all segments, has two coders
      (those that have two already count); report the seed, since the same seed draws the same transcripts again.
      With fewer than ten transcripts coded by two people, the intervals of agreement are rough, and usually too narrow.</p>
    <div class="bar"><label><input id="percent" type="number" min="1" max="100" .value=${String(state.percent)} @change=${onValue((value) => set({ percent: Math.min(100, whole(value)) }))}> %</label>
      <label>of the <select @change=${onValue((unit) => set({ unit }))}>${option("transcripts", "transcripts", state.unit)} ${option("segments", "segments", state.unit)}</select></label>
      <label>Seed <input type="number" min="0" .value=${String(state.seed)} @change=${onValue((value) => set({ seed: Math.max(0, Math.round(Number(value)) || 0) }))}></label>
      ${page.team.attributes.length ? html`<label>Same share of each group, by <select @change=${onValue((attribute) => set({ attribute }))}>${option("", "(no groups)", state.attribute)} ${page.team.attributes.map((name) => option(name, name, state.attribute))}</select></label>` : nothing}
      <label>Mode <select @change=${onValue((mode) => set({ mode }))}>${option("blind", "blind", state.mode)} ${option("open", "open", state.mode)} ${option("", `default (${page.team.mode})`, state.mode)}</select></label></div>
    <fieldset><legend>Coders</legend><p class="row">${able.map((name) => html`<label><input type="checkbox" .checked=${chosen.has(name)} @change=${(/** @type {Event} */ event) => {
        const next = new Set(chosen);
        if (/** @type {HTMLInputElement} */ (event.target).checked) next.add(name);
        else next.delete(name);
        set({ chosen: next });
      }}> ${name}</label>`)}</p></fieldset>
    ${page.team.team ? nothing : second(page)}
    <p><button type="button" ?disabled=${chosen.size < 2} @click=${() => void page.guarded(() => draw(page, [...chosen]))}>Draw</button>
      ${chosen.size < 2 ? html`<span class="hint">Two coders are needed.</span>` : nothing}</p>
    ${state.sample ? drawn(page, state.sample) : nothing}</section>`;
}

/** @param {Page} page */
function second(page) {
  const add = () => {
    const field = /** @type {HTMLInputElement} */ (element("second"));
    const name = field.value;
    field.value = "";
    if (state.chosen && name.trim()) state.chosen.add(name.trim());
    page.addCoder(name);
  };
  return html`<p class="row"><label>Name of another coder <input id="second" autocomplete="off"></label> <button type="button" @click=${add}>Add</button></p>`;
}

/** @param {Page} page @param {string[]} coders */
async function draw(page, coders) {
  const { percent, unit, seed, attribute } = state;
  state.sample = await post("/api/team/draw", { share: percent / 100, unit, seed, attribute, coders });
  page.draw();
}

/** @param {Page} page @param {Sample} sample */
function drawn(page, sample) {
  const told = `With these, two coders have ${sample.reached} of ${sample.of} ${state.unit} (target: ${sample.wanted}).`;
  const already = sample.already ? `Transcripts that already have two coders, and count towards this: ${sample.already}.` : "";
  if (!sample.drawn.length) return html`<p class="none">No more are needed. ${already}</p>`;
  const add = sample.drawn.flatMap((one) => one.added.map((coder) => ({ transcript: one.transcript, coder, mode: state.mode })));
  const apply = () =>
    page.guarded(async () => {
      await page.assign(add, true);
      state.sample = null;
      page.draw();
    });
  return html`<p aria-live="polite">${told} ${already}</p>
    <table class="matrix"><thead><tr><th scope="col">Drawn</th>${state.attribute ? html`<th scope="col">Group</th>` : nothing}<th scope="col">Coded by</th><th scope="col">Now also by</th></tr></thead>
      <tbody>${sample.drawn.map((one) => html`<tr><th scope="row">${one.transcript}</th>${state.attribute ? html`<td>${one.stratum}</td>` : nothing}<td>${one.coders.join(", ") || "nobody"}</td><td>${one.added.join(", ")}</td></tr>`)}</tbody></table>
    <p><button type="button" class="primary" @click=${() => void apply()}>Assign these</button> <span class="hint">Nothing is assigned before that.</span></p>`;
}
