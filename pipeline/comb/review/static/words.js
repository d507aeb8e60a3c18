/** Coding words that are picked, and adjusting the passage of a mark. */

import { newId } from "./unsent.js";
import { pickCode } from "./picker.js";
import { say } from "./say.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").Span} Span */
/** @typedef {import("./picker.js").Choice} Choice */

/** Choose a code for the picked words. @param {App} app */
export async function codePicked(app) {
  app.picked.read();
  const { span } = app.picked;
  if (!span) return;
  const quote = app.model.text.slice(span.from, span.to);
  const options = { title: "Code these words", quote, used: codesOn(app, span), another: (/** @type {Choice} */ one) => void put(app, span, one) };
  const choice = await pickCode(app.model, options);
  if (choice) codeSpan(app, span, choice);
}

/** Code words; the coding is current then. @param {App} app @param {Span} span @param {Choice} choice */
export function codeSpan(app, span, choice) {
  if (codesOn(app, span).includes(choice.code)) return say(`${app.model.codeName(choice.code)} is already on these words.`);
  const made = put(app, span, choice);
  app.picked.set(null);
  app.go(`c${made}`);
}

/** @param {App} app @param {Span} span @param {Choice} choice @returns {string} id of the coding */
function put(app, span, { code, valence }) {
  const id = newId();
  app.quick.use(code);
  void app.act({ act: "code", ...placeOf(app, span), code, valence }, `Coded: ${app.model.codeName(code)}.`, id);
  return id;
}

/** @param {App} app @param {Span} span @returns {string[]} codes that this coder has put on just these words */
const codesOn = ({ model }, { from, to }) =>
  model.ordered.filter((mark) => mark.kind === "coding" && mark.from === from && mark.to === to && mark.coder === model.me.coder).map((mark) => mark.code);

/** @param {App} app @param {Span} span */
const placeOf = ({ model }, { from, to }) => ({ start: model.offsets.toPoint(from), end: model.offsets.toPoint(to) });

/** @param {App} app @param {Mark} mark */
export function adjust(app, mark) {
  app.adjusting = mark;
  app.picked.set({ from: mark.from, to: mark.to });
  say("Adjust the passage, then press Enter to save it.");
  app.view();
}

/** @param {App} app */
export function saveSpan(app) {
  app.picked.read();
  const mark = app.adjusting;
  const { span } = app.picked;
  if (!mark || !span) return;
  app.adjusting = null;
  app.picked.set(null);
  if (mark.kind === "suggestion") void app.act({ act: "accept", suggestion: mark.object.id });
  const coding = mark.kind === "coding" ? mark.object.id : app.codingOf(mark.object.id);
  if (coding === null) return app.view();
  void app.act({ act: "span", coding, ...placeOf(app, span) }, "Passage saved.");
  app.go(`c${coding}`, { reveal: false });
}

/** @param {App} app */
export function cancelSpan(app) {
  app.adjusting = null;
  app.picked.set(null);
  app.view();
}
