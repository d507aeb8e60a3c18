/** The form in which a unit is settled. */

import { legible } from "./colours.js";
import { onValue } from "./dom.js";
import { valenceSign } from "./model.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Valence} Valence */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").SettlingDraft} Draft */
/** @typedef {import("./model.js").Model} Model */

/** @type {Valence[]} */
const VALENCES = ["", "barrier", "facilitator", "both"];

/** A code with its valence, as text. @param {Model} model @param {Answer} answer */
export function chip(model, { code, valence }) {
  const sign = valence ? html` <span class="valence">${valenceSign(valence)} ${valence}</span>` : nothing;
  return html`<span class="chip still"><span class="swatch" .style=${`--code: ${legible(model.codes.get(code)?.color)}`}></span>
    <span class="name">${model.codeName(code)}</span>${sign}</span>`;
}

/**
 * @param {Model} model
 * @param {import("./types.js").Unit} unit
 * @param {Draft} draft
 * @param {{save: () => void, pick: () => void, none: () => void, draw: () => void}} run
 */
export function editor(model, unit, draft, run) {
  /** @param {"memo"|"whyNot"} name */
  const change = (name) =>
    onValue((text) => {
      draft[name] = text;
      // Words alone settle a unit only where codes were chosen before.
      draft.touched ||= draft.codes.length > 0 || unit.consensus !== null;
      run.draw();
    });
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    run.save();
  };
  return html`<form class="editor" @submit=${submit}>
    <div class="codes">
      ${draft.codes.map((one) => entry(model, draft, one, run.draw))}
      <button type="button" @click=${run.pick}>${draft.codes.length ? "Another code" : "Choose a code"}… <kbd aria-hidden="true">C</kbd></button>
      ${draft.codes.length ? nothing : html`<button type="button" @click=${run.none}>No code <kbd aria-hidden="true">0</kbd></button>`}
    </div>
    <label>Memo<textarea id="memo" rows="2" .value=${draft.memo} @input=${change("memo")}></textarea></label>
    <label>Why not the other code?<textarea id="why-not" rows="2" .value=${draft.whyNot} @input=${change("whyNot")}></textarea></label>
    <p class="row end"><button type="submit" class="primary" ?disabled=${!draft.touched}>Save consensus <kbd aria-hidden="true">Enter</kbd></button></p>
  </form>`;
}

/** @param {Model} model @param {Draft} draft @param {Answer} one @param {() => void} draw */
function entry(model, draft, one, draw) {
  const name = model.codeName(one.code);
  const set = onValue((value) => {
    one.valence = /** @type {Valence} */ (value);
    draft.touched = true;
    draw();
  });
  const remove = () => {
    draft.codes = draft.codes.filter((other) => other !== one);
    draft.touched = true;
    draw();
  };
  return html`<span class="entry">${chip(model, { code: one.code, valence: "" })}
    <select aria-label="Valence of ${name}" @change=${set}>
      ${VALENCES.map((value) => html`<option value=${value} ?selected=${value === (one.valence ?? "")}>${value || "no valence"}</option>`)}</select>
    <button type="button" aria-label="Remove ${name}" @click=${remove}>×</button></span>`;
}
