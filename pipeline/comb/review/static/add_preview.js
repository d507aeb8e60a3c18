/** What was understood of the files: transcripts and who speaks in them, files that cannot be used, names of people. */

import { capital, onValue } from "./dom.js";
import { html, nothing } from "./vendor/lit-html.js";

/**
 * @typedef {import("./add.js").Page} Page
 * @typedef {import("./add_model.js").Transcript} Transcript
 * @typedef {import("./add_model.js").Problem} Problem
 * @typedef {import("./types.js").Role} Role
 * @typedef {import("./types.js").Speaker} Speaker
 */

/** @type {Record<Role, string>} */
const ROLES = { participant: "participant (coded)", interviewer: "interviewer (not coded)", other: "other (not coded)" };
/** Kinds of tables, with the columns that each needs or may have. @type {Record<string, [string, string[]]>} */
const TABLES = {
  codings: ["codings: one row per coded quote", ["transcript", "quote", "code", "coder", "valence", "memo", "start", "end"]],
  utterances: ["a transcript: one row per utterance", ["transcript", "text", "speaker", "code", "coder", "order", "valence", "time"]],
};

/** @param {Page} page */
export function transcripts(page) {
  const { adding } = page;
  const found = adding.preview?.transcripts ?? [];
  if (!found.length) return nothing;
  const open = adding.open.length;
  const confirm = () => {
    adding.confirmAll();
    page.draw();
  };
  return html`<section aria-labelledby="found"><h2 id="found">${found.length} ${found.length === 1 ? "transcript" : "transcripts"}</h2>
    <p class="hint">Purpose: comb learns from transcripts “to code by hand” once they are coded. Until somebody has begun to
      code one, <b>Train</b> suggests codes for it, too. For transcripts “for suggestions”, comb suggests codes; once you have
      finished one, comb learns from it, too.</p>
    ${open ? html`<p class="row"><span>Check each speaker’s role, and correct any mistakes.</span>
      <button type="button" class="primary" @click=${confirm}>Confirm all speakers</button></p>` : nothing}
    <div class="scroll" tabindex="0" role="region" aria-label="Transcripts found"><table class="queue found">
      <thead><tr><th scope="col">Transcript</th><th scope="col">Speakers</th><th scope="col" class="number">Turns</th><th scope="col" class="number">Segments</th><th scope="col">Purpose</th><td></td></tr></thead>
      <tbody>${found.map((one) => row(page, one))}</tbody></table></div></section>`;
}

/** @param {Page} page @param {Transcript} one */
function row(page, one) {
  const { adding } = page;
  const own = adding.files.has(one.file);
  const place = onValue((value) => page.again(() => void (adding.of(one.file).fresh = value === "new")));
  const remove = () => page.again(() => adding.remove(one.file));
  // The server counted them with the roles that it proposes.
  const counted = one.speakers.every((speaker) => speaker.role && adding.role(one, speaker) === speaker.role);
  return html`<tr><th scope="row"><b>${one.id}</b>${doubts(one).map((doubt) => html`<span class="hint doubt">${doubt}</span>`)}</th>
    <td>${one.speakers.map((speaker) => who(page, one, speaker))}</td>
    <td class="number">${one.turns}</td><td class="number">${counted ? one.segments : "–"}</td>
    <td>${own ? html`<select aria-label="Purpose of ${one.id}" @change=${place}>
      <option value="raw" ?selected=${!one.fresh}>to code by hand</option><option value="new" ?selected=${one.fresh}>for suggestions</option></select>` : html`<span class="hint">as in its project</span>`}</td>
    <td>${own ? html`<button type="button" @click=${remove}>Leave out<span class="away"> ${one.id}</span></button>` : nothing}</td></tr>`;
}

/** @param {Transcript} one */
function doubts(one) {
  const found = [];
  if (one.same) found.push("This transcript is already in the study; nothing will change.");
  else if (one.there) found.push(`The study has another transcript with this name (${one.there}). Rename yours or leave it out.`);
  if (one.copies.length) found.push(`Begins with the same words as ${one.copies.join(", ")}. Keep one of them.`);
  if (one.language) found.push(`This is in ${one.language}; comb’s rules and encoder are made for English.`);
  return found;
}

/** @param {Page} page @param {Transcript} one @param {Speaker} speaker */
function who(page, one, speaker) {
  const { adding } = page;
  const name = speaker.speaker || "(not named)";
  const role = adding.role(one, speaker);
  const sure = adding.confirmed(one, speaker);
  const choose = onValue((value) => {
    if (value) adding.say(one, speaker, /** @type {Role} */ (value));
    page.draw();
  });
  return html`<div class="who ${sure ? "sure" : ""}"><span>${name}</span>
    <select aria-label="Role of ${name} in ${one.id}" @change=${choose}>
      ${role ? nothing : html`<option value="" selected>choose a role</option>`}
      ${Object.entries(ROLES).map(([value, label]) => html`<option value=${value} ?selected=${value === role}>${label}</option>`)}</select>
    <span class="hint">${sure ? sureness(adding.role(one, speaker), speaker) : html`${speaker.reasons.length ? `proposed: ${speaker.reasons.join("; ")}` : "no role proposed"}`}</span></div>`;
}

