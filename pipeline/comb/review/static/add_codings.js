/** Tables of codings: how many quotes were placed, and what is left to correct, row by row and code by code. */

import { field } from "./add_preview.js";
import { onValue } from "./dom.js";
import { html, nothing } from "./vendor/lit-html.js";

/**
 * @typedef {import("./add.js").Page} Page
 * @typedef {import("./add_model.js").Codings} Codings
 * @typedef {import("./add_model.js").RepairedQuote} RepairedQuote
 * @typedef {import("./add_model.js").RowToFix} RowToFix
 * @typedef {import("./add_model.js").UnknownCode} UnknownCode
 * @typedef {import("./add_model.js").Passage} Passage
 */

const VALENCES = ["", "barrier", "facilitator", "both"];
/** Rows that are shown at a time. */
const MOST = 20;

/** @param {Page} page */
export function codings(page) {
  return (page.adding.preview?.codings ?? []).map((one) => section(page, one));
}

/** @param {Page} page @param {Codings} one */
function section(page, one) {
  const shown = one.to_fix.slice(0, MOST);
  return html`<section class="codings"><h2>Codings in ${one.file}</h2>${understood(page, one)}
    ${one.by_column ? nothing : field(page, one.file, "No column names the coder: who coded?", "coder", "")}
    ${one.unknown.length ? unknown(page, one) : nothing}
    ${shown.length ? html`<h3>Rows to correct</h3><ul class="cards">${shown.map((row) => fix(page, one, row))}</ul>` : nothing}
    ${one.to_fix.length > MOST ? html`<p class="hint">${one.to_fix.length - MOST} more will appear once these are corrected.</p>` : nothing}
    ${one.to_fix.length > 1 ? later(page, one) : nothing}
    ${one.repaired.length ? repaired(page, one) : nothing}</section>`;
}

/** How far the rows are placed, and by whom they are. @param {Page} page @param {Codings} one */
function understood(page, one) {
  const corrected = page.adding.corrected(one.file);
  const back = () => page.again(() => page.adding.takeBack(one.file));
  const waiting = one.rows - one.placed - one.to_fix.length - one.later;
  const rest = [
    one.to_fix.length ? `; ${one.to_fix.length} to correct here` : "",
    waiting > 0 ? `; ${waiting} ${waiting === 1 ? "needs" : "need"} a code from your codebook` : "",
    one.later ? `; ${one.later} to correct later, in data/to-correct` : "",
  ];
  return html`<p><strong>${one.placed} of ${one.rows} rows are ready</strong>${rest.join("")}.
      ${one.coders.length ? `${one.coders.length === 1 ? "Coder" : "Coders"}: ${one.coders.join(", ")}.` : nothing}
      They use ${one.codes.length} ${one.codes.length === 1 ? "code" : "codes"} from your codebook.
      ${corrected ? html`<button type="button" @click=${back}>Undo ${corrected} ${corrected === 1 ? "correction" : "corrections"}</button>` : nothing}</p>
    ${one.spellings.map((said) => html`<p>${said.slice(0, 1).toUpperCase() + said.slice(1)}.</p>`)}
    ${one.placed ? html`<p class="hint">A coder who has at least one row for a transcript counts as having read all of it: passages without a row count as read and not coded.</p>` : nothing}`;
}

/** Quotes that were placed although some letters differ. @param {Page} page @param {Codings} one */
function repaired(page, one) {
  const leave = (/** @type {number} */ row) => () => page.again(() => void page.adding.of(one.file).left_out.push(row));
  const item = (/** @type {RepairedQuote} */ { row, quote, passage }) => html`<li class="card"><h4>Row ${row}<span class="hint"> · ${passage.transcript}</span></h4>
    <p>In the table</p><p class="quote">${quote}</p>
    <p>In the transcript</p><p class="quote"><span class="hint">…${passage.before}</span><mark>${passage.words}</mark><span class="hint">${passage.after}…</span></p>
    <p class="row"><button type="button" @click=${leave(row)}>Leave this row out<span class="away"> (row ${row})</span></button></p></li>`;
  return html`<details class="repaired" open><summary>${one.repaired.length} ${one.repaired.length === 1 ? "quote differs" : "quotes differ"} from the transcript by a few letters: is the right passage meant?</summary>
    <ul class="cards">${one.repaired.slice(0, MOST).map(item)}</ul>
    ${one.repaired.length > MOST ? html`<p class="hint">${one.repaired.length - MOST} more are listed under “messages on these files”.</p>` : nothing}</details>`;
}

/** @param {Page} page @param {Codings} one */
function later(page, one) {
  const all = () => page.again(() => void (page.adding.of(one.file).to_correct = [...page.adding.of(one.file).to_correct, ...one.to_fix.map((row) => row.row)]));
  return html`<p class="row"><button type="button" @click=${all}>Correct all ${one.to_fix.length} later</button>
    <span class="hint">They are kept in data/to-correct, as a table that you can correct in a spreadsheet and add again.</span></p>`;
}

