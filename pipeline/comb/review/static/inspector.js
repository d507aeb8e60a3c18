/** The panel beside the text: what is selected or current, and what can be done with it. */

import { SCOPE, shownKey, VALENCE_KEYS } from "./bindings.js";
import { addExample } from "./codebook_example.js";
import { legible } from "./colours.js";
import { onValue } from "./dom.js";
import { isOpen, valenceSign } from "./model.js";
import { clip } from "./picker.js";
import { goesOn, setGoesOn } from "./settings.js";
import { html, nothing, render } from "./vendor/lit-html.js";
import { definition, why } from "./why.js";
import { adjust, cancelSpan, codePicked, saveSpan } from "./words.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").SuggestionMark} SuggestionMark */
/** @typedef {import("./types.js").CodingMark} CodingMark */
/** @typedef {import("./app.js").App} App */

/**
 * What can be done stands first and in the same place for each suggestion: whoever accepts by mouse need not move it.
 * @param {App} app
 * @param {HTMLElement} box
 */
export function drawInspector(app, box) {
  const mark = app.mark;
  const parts = [];
  if (app.adjusting) parts.push(adjusting(app, app.adjusting));
  else if (app.picked.span) parts.push(passage(app, app.picked.span));
  if (mark && !app.adjusting) parts.push(mark.kind === "suggestion" ? suggestion(app, mark) : coding(app, mark));
  render(html`<div class="panel-top">${steps(app)}${actions(app)}</div>${parts.length ? parts : empty(app)}`, box);
}

/** Ways to each mark that need no single keys. @param {App} app */
function steps(app) {
  return html`<div class="row steps" role="group" aria-label="Go to">
    ${button("Previous", "K", () => app.step(-1))} ${button("Next", "J", () => app.step(1))}
    ${button("Next undecided", "N", () => app.step(1, isOpen))}</div>`;
}

/** @param {App} app */
function actions(app) {
  const { mark, picked } = app;
  const closed = app.model.finished;
  if (app.adjusting) return html`<div class="row">${button("Save", "Enter", () => saveSpan(app), "primary")} ${button("Cancel", "Esc", () => cancelSpan(app))}</div>`;
  return [
    picked.span ? html`<div class="row">${button("Code it…", "C", () => codePicked(app), "primary", closed)} ${button("Clear selection", "Esc", () => picked.set(null))}</div>` : nothing,
    mark?.kind === "suggestion" ? html`<div class="row">
        ${button("Accept", "A", () => app.accept(mark), "primary", closed)}
        ${button("Reject", "R", () => app.reject(mark), "", closed || mark.state === "rejected")}
        ${button("Change code…", "C", () => app.recode(mark), "", closed)}
        ${button("Adjust passage", "P", () => adjust(app, mark), "", closed)}</div>` : nothing,
    mark?.kind === "coding" && mark.coder === app.model.me.coder ? html`<div class="row">
        ${button("Change code…", "C", () => app.recode(mark), "", closed)}
        ${button("Adjust passage", "P", () => adjust(app, mark), "", closed)}
        ${button("Remove", "X", () => app.uncode(mark), "", closed)}</div>` : nothing,
  ];
}

/** @param {App} app */
function empty(app) {
  const counts = app.model.progress();
  return html`<section>
    <h2>Nothing selected</h2>
    <p>Select any words to code them, or go to a suggestion.</p>
    ${counts.total ? nothing : html`<p>There are no suggestions ${app.hidden ? "to see while you code blind" : "for this transcript"}.</p>`}
    <p><kbd>?</kbd> shows all keys.</p>
  </section>`;
}

/** @param {App} app @param {import("./types.js").Span} span */
function passage(app, { from, to }) {
  return html`<section aria-label="Selected words">
    <h2>Selected words</h2>
    <blockquote class="quote" dir="auto">${clip(app.model.text.slice(from, to), 400)}</blockquote>
    ${quick(app)}
    <p class="hint">${kbd("W")} adds a word, ${kbd("Shift W")} removes one; ${kbd("B")} and ${kbd("Shift B")} do so at the start; ${kbd("E")} adds a sentence.</p>
  </section>`;
}

/** @param {App} app @param {Mark} mark whose passage is adjusted */
function adjusting(app, mark) {
  const { span } = app.picked;
  return html`<section aria-label="Adjust the passage">
    <h2>Adjust the passage of ${app.model.codeName(mark.code)}</h2>
    <blockquote class="quote" dir="auto">${span ? clip(app.model.text.slice(span.from, span.to), 400) : "Select words."}</blockquote>
    ${mark.kind === "suggestion" ? html`<p class="hint">Saving accepts the suggestion with this passage.</p>` : nothing}
    <p class="hint">Select other words with the mouse, or use ${kbd("W")} and ${kbd("Shift W")} at the end, ${kbd("B")} and ${kbd("Shift B")} at the start, ${kbd("E")} for sentences.</p>
  </section>`;
}

/** @param {App} app @param {Mark} mark @param {string} kind */
function head(app, mark, kind) {
  return html`<p class="kind">${kind}</p>
    <h2><span class="swatch" .style=${`--code: ${legible(app.model.codes.get(mark.code)?.color)}`}></span> ${app.model.codeName(mark.code)}
      ${mark.valence ? html`<span class="valence">${valenceSign(mark.valence)} ${mark.valence}</span>` : nothing}</h2>
    <blockquote class="quote" dir="auto">${clip(app.model.quote(mark), 400)}</blockquote>`;
}

const STATES = { unseen: "Suggestion", seen: "Suggestion, undecided", rejected: "Suggestion, rejected", decided: "Suggestion, decided" };

