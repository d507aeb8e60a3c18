/** Finishing a transcript, opening it again, and which comes next. */

import { findNext } from "./next_up.js";
import { confirm, say } from "./say.js";
import { html } from "./vendor/lit-html.js";

/** @typedef {import("./app.js").App} App */

/** @param {App} app */
export async function finish(app) {
  const { unseen, seen } = app.model.progress(app.model.marks);
  if (unseen) return goToUnseen(app, unseen);
  const body = html`<p>By finishing, you confirm that you have read this transcript to the end. Passages without a code then count as <em>read, no code</em>.</p>
    ${seen ? html`<p>Suggestions that you looked at without deciding: ${seen}. They stay undecided and count neither as accepted nor as rejected.</p>` : ""}
    ${app.hidden ? html`<p>You will then see other people’s codings and the suggestions.</p>` : ""}`;
  if (!(await confirm("Finish this transcript?", body, "Finish"))) return;
  const reply = await app.act({ act: "finish" }, "Finished.");
  if (!reply) return;
  await lookAhead(app);
  document.getElementById("next-transcript")?.focus();
  say(app.nextUp ? `Finished. Next: ${app.nextUp}.` : "Finished. No transcript is left to code.");
}

/** Find the transcript to go on with. @param {App} app */
export async function lookAhead(app) {
  app.nextUp = await findNext(app.model.id).catch(() => null);
  app.view();
  // Drawn in the next frame: whoever waits for this finds the link.
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

/** Show every mark: what is coded stays in sight once the last suggestion is decided. @param {App} app @param {number} count */
async function goToUnseen(app, count) {
  const body = html`<p>Suggestions not looked at: <b>${count}</b>. A suggestion that you have not looked at never counts as done, so this transcript cannot be finished yet.</p>`;
  if (!(await confirm("Not finished yet", body, "Go to the next suggestion"))) return;
  app.filters.clear();
  app.go(app.marks.find((mark) => mark.kind === "suggestion" && mark.state === "unseen")?.key ?? null);
}

/** @param {App} app */
export function reopen(app) {
  void app.act({ act: "reopen" }, "Reopened.");
}