/** @param {Page} page @param {Codings} one */
function unknown(page, one) {
  return html`<h3>Codes that are not in your codebook</h3>
    <table class="unknown"><thead><tr><th scope="col">In the table</th><th scope="col" class="number">Rows</th><th scope="col">Code in your codebook</th></tr></thead>
      <tbody>${one.unknown.map((code) => choice(page, one, code))}</tbody></table>`;
}

/** @param {Page} page @param {Codings} table @param {UnknownCode} code */
function choice(page, table, code) {
  const { adding } = page;
  const name = (/** @type {string} */ id) => adding.codes.find((one) => one.id === id)?.name ?? id;
  const choose = (/** @type {string} */ id) => page.again(() => void (adding.of(table.file).codes = { ...adding.of(table.file).codes, [code.written]: id }));
  const others = adding.codes.filter((one) => !code.nearest.includes(one.id));
  return html`<tr><th scope="row">${code.written}</th><td class="number">${code.rows}</td><td><span class="row">
    ${code.nearest.map((id) => html`<button type="button" @click=${() => choose(id)}>${name(id)}</button>`)}
    <select aria-label="Code for ${code.written}" @change=${onValue((id) => id && choose(id))}><option value="">${code.nearest.length ? "another code" : "choose a code"}…</option>
      ${others.map((one) => html`<option value=${one.id}>${one.name}</option>`)}</select></span></td></tr>`;
}

/** @param {Page} page @param {Codings} table @param {RowToFix} row */
function fix(page, table, row) {
  const { adding } = page;
  const aside = (/** @type {"left_out"|"to_correct"} */ where) => () => page.again(() => void adding.of(table.file)[where].push(row.row));
  const put = (/** @type {Passage} */ passage) => () => page.again(() => adding.fix(table.file, row.row, { transcript: passage.transcript, spans: passage.spans }));
  const call = (/** @type {string} */ id) => () => page.again(() => void (adding.of(table.file).transcripts = { ...adding.of(table.file).transcripts, [row.transcript]: id }));
  const quoted = row.quote && row.problems.some((what) => what.startsWith("the quote"));
  const named = row.problems.some((what) => what.includes("transcript") && !what.startsWith("the quote"));
  return html`<li class="card"><h4>Row ${row.row}<span class="hint"> · ${[row.transcript, row.code, row.coder].filter(Boolean).join(" · ")}</span></h4>
    ${row.quote ? html`<p class="quote">${row.quote}</p>` : nothing}
    <p>${row.problems.map((what) => html`${what.slice(0, 1).toUpperCase() + what.slice(1)}. `)}${row.remedies.join(" ")}</p>
    ${row.passages.length ? html`<ol class="passages">${row.passages.map((passage) => html`<li><p class="quote"><span class="hint">${passage.transcript}: …${passage.before}</span><mark>${passage.words}</mark><span class="hint">${passage.after}…</span></p>
      <button type="button" @click=${put(passage)}>Use this passage</button></li>`)}</ol>` : nothing}
    ${named ? html`<p class="row">${row.names.map((id) => html`<button type="button" @click=${call(id)}>It is from ${id}</button>`)}</p>` : nothing}
    ${edit(page, table, row, Boolean(quoted))}
    <p class="row"><button type="button" @click=${aside("to_correct")}>Correct later<span class="away"> (row ${row.row})</span></button>
      <button type="button" @click=${aside("left_out")}>Leave this row out<span class="away"> (row ${row.row})</span></button></p></li>`;
}

/** The cells that may be wrong, as fields to correct. @param {Page} page @param {Codings} table @param {RowToFix} row @param {boolean} quoted */
function edit(page, table, row, quoted) {
  const valence = row.problems.some((what) => what.includes("valence"));
  const coder = row.problems.some((what) => what.includes("coder"));
  if (!quoted && !valence && !coder) return nothing;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    /** @type {Record<string, string>} */
    const cells = {};
    for (const [kind, value] of new FormData(/** @type {HTMLFormElement} */ (event.target))) cells[kind] = String(value);
    page.again(() => page.adding.fix(table.file, row.row, { cells }));
  };
  return html`<form class="edit" @submit=${submit}>
    ${quoted ? html`<label>Quote, as in the transcript <textarea name="quote" rows="2" .value=${row.quote}></textarea></label>` : nothing}
    ${coder ? html`<label>Coder <input name="coder" .value=${row.coder}></label>` : nothing}
    ${valence ? html`<label>Valence <select name="valence">${VALENCES.map((one) => html`<option value=${one}>${one || "none"}</option>`)}</select></label>` : nothing}
    <button type="submit">Check again</button></form>`;
}
