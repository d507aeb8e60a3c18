/** Why something was suggested: its score, the words that weighed most, and the hand-coded sentences that are most alike. */

import { legible } from "./colours.js";
import { meaning } from "./picker.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./types.js").SuggestionMark} SuggestionMark */
/** @typedef {import("./types.js").Evidence} Evidence */

const SEGMENT = /^(.+):(\d+)-\d+$/;

/** @param {App} app @param {SuggestionMark} mark */
export function why(app, mark) {
  const whole = mark.object;
  return html`<h3>Why</h3>
    ${scale(whole)}
    <p>Score <b>${whole.score.toFixed(2)}</b>, on a scale from 0 to 1: how probable comb thinks this code is. In this transcript, comb suggests this code from a score of ${whole.threshold.toFixed(2)} upwards.
      ${whole.model.includes("unlike training") ? "This transcript is unlike those that comb learned from, so the score is less reliable." : nothing}
      ${whole.rival ? html`Next most likely: <b>${app.model.codeName(whole.rival.code)}</b>, ${whole.rival.score.toFixed(2)}.` : whole.rival === null ? "No other code was suggested here." : nothing}</p>
    ${whole.words?.length ? html`<p>Most influential words: ${whole.words.map((word, index) => html`${index ? ", " : ""}<q dir="auto">${word}</q>`)}</p>` : nothing}
    ${whole.evidence?.length
      ? html`<h4>Most similar hand-coded passages</h4>
          <ol class="evidence">${whole.evidence.map((one) => evidence(app, mark, one))}</ol>`
      : html`<p class="hint">${whole.evidence ? "There are no similar hand-coded passages." : "Fetching similar passages…"}</p>`}
    ${definition(app, mark.code)}
    <p class="hint">Model ${whole.model}</p>`;
}

/** @param {import("./types.js").Suggestion} whole */
function scale({ score, threshold }) {
  return html`<svg class="scale" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="8"></rect><rect class="score" width=${score * 100} height="8"></rect>
    <rect class="needed" x=${threshold * 100 - 0.4} width="0.8" height="8"></rect></svg>`;
}

/** @param {App} app @param {SuggestionMark} mark @param {Evidence} one */
function evidence(app, mark, one) {
  const other = one.code !== mark.code;
  const place = placeOf(one.segment);
  return html`<li><q dir="auto">${one.text}</q>
    <span class="by"><span class="swatch" .style=${`--code: ${legible(app.model.codes.get(one.code)?.color)}`}></span>
      ${app.model.codeName(one.code)}${other ? " (another code)" : ""} · similarity ${one.similarity.toFixed(2)}${place
        ? html` · <a href="/t/${encodeURIComponent(place.transcript)}#at=${place.at}">${place.transcript}</a>`
        : nothing}</span></li>`;
}

/** @param {string} segment @returns {{transcript: string, at: number}|null} null where a segment is of no transcript */
export function placeOf(segment) {
  const found = SEGMENT.exec(segment);
  return found ? { transcript: found[1], at: Number(found[2]) } : null;
}

/** @param {App} app @param {string} code */
export function definition(app, code) {
  const found = app.model.codes.get(code);
  return found ? html`<details><summary>What ${found.name} means</summary><div class="meaning">${meaning(app.model, found)}</div></details>` : nothing;
}
