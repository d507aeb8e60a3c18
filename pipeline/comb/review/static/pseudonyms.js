/** Candidates for pseudonyms: what each is, where it stands, and what a person decides. */

import { get, post } from "./api.js";
import { element, onValue } from "./dom.js";
import { alarm, confirm, guarded, say } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Candidate} Candidate */
/** @typedef {import("./types.js").CandidateDecision} CandidateDecision */

/** @type {Record<CandidateDecision, string>} */
const DECISIONS = { "": "undecided", replace: "replace", keep: "keep", part: "replace a part" };
const MOST = 200;
const box = element("pseudonyms");
/** @type {{looked: boolean, rows: Candidate[], kind: string, all: boolean}} */
const state = { looked: false, rows: [], kind: "", all: false };

async function load() {
  take(await get("/api/pseudonyms"));
}

/** @param {{looked: boolean, rows: Candidate[]}} found */
function take(found) {
  Object.assign(state, { looked: found.looked, rows: found.rows });
  document.getElementById("waiting")?.remove();
  draw();
}

/** @returns {Candidate[]} the rows that the filters let through */
const shown = () => state.rows.filter((row) => (state.all || !row.decision) && (!state.kind || row.kind === state.kind));

function draw() {
  const rows = shown();
  const open = state.rows.filter((row) => !row.decision).length;
  render(
    html`<div class="bar">
        ${state.rows.length ? filters() : nothing}
        <span class="counts">${state.looked ? `${open} of ${state.rows.length} undecided` : "not searched for names yet"}</span>
        <span class="commands">
          ${rows.length ? html`<button type="button" @click=${replaceShown}>Replace all shown…</button>` : nothing}
          <button type="button" @click=${() => guarded(look)}>${state.looked ? "Search again" : "Search for names"}</button></span>
      </div>
      ${rows.length ? table(rows) : nothing}
      ${rows.length > MOST ? html`<p class="hint">${rows.length - MOST} more will appear once these are decided.</p>` : nothing}`,
    box,
  );
}

function filters() {
  const kinds = [...new Set(state.rows.map((row) => row.kind))].sort();
  const choose = onValue((value) => {
    state.kind = value;
    draw();
  });
  const toggle = () => {
    state.all = !state.all;
    draw();
  };
  return html`<label>Kind <select @change=${choose}><option value="">all kinds</option>
      ${kinds.map((kind) => html`<option value=${kind} ?selected=${kind === state.kind}>${kind.replace("_", " ")}</option>`)}</select></label>
    <label><input type="checkbox" .checked=${state.all} @change=${toggle}> show decided candidates, too</label>`;
}

/** @param {Candidate[]} rows */
function table(rows) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Candidates"><table class="queue">
    <thead><tr><th scope="col">Candidate</th><th scope="col">Kind</th><th scope="col" class="number">Occurrences</th><th scope="col">Pseudonym</th>
      <th scope="col">Decision</th></tr></thead>
    <tbody>${rows.slice(0, MOST).map(line)}</tbody></table></div>`;
}

/** @param {Candidate} one */
function line(one) {
  const name = one.transcript ? `${one.text} in ${one.transcript}` : one.text;
  const call = onValue((value) => void save(one, { pseudonym: value }));
  const part = onValue((value) => void save(one, { part: value, decision: "part" }));
  const choose = onValue((value) => void chosen(one, /** @type {CandidateDecision} */ (value)));
  return html`<tr>
    <th scope="row">${one.text}${one.transcript ? html` <span class="hint">only in ${one.transcript}</span>` : nothing}
      <details><summary class="hint">where it occurs</summary>${one.contexts.map(context)}</details></th>
    <td>${one.kind.replace("_", " ")}</td>
    <td class="number">${one.occurrences}</td>
    <td><input aria-label="Pseudonym of ${name}" .value=${one.pseudonym} @change=${call}></td>
    <td><select aria-label="Decision on ${name}" .value=${one.decision} @change=${choose}>
        ${Object.entries(DECISIONS).map(([value, label]) => html`<option value=${value} ?selected=${value === one.decision}>${label}</option>`)}</select>
      ${one.decision === "part" || asking.has(one) ? html`<input aria-label="Part of ${name} that is replaced" placeholder="which words?" .value=${one.part} @change=${part}>` : nothing}</td>
  </tr>`;
}

/** @param {{place: string, before: string, words: string, after: string}} found */
const context = (found) => html`<p class="hint">${found.place}: ${found.before ? html`…${found.before}` : nothing}<mark>${found.words}</mark>${found.after}${found.after ? "…" : nothing}</p>`;

/** Rows of which a part is to be replaced, and nobody has said yet which. @type {Set<Candidate>} */
const asking = new Set();

/** @param {Candidate} one @param {CandidateDecision} decision */
async function chosen(one, decision) {
  if (decision === "part" && !one.part) {
    asking.add(one);
    return draw();
  }
  asking.delete(one);
  await save(one, { decision });
}

/** @param {Candidate} one @param {Partial<Candidate>} change */
async function save(one, change) {
  await send([one], change);
}

/** @param {Candidate[]} rows @param {Partial<Candidate>} change */
async function send(rows, change) {
  const sent = rows.map((one) => {
    const { text, kind, transcript, decision, pseudonym, part } = one;
    return { text, kind, transcript, decision, pseudonym, part, ...change, before: { decision, pseudonym, part } };
  });
  const saved = await guarded(async () => {
    await post("/api/pseudonyms", { rows: sent });
    for (const one of rows) Object.assign(one, change);
    asking.clear();
    say(rows.length === 1 ? "Saved." : `Candidates saved: ${rows.length}.`);
  });
  if (!saved) await startAnew();
  draw();
}

/** Show what the table says: a field keeps what was chosen in it, which is not saved. */
async function startAnew() {
  asking.clear();
  const found = await get("/api/pseudonyms").catch(() => null);
  if (found) state.rows = found.rows;
  render(nothing, box);
}

async function replaceShown() {
  const rows = shown().filter((one) => !one.decision);
  const body = html`<p>Undecided candidates that will be replaced by the pseudonyms shown: ${rows.length}.</p>`;
  if (rows.length && (await confirm("Replace all shown?", body, "Replace"))) await send(rows, { decision: "replace" });
}

async function look() {
  say("Searching for names…");
  const found = await post("/api/pseudonyms/look");
  take(found);
  if (found.notes.length) alarm("Some files could not be read.", found.notes.join(" "));
}

void guarded(load);
