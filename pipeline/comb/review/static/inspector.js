/** The panel beside the text: what is picked or current, why it was suggested, and what can be done with it. */

import { addExample } from "./codebook_example.js";
import { legible } from "./colours.js";
import { onValue } from "./dom.js";
import { isOpen, valenceSign } from "./model.js";
import { clip, meaning } from "./picker.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").SuggestionMark} SuggestionMark */
/** @typedef {import("./types.js").CodingMark} CodingMark */
/** @typedef {import("./app.js").App} App */

/** @type {[import("./types.js").Valence, string][]} */
const VALENCES = [
  ["barrier", "1"],
  ["facilitator", "2"],
  ["both", "3"],
  ["", "0"],
];

/** @param {App} app @param {HTMLElement} box */
export function drawInspector(app, box) {
  const mark = app.mark;
  const parts = [];
  if (app.adjusting) parts.push(adjusting(app, app.adjusting));
  else if (app.picked.span) parts.push(passage(app, app.picked.span));
  if (mark && !app.adjusting) parts.push(mark.kind === "suggestion" ? suggestion(app, mark) : coding(app, mark));
  render(parts.length ? parts : empty(app), box);
}

/** @param {App} app */
function empty(app) {
  const counts = app.model.progress();
  return html`<section>
    <h2>Nothing is picked</h2>
    <p>Select any words to code them, or go to a suggestion with <kbd>J</kbd> or <kbd>N</kbd>.</p>
    ${counts.total ? nothing : html`<p>There are no suggestions ${app.hidden ? "to be seen while you code blind" : "for this transcript"}.</p>`}
    <p><kbd>?</kbd> shows all keys.</p>
  </section>`;
}

/** @param {App} app @param {import("./types.js").Span} span */
function passage(app, { from, to }) {
  const quote = app.model.text.slice(from, to);
  return html`<section aria-label="Picked words">
    <h2>Picked words</h2>
    <blockquote class="quote">${clip(quote, 400)}</blockquote>
    <p class="row">
      ${button("Code it…", "C", () => app.codePicked(), "primary", app.model.finished)}
      ${button("Let go", "Esc", () => app.picked.set(null))}
    </p>
    <p class="hint">By keys: <kbd>W</kbd> one word more, <kbd>Shift</kbd> <kbd>W</kbd> one less; <kbd>B</kbd> the same at the start; <kbd>E</kbd> one sentence more.</p>
  </section>`;
}

/** @param {App} app @param {Mark} mark whose passage is adjusted */
function adjusting(app, mark) {
  const { span } = app.picked;
  return html`<section aria-label="Adjust the passage">
    <h2>Adjust the passage of ${app.model.codeName(mark.code)}</h2>
    <blockquote class="quote">${span ? clip(app.model.text.slice(span.from, span.to), 400) : "Select words."}</blockquote>
    ${mark.kind === "suggestion" ? html`<p class="hint">Saving accepts the suggestion with this passage.</p>` : nothing}
    <p class="row">${button("Save", "Enter", () => app.saveSpan(), "primary")} ${button("Cancel", "Esc", () => app.cancelSpan())}</p>
    <p class="hint">Select anew by mouse, or <kbd>W</kbd> and <kbd>Shift</kbd> <kbd>W</kbd> at the end, <kbd>B</kbd> and <kbd>Shift</kbd> <kbd>B</kbd> at the start, <kbd>E</kbd> by sentences.</p>
  </section>`;
}

/** @param {App} app @param {Mark} mark @param {string} kind */
function head(app, mark, kind) {
  return html`<p class="kind">${kind}</p>
    <h2><span class="swatch" .style=${`--code: ${legible(app.model.codes.get(mark.code)?.color)}`}></span> ${app.model.codeName(mark.code)}
      ${mark.valence ? html`<span class="valence">${valenceSign(mark.valence)} ${mark.valence}</span>` : nothing}</h2>
    <blockquote class="quote">${clip(app.model.quote(mark), 400)}</blockquote>`;
}

const STATES = { unseen: "Suggestion", seen: "Suggestion, undecided", rejected: "Suggestion, rejected", decided: "Suggestion, decided" };

