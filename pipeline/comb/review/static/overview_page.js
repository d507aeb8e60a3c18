/** How far the coding is, how often codes are used, and how far coders agree. */

import { get, post } from "./api.js";
import { option, placed } from "./code_tree.js";
import { capital, element, onValue } from "./dom.js";
import { save } from "./saving.js";
import { guarded, say } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {{state: string, codings: number|null}} Cell */
/** @typedef {{id: string, segments: number, cells: Record<string, Cell>, decided: number, suggestions: number|null}} Row */
/** @typedef {{coders: string[], transcripts: Row[], me: string, attributes: string[], group: string, problem: string}} Progress */
/** @typedef {{code: string, passages: number, transcripts: number, coders: Record<string, number>, valences: Record<string, number>,
 *   groups: Record<string, {passages: number, people: number}>}} CodeRow */
/** @typedef {{codes: CodeRow[], coders: string[], groups: string[], people: Record<string, number>, picture: string|null}} Counted */
/** @typedef {{title: string, header: string[], rows: string[][], more: string[][], notes: string[]}} Block */
/** @typedef {{ready: boolean, none: string, tables: Block[], picture: string|null}} Agreement */

const box = element("knowing");
/** @type {{progress: Progress|null, names: Map<string, import("./types.js").PlacedCode>, counted: Counted|null, agreement: Agreement|null, coder: string, attribute: string}} */
const state = { progress: null, names: new Map(), counted: null, agreement: null, coder: "", attribute: "" };

async function load() {
  const [codebook, progress] = await Promise.all([get("/api/codebook"), get("/api/overview")]);
  Object.assign(state, { names: new Map(placed(codebook.codes).map((code) => [code.id, code])), progress, attribute: progress.group });
  document.getElementById("waiting")?.remove();
  draw();
  await count();
  await agree();
}

async function count() {
  state.counted = await post("/api/overview/codes", { coder: state.coder, attribute: state.attribute });
  draw();
}

async function agree() {
  state.agreement = await get("/api/overview/agreement");
  draw();
  if (!state.agreement?.ready) setTimeout(() => void guarded(agree), 1000);
}

function draw() {
  const { progress, counted, agreement } = state;
  if (!progress) return;
  render(
    html`<section aria-labelledby="h-progress">${heading("h-progress", "Progress", "progress", ["csv", "xlsx"])} ${matrix(progress)}</section>
      <section aria-labelledby="h-agreement">${heading("h-agreement", "Agreement", "agreement", agreement?.tables.length ? ["csv", "xlsx", "svg"] : [])}
        ${agreement ? agreed(agreement) : html`<p class="hint">One moment…</p>`}</section>
      <section aria-labelledby="h-codes">${heading("h-codes", "Codes", "codes", counted?.codes.length ? ["csv", "xlsx"] : [])}
        ${counted ? codes(counted, progress) : html`<p class="hint">One moment…</p>`}</section>
      ${counted && progress.attributes.length ? groups(counted, progress) : nothing}`,
    box,
  );
}

/** @type {Record<string, string>} */
const FORMATS = { csv: "CSV", xlsx: "Excel", svg: "Chart (SVG)" };

/** @param {string} id @param {string} title @param {string} what @param {string[]} formats */
function heading(id, title, what, formats) {
  const button = (/** @type {string} */ format) => html`<button type="button" @click=${() => void guarded(() => saved(what, format))}>${FORMATS[format]}<span class="away"> of ${title.toLowerCase()}</span></button>`;
  return html`<div class="bar titled"><h2 id=${id}>${title}</h2>${formats.length ? html`<span class="commands">Save as ${formats.map(button)}</span>` : nothing}</div>`;
}

/** @param {string} what @param {string} format */
async function saved(what, format) {
  save(await post("/api/overview/file", { what, format, coder: state.coder, attribute: state.attribute }));
  say("Saved to your browser’s downloads.");
}

