/** The list of transcripts: what to read next, and how far each is. */

import { get, post, transcriptPath, whatWentWrong } from "./api.js";
import { element, onValue } from "./dom.js";
import { showMemos } from "./memos.js";
import { alarm, calm, confirm, say, tell } from "./say.js";
import { sendKept } from "./send_kept.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Listed} Listed */
/** @typedef {import("./types.js").Mode} Mode */

/** @type {Record<Mode, string>} */
const MODES = { open: "open", blind: "blind", audit: "blind audit" };
const MODES_MEAN = "open: you see suggestions and other people’s codings. blind: you see neither until you finish. blind audit: you code a random sample of sentences blind, to check the model.";
const EVERY = 20000;
const ORDER = "comb:queue-order";
const box = element("queue");
/** `notes`: what of the study's files could not be used. @type {{lead: boolean, items: Listed[], notes: string[], order: string}} */
const state = { lead: false, items: [], notes: [], order: localStorage.getItem(ORDER) ?? "next" };

async function load() {
  /** @type {[import("./types.js").Me, Listed[]]} */
  const [me, items] = await Promise.all([get("/api/me"), get("/api/transcripts")]);
  const notes = me.lead ? await get("/api/notes") : [];
  Object.assign(state, { lead: me.lead, items, notes });
  document.getElementById("waiting")?.remove();
  draw();
}

/** A study without transcripts says what comes next. */
function empty() {
  return html`<div class="empty">${state.notes.length ? noted() : nothing}<p>There are no transcripts in this study yet.</p>
    ${state.lead ? html`<p>Start with your interviews: Word files, captions, or a project from another program, with any codings that you already have.</p>
      <p><a class="go" href="/add">Add files</a></p>` : html`<p>Your lead adds them.</p>`}</div>`;
}

function draw() {
  render(state.items.length ? list() : empty(), box);
}

function list() {
  const ranked = state.items.some((item) => item.rank !== null);
  const items = [...state.items];
  const due = (/** @type {Listed} */ item) => Number(!(item.assigned && !item.finished));
  if (state.order === "next" && ranked) items.sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity));
  else items.sort((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true }));
  items.sort((a, b) => due(a) - due(b));
  return html`
      ${state.notes.length ? noted() : nothing}
      ${state.lead ? nextStep(items) : nothing}
      <div class="bar">
        ${ranked ? order() : nothing}
        <span class="counts">${state.items.filter((item) => item.finished).length} of ${state.items.length} finished</span>
        <span class="commands"><button type="button" @click=${() => void guarded(memos)}>Memos…</button>
          ${state.lead ? html`<button type="button" @click=${exportAll}>Export codings…</button>` : nothing}</span>
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label="Transcripts">
        <table class="queue">
          <thead><tr><th scope="col">Transcript</th><th scope="col">Suggestions decided</th><th scope="col" class="number">Your codings</th>
            <th scope="col" title=${MODES_MEAN}>Mode</th><th scope="col">Progress</th><th scope="col">Coded by</th></tr></thead>
          <tbody>${items.map(row)}</tbody>
        </table>
      </div>`;
}

/** What a lead can do once some is coded: have codes suggested for the rest; once all is read, report. @param {Listed[]} items */
function nextStep(items) {
  const coded = items.filter((item) => item.coders.length);
  const rest = items.filter((item) => !item.coders.length && !item.finished);
  if (coded.length > 1 && rest.length && !items.some((item) => item.suggestions)) {
    return html`<p>${coded.length} transcripts are coded. comb can learn from them and suggest codes for ${rest.length === 1 ? "the other one" : `the other ${rest.length}`}: <a href="/train">Train</a></p>`;
  }
  if (items.every((item) => item.finished)) return html`<p>You have finished all transcripts. <a href="/overview">Overview</a> shows codes and agreement, <a href="/report">Report</a> makes the files for your paper.</p>`;
  return nothing;
}

/** Files of the study that could not be used, for who can put them right. */
function noted() {
  return html`<details class="note"><summary>${state.notes.length === 1 ? "One problem" : `${state.notes.length} problems`} in the study’s files</summary>
    <ul>${state.notes.map((note) => html`<li>${note}</li>`)}</ul></details>`;
}

