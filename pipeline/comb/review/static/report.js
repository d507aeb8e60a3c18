/** What comb makes for the paper, for coders and for other software: made here, looked at, downloaded. */

import { ApiError, get, whatWentWrong } from "./api.js";
import { element, onValue } from "./dom.js";
import { Follower, jobCard } from "./jobs.js";
import { alarm, calm, say } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").ReportView} ReportView */
/** @typedef {import("./types.js").MadeFile} MadeFile */

const box = element("report");
const KINDS = ["report", "agreement", "export"];
/** Formats that most people look for, with the programs that read them. @type {Record<string, string>} */
const KNOWN = {
  qdpx: "Project for NVivo, ATLAS.ti and MAXQDA (.qdpx)",
  xlsx: "Excel workbook with one row per coded passage",
  docx: "Word documents, codes as comments",
  html: "Web pages to read, filter and print",
  matrix: "Excel workbook of sentences by codes, a sheet for each coder",
  csv: "Table (CSV) with one row per coded passage",
};
/** @type {Record<string, [string, string]>} */
const FORMS = {
  matrix: ["Framework matrix", "Summarise each case under each code, beside its passages."],
  beliefs: ["Beliefs and relevant domains", "Write belief statements, judge which domains are relevant, choose quotations."],
  wheel: ["Behaviour change wheel", "From relevant domains to intervention functions, policies and techniques, judged by APEASE."],
};
const EVERYTHING = Object.keys(KNOWN);
/** @type {{view: ReportView|null, unit: string, level: string, blind: boolean, format: string, suggestions: boolean}} */
const state = { view: null, unit: "", level: "", blind: false, format: "qdpx", suggestions: false };
const follower = new Follower(draw, () => void load());

async function load() {
  try {
    state.view = await get("/api/report");
    document.getElementById("waiting")?.remove();
    follower.take(state.view?.job ?? null);
  } catch (error) {
    alarm(...whatWentWrong(error));
  }
}

function draw() {
  const view = state.view;
  if (!view) return;
  render(
    html`<div class="work">
      ${view.blind.length ? html`<p class="card">You are coding ${view.blind.join(", ")} blind. Files that show other people’s codings there become available once you have finished.</p>` : nothing}
      ${missing(view)}
      ${follower.running && !KINDS.includes(follower.job?.kind ?? "") ? jobCard(follower, [], true) : nothing}
      ${report(view)}
      ${agreement(view)}
      ${forms()}
      ${exchange(view)}
    </div>`,
    box,
  );
}

/** The card of a job, where its files come. @param {string} kind */
const card = (kind) => (follower.job?.kind === kind ? jobCard(follower, [kind], true) : nothing);

/** @param {ReportView} view */
function missing(view) {
  if (!view.missing.length) return nothing;
  return html`<details class="card" open><summary>What is still missing</summary><ul class="lacks">${view.missing.map(
    (need) => html`<li>${need.must ? html`<strong>${need.text}</strong>` : need.text}${need.link ? html` <a href=${need.link}>${need.label}</a>` : nothing}</li>`,
  )}</ul></details>`;
}

/** @param {ReportView} view */
function report(view) {
  return html`<section><h2>Barriers and facilitators</h2>
    <p>Who said what, by domain and group; the framework matrix, belief statements, the behaviour change wheel, and how the coding was done.</p>
    ${view.out_of_date && view.report.length ? html`<p class="hint">The study has changed since the report was written.</p>` : nothing}
    ${card("report")}
    ${files(view.report)}
    <p><button type="button" class="primary" ?disabled=${follower.running} @click=${() => void follower.start("report")}>${view.report.length ? "Update the report" : "Write the report"}</button></p></section>`;
}

/** @param {ReportView} view */
function agreement(view) {
  const unit = onValue((value) => void (state.unit = value));
  const level = onValue((value) => void (state.level = value));
  return html`<section><h2>Agreement of the coders</h2>
    <p>Percent agreement, Cohen’s and Fleiss’ kappa, Krippendorff’s alpha, Gwet’s AC1 and more, for each code and each pair of coders, with 95% intervals.</p>
    <div class="choices">
      <label>Compare <select @change=${unit}><option value="">as set in the study</option><option value="segment">sentences</option><option value="turn">turns</option><option value="transcript">whole transcripts</option><option value="character">characters</option></select></label>
      <label>Level of the codebook <select @change=${level}><option value="">as set in the study</option>${view.levels.map((one) => html`<option value=${one.name}>${one.title}</option>`)}</select></label>
      <label><input type="checkbox" .checked=${state.blind} @change=${() => void (state.blind = !state.blind)}> only blind codings</label>
    </div>
    ${card("agreement")}
    ${files(view.agreement)}
    <p><button type="button" ?disabled=${follower.running} @click=${() => void follower.start("agreement", { unit: state.unit, level: state.level, blind_only: state.blind })}>${view.agreement.length ? "Compare again" : "Compare the coders"}</button></p></section>`;
}