/** @param {Progress} progress */
function matrix({ coders, transcripts, me }) {
  const done = (/** @type {string} */ coder) => transcripts.filter((row) => row.cells[coder]?.state === "finished").length;
  if (!transcripts.length) return html`<p class="none">There are no transcripts yet.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Progress"><table class="matrix">
    <thead><tr><th scope="col">Transcript</th><th scope="col" class="number">Segments</th>${coders.map((name) => html`<th scope="col">${name}${name === me ? " (you)" : ""}</th>`)}</tr></thead>
    <tbody><tr class="sum"><th scope="row">Finished</th><td></td>${coders.map((name) => html`<td>${done(name)} of ${transcripts.length}</td>`)}</tr>
      ${transcripts.map((row) => html`<tr><th scope="row"><a href="/t/${encodeURIComponent(row.id)}">${row.id}</a></th><td class="number">${row.segments}</td>
        ${coders.map((name) => html`<td>${cell(row, name, me)}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** @param {Row} row @param {string} coder @param {string} me */
function cell(row, coder, me) {
  const found = row.cells[coder];
  if (!found) return html`<span class="hint">–</span>`;
  const decided = coder === me && row.suggestions ? `${row.decided} of ${row.suggestions} decided` : "";
  const told = [found.codings ? `${found.codings} ${found.codings === 1 ? "coding" : "codings"}` : "", decided].filter(Boolean).join(", ");
  return html`${found.state === "finished" ? "✓ finished" : found.state} ${told ? html`<span class="hint">${told}</span>` : nothing}`;
}

/** @param {Agreement} found */
function agreed(found) {
  if (found.none) return html`<p class="none">${found.none}</p>`;
  if (!found.ready) return html`<p class="hint">comb is comparing the coders. The first time, this takes a moment.</p>`;
  return html`<p class="hint">Based on the current codings, with the study’s settings for agreement (<code>agreement</code> in <code>configs/params.yaml</code>); transcripts that you are coding blind are left out.
    Intervals show how far a figure varies when as many transcripts are drawn from yours at random, with repeats, many times
    (percentile bootstrap; each draw is a resample).</p>
    ${found.picture ? html`<img class="picture" src=${found.picture} alt="Kappa overall and by code, with 95% intervals; the same numbers are in the tables below."><p class="hint">Kappa, overall and for each code, with its 95% interval; the dashed line marks 0.6, a convention, not a proof of quality.</p>` : nothing}
    ${found.tables.map(block)}`;
}

/** @param {Block} one */
function block(one) {
  return html`<h3>${one.title}</h3>${rowsOf(one, one.rows, one.title)} ${one.notes.map((note) => html`<p class="hint">${note}</p>`)}
    ${one.more.length ? html`<details><summary>Other coefficients</summary>${rowsOf(one, one.more, "Other coefficients")}</details>` : nothing}`;
}

/** @param {Block} one @param {string[][]} rows @param {string} label */
function rowsOf(one, rows, label) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table class="matrix">
    <thead><tr>${one.header.map((name) => html`<th scope="col">${capital(name)}</th>`)}</tr></thead>
    <tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${state.names.get(first ?? "")?.name ?? first}</th>${rest.map((text) => html`<td>${text}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** @param {Counted} counted @param {Progress} progress */
function codes(counted, progress) {
  const most = Math.max(1, ...counted.codes.map((one) => one.passages));
  const choose = onValue((value) => {
    state.coder = value;
    void guarded(count);
  });
  return html`<div class="bar"><label>Coded by <select @change=${choose}>${option("", "anyone", state.coder)} ${progress.coders.map((name) => option(name, name, state.coder))}</select></label>
      <span class="hint">A passage counts once for each person who gave it the code; “anyone” leaves out the consensus. Counts include the codes below a code. Select a number to see its passages.</span></div>
    ${counted.codes.length ? html`<div class="scroll" tabindex="0" role="region" aria-label="Codes"><table class="matrix">
      <thead><tr><th scope="col">Code</th><th scope="col">Coded passages</th><th scope="col" class="number">Transcripts</th><th scope="col" class="number">Barrier</th><th scope="col" class="number">Facilitator</th>
        <th scope="col" class="number">Both</th><th scope="col" class="number">No valence</th>${counted.coders.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
      <tbody>${counted.codes.map((one) => codeRow(one, counted, most))}</tbody></table></div>` : html`<p class="none">There are no codings yet that you may see.</p>`}`;
}

/** @param {CodeRow} one @param {Counted} counted @param {number} most */
function codeRow(one, counted, most) {
  const code = state.names.get(one.code);
  const own = { code: one.code, coder: state.coder };
  return html`<tr><th scope="row">${"\u2003".repeat(code?.depth ?? 0)}${code?.name ?? one.code}</th>
    <td><span class="counts"><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"></rect><rect class="decided" width=${(100 * one.passages) / most} height="6"></rect></svg>
      ${link(one.passages, own)}</span></td>
    <td class="number">${one.transcripts}</td>
    ${["barrier", "facilitator", "both", "none"].map((valence) => html`<td class="number">${link(one.valences[valence] ?? 0, { ...own, valence })}</td>`)}
    ${counted.coders.map((coder) => html`<td class="number">${link(one.coders[coder] ?? 0, { ...own, coder })}</td>`)}</tr>`;
}

/** @param {number} number @param {Record<string, string>} filters  what the passages behind it are */
function link(number, filters) {
  if (!number) return html`<span class="hint">0</span>`;
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  return html`<a href="/search?${query}">${number}</a>`;
}

/** @param {Counted} counted @param {Progress} progress */
function groups(counted, progress) {
  const choose = onValue((value) => {
    state.attribute = value;
    void guarded(count);
  });
  const title = "Codes by group of participants";
  return html`<section aria-labelledby="h-groups">${heading("h-groups", title, "groups", counted.groups.length && counted.codes.length ? ["csv", "xlsx", "svg"] : [])}
    <div class="bar"><label>Groups by <select @change=${choose}>${progress.attributes.map((name) => option(name, name, state.attribute))}</select></label>
      <span class="hint">Number of passages and, in brackets, of the participants who speak in them. A passage coded by several people counts once. The report counts differently: it takes the consensus where there is one, and counts only the participants who were interviewed.</span></div>
    ${counted.groups.length && counted.codes.length ? html`<div class="scroll" tabindex="0" role="region" aria-label=${title}><table class="matrix">
      <thead><tr><th scope="col">Code</th>${counted.groups.map((name) => html`<th scope="col" class="number">${name} <span class="hint">(${counted.people[name] ?? 0})</span></th>`)}</tr></thead>
      <tbody>${counted.codes.map((one) => html`<tr><th scope="row">${"\u2003".repeat(state.names.get(one.code)?.depth ?? 0)}${state.names.get(one.code)?.name ?? one.code}</th>
        ${counted.groups.map((name) => html`<td class="number">${groupCell(one, name)}</td>`)}</tr>`)}</tbody></table></div>
      ${counted.picture ? html`<details><summary>As a chart</summary><img class="picture" src=${counted.picture} alt="Share of each group's participants with a code; the numbers are in the table above."></details>` : nothing}` : html`<p class="none">No participant of a coded transcript has this attribute.</p>`}</section>`;
}

/** @param {CodeRow} one @param {string} group */
function groupCell(one, group) {
  const found = one.groups[group] ?? { passages: 0, people: 0 };
  // Who states nothing has no value that the search could ask for.
  if (group === "(not stated)") return `${found.passages} (${found.people})`;
  return html`${link(found.passages, { code: one.code, coder: state.coder, attribute: state.attribute, value: group })} <span class="hint">(${found.people})</span>`;
}

void guarded(load);