/** @param {App} app @param {SuggestionMark} mark */
function suggestion(app, mark) {
  const closed = app.model.finished;
  return html`<section aria-label="Suggestion">
    ${head(app, mark, STATES[mark.state])}
    ${app.picked.span ? nothing : quick(app)}
    ${valences(app, mark, closed)}
    ${onward(app)}
    ${memo(app, mark, isOpen(mark) ? "Memo, saved with your decision" : "Memo", closed)}
    ${why(app, mark)}
  </section>`;
}

/** @param {App} app @param {CodingMark} mark */
function coding(app, mark) {
  const mine = mark.coder === app.model.me.coder;
  const closed = app.model.finished || !mine;
  return html`<section aria-label="Coding">
    ${head(app, mark, mine ? "Your coding" : `Coding of ${mark.coder}`)}
    ${mine ? [app.picked.span ? nothing : quick(app), valences(app, mark, closed), unsure(app, mark, closed), memo(app, mark, "Memo", closed)] : nothing}
    ${!mine && mark.object.unsure === "yes" ? html`<p>${mark.coder} marked this coding as unsure.</p>` : nothing}
    ${!mine && mark.object.memo ? html`<p dir="auto">${mark.object.memo}</p>` : nothing}
    <p class="hint">${origin(mark.object)}</p>
    ${app.model.me.lead && mine ? html`<p class="row"><button type="button" @click=${() => addExample(app, mark)}>Add as an example to the codebook…</button></p>` : nothing}
    ${definition(app, mark.code)}
  </section>`;
}

/** Codes that a digit takes. @param {App} app */
function quick(app) {
  const subject = app.subject();
  if (!subject || app.model.finished) return nothing;
  const one = (/** @type {string} */ code, /** @type {number} */ index) => html`<li><button type="button" class="plain" aria-keyshortcuts=${index + 1} @click=${() => app.take(code)}><kbd aria-hidden="true">${index + 1}</kbd>
    <span class="swatch" .style=${`--code: ${legible(app.model.codes.get(code)?.color)}`}></span> ${app.model.codeName(code)}</button></li>`;
  return html`<h4>${subject.code ? "Other codes" : "Code as"}</h4><ul class="quick">${app.quick.list(subject).map(one)}</ul>`;
}

/** @param {import("./types.js").Coding} coding */
function origin({ at: when, model, score, origin: from }) {
  if (from === "llm") return `Coded by a language model (score ${score?.toFixed(2) ?? "unknown"}).`;
  const at = when ? new Date(when).toLocaleString() : "";
  const made = model ? `from a suggestion (score ${score?.toFixed(2) ?? "unknown"}, model ${model})` : "by hand";
  return `Coded ${made}${at ? `, ${at}` : ""}.`;
}

/** @param {App} app @param {Mark} mark @param {boolean} closed */
function valences(app, mark, closed) {
  /** @param {typeof VALENCE_KEYS[number]} pair */
  const choice = ([value, id]) => html`<label title="Key ${shownKey(SCOPE, id)}"><input type="radio" name="valence" .checked=${mark.valence === value}
    ?disabled=${closed} @change=${() => app.valence(mark, value)}> ${value ? `${valenceSign(value)} ${value}` : "none"}</label>`;
  return html`<fieldset class="row valences"><legend>Valence</legend>${VALENCE_KEYS.map(choice)}</fieldset>`;
}

/** @param {App} app */
function onward(app) {
  const toggle = (/** @type {Event} */ event) => {
    setGoesOn(/** @type {HTMLInputElement} */ (event.target).checked);
    app.view();
  };
  return html`<p class="hint">Choosing another code or a valence here accepts the suggestion with it.</p>
    <p class="hint"><label><input type="checkbox" .checked=${goesOn()} @change=${toggle}> After changing a code or valence, also go to the next suggestion</label></p>`;
}

/** @param {App} app @param {CodingMark} mark @param {boolean} closed */
function unsure(app, mark, closed) {
  return html`<p><label title="Key ${shownKey(SCOPE, "Q")}"><input type="checkbox" .checked=${mark.object.unsure === "yes"} ?disabled=${closed} @change=${() => app.unsure(mark)}> I am unsure of this coding</label></p>`;
}

/** @param {App} app @param {Mark} mark @param {string} label @param {boolean} closed */
function memo(app, mark, label, closed) {
  const saved = app.memos.get(mark.key) ?? (mark.kind === "coding" ? mark.object.memo : (mark.object.decision?.memo ?? ""));
  const write = (/** @type {string} */ text) => {
    app.memos.set(mark.key, text);
    app.view(); // the field must know what stands in it, or the next mark's would keep it
  };
  return html`<label class="memo">${label}
    <textarea id="memo" rows="2" dir="auto" ?disabled=${closed} .value=${saved} @input=${onValue(write)}
      @change=${() => app.saveMemo(mark)}></textarea></label>`;
}

/** @param {string} id of a key @returns {unknown} the key as it is set now */
const kbd = (id) => shownKey(SCOPE, id).split(" ").map((name, index) => html`${index ? " " : ""}<kbd>${name}</kbd>`);

/** @param {string} name @param {string} id of the key @param {() => unknown} run */
function button(name, id, run, style = "", disabled = false) {
  const shown = shownKey(SCOPE, id);
  return html`<button type="button" class=${style} ?disabled=${disabled} aria-keyshortcuts=${shown.replace(" ", "+")} @click=${run}>${name} <kbd aria-hidden="true">${shown}</kbd></button>`;
}