async function memos() {
  await showMemos(await get("/api/codebook"), "");
}

function order() {
  const choose = onValue((value) => {
    state.order = value;
    localStorage.setItem(ORDER, state.order);
    draw();
  });
  return html`<label>Order <select @change=${choose}>
    <option value="next" ?selected=${state.order === "next"}>what to code next</option>
    <option value="name" ?selected=${state.order !== "next"}>by name</option></select></label>`;
}

/** @param {Listed} item */
function row(item) {
  return html`<tr>
    <th scope="row"><a href="/t/${encodeURIComponent(item.id)}">${item.id}</a>
      <span class="hint">${item.assigned ? html`<b>assigned to you</b>, ` : nothing}${item.source === "new" ? "new, for suggestions; " : ""}${item.segments} ${item.segments === 1 ? "segment" : "segments"}${item.unconfirmed ? ", speakers not confirmed" : ""}${item.lost ? `, ${item.lost} of your codings no longer in the text` : ""}</span></th>
    <td>${item.suggestions ? progress(item) : html`<span class="hint">${item.mode !== "open" && !item.finished ? "hidden" : "no suggestions"}</span>`}</td>
    <td class="number">${item.coded}</td>
    <td>${modes(item)}</td>
    <td>${item.finished ? `✓ finished${item.blind === "yes" ? ", blind" : ""}` : item.coded || item.decided ? "in progress" : "not started"}</td>
    <td>${item.coders.join(", ")} ${state.lead && item.comparable
      ? html`<a class="settle" href="/adjudicate/${encodeURIComponent(item.id)}">Compare coders<span class="away"> of ${item.id}</span></a>`
      : nothing}</td>
  </tr>`;
}

/** @param {Listed} item */
function progress(item) {
  const part = (100 * item.decided) / item.suggestions;
  return html`<span class="counts"><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"></rect>
    <rect class="decided" width=${part} height="6"></rect></svg> ${item.decided} of ${item.suggestions}</span>`;
}

/** @param {Listed} item */
function modes(item) {
  const change = (/** @type {Event} */ event) => void setMode(item, /** @type {HTMLSelectElement} */ (event.target));
  return html`<select aria-label="How you code ${item.id}" title=${MODES_MEAN} .value=${item.mode} @change=${change}>
    ${Object.entries(MODES).map(([value, name]) => html`<option value=${value} ?selected=${value === item.mode}>${name}</option>`)}</select>`;
}

/** @param {Listed} item @param {HTMLSelectElement} select */
async function setMode(item, select) {
  const mode = /** @type {Mode} */ (select.value);
  await guarded(async () => {
    await post(transcriptPath(item.id, "mode"), { mode });
    say(`${item.id}: ${MODES[mode]}.`);
  });
  await guarded(load);
  select.value = state.items.find((one) => one.id === item.id)?.mode ?? select.value;
}

async function exportAll() {
  const body = html`<p>The codings are written to the study’s folder as CSV files, one per coder, where training (<code>dvc repro</code>) and <code>comb agree</code> read them. Memos go to <code>data/memos.csv</code>.</p>`;
  if (!(await confirm("Export codings?", body, "Export"))) return;
  await guarded(async () => {
    const { files, codings, notes } = await post("/api/export");
    const count = Array.isArray(files) ? files.length : files;
    const names = Array.isArray(files) ? `: ${files.join(", ")}` : "";
    say(`Codings exported: ${codings}, files written: ${count}.`);
    tell(`Codings exported: ${codings}, files written: ${count}${names}.`, (notes ?? []).join(" "));
    await load();
  });
}

/** @param {() => Promise<void>} run */
async function guarded(run) {
  try {
    await run();
  } catch (error) {
    alarm(...whatWentWrong(error));
  }
}

async function finishSending() {
  const { sent } = await sendKept();
  if (!sent) return;
  say(`Waiting decisions saved: ${sent}.`);
  await load();
}

/** What came in meanwhile: new files, and what others have done. A list that cannot be fetched now is left as it is. */
const again = () => void (document.visibilityState === "visible" && !document.querySelector("dialog[open]") && load().catch(() => null));
addEventListener("focus", again);
document.addEventListener("visibilitychange", again);
setInterval(again, EVERY);

calm();
void guarded(load).then(() => guarded(finishSending));