function forms() {
  return html`<section><h2>Forms to fill in</h2>
    <p>Each is an Excel workbook with yellow cells. Download it, fill it in and upload it; then update the report to include your entries.</p>
    <ul class="files">${Object.entries(FORMS).map(([form, [name, what]]) => html`<li id="form-${form}"><span class="name">${name} <span class="hint">${what}</span></span>
      <a href="/api/report/forms/${form}" download>Download<span class="away"> the form ${name}</span></a>
      <input type="file" accept=".xlsx" id="file-${form}" hidden @change=${(/** @type {Event} */ event) => void readBack(form, event)}>
      <button type="button" @click=${() => element(`file-${form}`).click()}>Upload…<span class="away"> the form ${name}</span></button></li>`)}</ul></section>`;
}

/** @param {ReportView} view */
function exchange(view) {
  const rest = view.formats.filter((format) => !EVERYTHING.includes(format.name));
  const choose = onValue((value) => void (state.format = value));
  /** @type {Map<string, MadeFile[]>} */
  const folders = new Map();
  for (const file of view.exports) {
    const folder = file.path.split("/")[1];
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return html`<section><h2>For other programs and readers</h2>
    <p>Transcripts, codebook and codings of all coders.</p>
    <div class="choices">
      <label>Format <select @change=${choose}>${EVERYTHING.map((name) => html`<option value=${name} ?selected=${name === state.format}>${KNOWN[name]}</option>`)}
        <optgroup label="More formats">${rest.map((format) => html`<option value=${format.name}>${format.title}</option>`)}</optgroup></select></label>
      <label><input type="checkbox" .checked=${state.suggestions} @change=${() => void (state.suggestions = !state.suggestions)}> with comb’s suggestions, as a separate coder</label>
      <button type="button" ?disabled=${follower.running} @click=${() => void follower.start("export", { format: state.format, suggestions: state.suggestions })}>Create the files</button>
    </div>
    ${card("export")}
    ${[...folders].map(([folder, made]) => html`<h3>${title(view, folder)}</h3>${files(made)}
      ${made.length > 1 ? html`<p><a href="/api/report/zip/${folder}" download>All ${made.length} files in one (.zip)</a></p>` : nothing}`)}</section>`;
}

/** @param {ReportView} view @param {string} folder */
function title(view, folder) {
  const name = folder.replace(/-with-suggestions$/, "");
  const known = KNOWN[name] ?? view.formats.find((format) => format.name === name)?.title ?? name;
  return name === folder ? known : `${known}, with suggestions`;
}

/** @param {MadeFile[]} made */
function files(made) {
  if (!made.length) return nothing;
  return html`<ul class="files">${made.map((file) => {
    const address = `/api/files/${file.path.split("/").map(encodeURIComponent).join("/")}`;
    return html`<li><span class="name">${file.title}</span><span class="hint">${when(file.made)} · ${size(file.bytes)}</span>
      ${file.preview ? html`<a href=${address} target="_blank" rel="noopener">Preview<span class="away">: ${file.title}, in a new tab</span></a>` : nothing}
      <a href="${address}?download" download>Download<span class="away"> ${file.title}</span></a></li>`;
  })}</ul>`;
}

/** @param {string} at */
const when = (at) => new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
/** @param {number} bytes */
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** @param {string} form @param {Event} event */
async function readBack(form, event) {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const file = field.files?.[0];
  if (!file) return;
  calm();
  try {
    const study = document.body.dataset.study ?? "";
    const headers = { "X-Comb": "1", "X-Comb-Study": study, "Content-Type": "application/octet-stream" };
    const answer = await fetch(`/api/report/forms/${form}`, { method: "POST", headers, body: file });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new ApiError(answer.status, found);
    say(`Rows changed: ${found.changed}. Write the report again to include them.`);
    await load();
  } catch (error) {
    alarm(...whatWentWrong(error));
  }
  field.value = "";
}

void load();