/** @param {App} app @param {SuggestionMark} mark */
function suggestion(app, mark) {
  const closed = app.model.finished;
  return html`<section aria-label="Suggestion">
    ${head(app, mark, STATES[mark.state])}
    <p class="row">
      ${button("Accept", "A", () => app.accept(mark), "primary", closed)}
      ${button("Reject", "R", () => app.reject(mark), "", closed || mark.state === "rejected")}
      ${button("Change code…", "C", () => app.recode(mark), "", closed)}
      ${button("Adjust passage", "P", () => app.adjust(mark), "", closed)}
    </p>
    ${valences(app, mark, closed)}
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
    ${mine
      ? html`<p class="row">
          ${button("Change code…", "C", () => app.recode(mark), "", closed)}
          ${button("Adjust passage", "P", () => app.adjust(mark), "", closed)}
          ${button("Remove", "X", () => app.uncode(mark), "", closed)}
        </p>`
      : nothing}
    ${mine ? [valences(app, mark, closed), memo(app, mark, "Memo", closed)] : nothing}
    ${!mine && mark.object.memo ? html`<p>${mark.object.memo}</p>` : nothing}
    <p class="hint">${origin(mark.object)}</p>
    ${app.model.me.lead && mine ? html`<p class="row"><button type="button" @click=${() => addExample(app, mark)}>Add as an example to the codebook…</button></p>` : nothing}
    ${definition(app, mark.code)}
  </section>`;
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
  /** @param {typeof VALENCES[number]} pair */
  const choice = ([value, key]) => html`<label title="Key ${key}"><input type="radio" name="valence" .checked=${mark.valence === value}
    ?disabled=${closed} @change=${() => app.valence(mark, value)}> ${value ? `${valenceSign(value)} ${value}` : "none"}</label>`;
  return html`<fieldset class="row valences"><legend>Valence</legend>${VALENCES.map(choice)}</fieldset>`;
}

/** @param {App} app @param {Mark} mark @param {string} label @param {boolean} closed */
function memo(app, mark, label, closed) {
  const saved = app.memos.get(mark.key) ?? (mark.kind === "coding" ? mark.object.memo : (mark.object.decision?.memo ?? ""));
  return html`<label class="memo">${label}
    <textarea id="memo" rows="2" ?disabled=${closed} .value=${saved} @input=${onValue((text) => app.memos.set(mark.key, text))}
      @change=${() => app.saveMemo(mark)}></textarea></label>`;
}

/** @param {App} app @param {SuggestionMark} mark */
function why(app, mark) {
  const whole = mark.object;
  return html`<h3>Why</h3>
    ${scale(whole)}
    <p>Score <b>${whole.score.toFixed(2)}</b>; ${whole.threshold.toFixed(2)} was needed.
      ${whole.model.includes("unlike training") ? "This transcript is unlike those that comb learned from: the score promises less." : nothing}
      ${whole.rival ? html`Next likely: <b>${app.model.codeName(whole.rival.code)}</b>, ${whole.rival.score.toFixed(2)}.` : whole.rival === null ? "No other code was suggested here." : nothing}</p>
    ${whole.words?.length ? html`<p>Words that weighed most: ${whole.words.map((word, index) => html`${index ? ", " : ""}<q>${word}</q>`)}</p>` : nothing}
    ${whole.evidence?.length
      ? html`<h4>Most alike among the hand-coded</h4>
          <ol class="evidence">${whole.evidence.map((one) => evidence(app, mark, one))}</ol>`
      : html`<p class="hint">${whole.evidence ? "There is no evidence with it." : "Fetching the evidence…"}</p>`}
    ${definition(app, mark.code)}
    <p class="hint">Model ${whole.model}</p>`;
}

/** @param {import("./types.js").Suggestion} whole */
function scale({ score, threshold }) {
  return html`<svg class="scale" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="8"></rect><rect class="score" width=${score * 100} height="8"></rect>
    <rect class="needed" x=${threshold * 100 - 0.4} width="0.8" height="8"></rect></svg>`;
}

/** @param {App} app @param {Mark} mark @param {import("./types.js").Evidence} one */
function evidence(app, mark, one) {
  const other = one.code !== mark.code;
  return html`<li><q>${one.text}</q>
    <span class="by"><span class="swatch" .style=${`--code: ${legible(app.model.codes.get(one.code)?.color)}`}></span>
      ${app.model.codeName(one.code)}${other ? " (another code)" : ""} · likeness ${one.similarity.toFixed(2)}</span></li>`;
}

/** @param {App} app @param {string} code */
function definition(app, code) {
  const found = app.model.codes.get(code);
  return found ? html`<details><summary>What ${found.name} means</summary><div class="meaning">${meaning(app.model, found)}</div></details>` : nothing;
}

/** @param {string} name @param {string} key @param {() => void} run */
function button(name, key, run, style = "", disabled = false) {
  return html`<button type="button" class=${style} ?disabled=${disabled} aria-keyshortcuts=${key} @click=${run}>${name} <kbd aria-hidden="true">${key}</kbd></button>`;
}
