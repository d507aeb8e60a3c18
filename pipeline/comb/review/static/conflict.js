/** Another window changed what this act is about: nothing is overwritten, nothing is lost, the coder chooses. */

import { confirm, say } from "./say.js";
import { html } from "./vendor/lit-html.js";

/** What a coder wanted to do. @type {Record<string, string>} */
export const WORDS = {
  accept: "accept a suggestion",
  reject: "reject a suggestion",
  recode: "change a code",
  valence: "change a valence",
  span: "adjust a passage",
  memo: "save a memo",
  note: "save your memo on the transcript",
  unsure: "mark a coding as unsure or sure",
  code: "code a passage",
  uncode: "remove a coding",
  finish: "finish the transcript",
  reopen: "reopen the transcript",
  bulk_accept: "accept many suggestions",
  undo: "undo",
  redo: "redo",
  adjudicate: "save a consensus",
};

/** @typedef {{act: import("./types.js").Act, body: {transcript: import("./types.js").Transcript, error: string, remedy: string}}} Conflict */

/**
 * Take the fresh transcript, show what became of the act's target, and let the coder repeat the act or drop it.
 * @param {import("./app.js").App} app
 * @param {Conflict} conflict
 */
export async function showConflict(app, { act, body }) {
  const { model, outbox } = app;
  if (body.transcript.text_digest !== model.textDigest) {
    // The file was changed: what was decided is of another text.
    await outbox.drop();
    location.reload();
    return;
  }
  model.load(body.transcript);
  app.doc.redrawAll();
  const key = act.suggestion !== undefined ? `s${act.suggestion}` : act.coding !== undefined ? `c${act.coding}` : null;
  const content = html`
    <p>${body.error} ${body.remedy}</p>
    <p>You wanted to <b>${WORDS[act.act] ?? act.act}</b>${act.code ? html` (<b>${model.codeName(String(act.code))}</b>)` : ""}. This was <b>not</b> saved.</p>
    ${key ? html`<p>It is now: <b>${standing(model, key)}</b></p>` : ""}
    ${act.memo ? html`<p>Your memo:</p><blockquote class="quote" dir="auto">${act.memo}</blockquote>` : ""}`;
  const mine = await confirm("This was changed in another window", content, "Apply mine anyway", "Keep it as it is now");
  await (mine ? outbox.resume() : outbox.drop());
  if (!mine) say("Kept as it is in the other window.");
}

/** @param {import("./model.js").Model} model @param {string} key */
function standing(model, key) {
  const mark = model.saved.get(key);
  if (!mark) return "it is no longer there.";
  const decision = mark.kind === "suggestion" ? mark.object.decision : null;
  const coding = decision?.coding ? model.saved.get(`c${decision.coding}`) : mark.kind === "coding" ? mark : null;
  const code = model.codeName((coding ?? mark).code);
  const valence = (coding ?? mark).valence;
  return `${code}${valence ? `, ${valence}` : ""}: ${decision?.verdict ?? (mark.kind === "coding" ? "coded" : "undecided")}.`;
}