/** @param {Role|null} role  as it is chosen now @param {Speaker} speaker */
const sureness = (role, speaker) => (speaker.source === "pattern" && role === speaker.role ? `known: ${speaker.reasons.join("; ")}` : "✓ confirmed");

/** Files that cannot be used, with what can be done. @param {Page} page */
export function problems(page) {
  const { adding } = page;
  const preview = /** @type {import("./add_model.js").Preview} */ (adding.preview);
  const tables = new Set(preview.codings.filter((one) => one.to_fix.length || one.unknown.length).map((one) => one.file));
  const found = preview.problems.filter((one) => !tables.has(one.file));
  if (!found.length) return nothing;
  return html`<section aria-labelledby="unusable"><h2 id="unusable">${found.length === 1 ? "One problem to solve first" : `${found.length} problems to solve first`}</h2>
    <ul class="cards">${found.map((one) => problem(page, one))}</ul></section>`;
}

/** @param {Page} page @param {Problem} one */
function problem(page, one) {
  const { adding } = page;
  const own = adding.files.has(one.file);
  return html`<li class="card"><h3>${one.file}</h3><p><strong>${capital(one.what)}.</strong> ${one.remedy}</p>
    ${one.details.length ? html`<ul>${one.details.map((line) => html`<li>${line}</li>`)}</ul>` : nothing}
    ${own && one.header.length ? table(page, one) : nothing}
    ${own && /encod|Unicode/i.test(`${one.what} ${one.remedy}`) ? field(page, one.file, "Encoding", "encoding", "cp1252") : nothing}
    ${own && /says who coded|'coder'/.test(one.what) ? field(page, one.file, "Who coded", "coder", "") : nothing}
    ${own ? html`<p class="row">${/name or id|same name/.test(one.what) ? rename(page, one.file) : nothing}
      <button type="button" @click=${() => page.again(() => adding.remove(one.file))}>Leave out<span class="away"> ${one.file}</span></button></p>` : nothing}</li>`;
}

/** What a table holds, and which column is what, where comb did not find it. @param {Page} page @param {Problem} one */
function table(page, one) {
  const given = page.adding.of(one.file);
  const choose = onValue((value) => page.again(() => void Object.assign(given, { kind: value, columns: {} })));
  const columns = TABLES[given.kind]?.[1] ?? [];
  const column = (/** @type {string} */ kind) => onValue((value) => page.again(() => void (given.columns = { ...given.columns, [kind]: value })));
  return html`<p class="row"><label>This table contains <select @change=${choose}><option value="" ?selected=${!given.kind}>detect automatically</option>
      ${Object.entries(TABLES).map(([value, [name]]) => html`<option value=${value} ?selected=${given.kind === value}>${name}</option>`)}</select></label></p>
    ${columns.length ? html`<p class="row">${columns.map((kind) => html`<label>${kind} <select @change=${column(kind)}><option value="">detect by name</option>
      ${one.header.map((name) => html`<option value=${name} ?selected=${given.columns[kind] === name}>${name}</option>`)}</select></label>`)}</p>` : nothing}`;
}

/** @param {Page} page @param {string} file @param {string} label @param {"encoding"|"coder"} kind @param {string} example */
export function field(page, file, label, kind, example) {
  const given = page.adding.of(file);
  const take = onValue((value) => page.again(() => void Object.assign(given, { [kind]: value.trim(), kind: kind === "coder" ? "codings" : given.kind })));
  return html`<p class="row"><label>${label} <input .value=${given[kind]} placeholder=${example} @change=${take}></label></p>`;
}

/** @param {Page} page @param {string} file */
function rename(page, file) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const other = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("name")).trim();
    page.again(() => page.adding.rename(file, other));
  };
  return html`<form class="row" @submit=${submit}><label>New name <input name="name" .value=${file} required></label><button type="submit">Rename</button></form>`;
}

/** @param {Page} page */
export function names(page) {
  const number = page.adding.preview?.names ?? 0;
  if (!number) return nothing;
  return html`<section aria-labelledby="names"><h2 id="names">Names of people and places</h2>
    <p>${number} ${number === 1 ? "word or phrase" : "words or phrases"} in these transcripts may identify somebody. Nothing is replaced yet. Once the files are added, decide on the page
      <a href="/pseudonyms">Pseudonyms</a>.</p></section>`;
}

/** What the command line says of the same import. @param {string[]} notes */
export function messages(notes) {
  if (!notes.length) return nothing;
  return html`<details class="messages"><summary>${notes.length} ${notes.length === 1 ? "message" : "messages"} on these files</summary>
    <ul>${notes.map((note) => html`<li>${note.replace(/^comb: /, "")}</li>`)}</ul></details>`;
}
