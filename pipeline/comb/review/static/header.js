/** The line above the text: how far the work is, what is saved, and the commands for the whole transcript. */

import { finish, reopen } from "./finishing.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @type {Partial<Record<import("./types.js").Mode, [string, string]>>} */
const MODES = {
  blind: ["Blind coding", "Other people’s codings and the suggestions are hidden until you finish."],
  audit: ["Blind audit", "Code the framed passages as you see fit. Suggestions and other people’s codings are hidden until you finish."],
};

/** @param {import("./app.js").App} app @param {HTMLElement} box @param {{keys: () => void, bulk: () => void, history: () => void, speakers: () => void, memos: () => void}} commands */
export function drawHeader(app, box, commands) {
  const { model } = app;
  const mode = MODES[model.mode];
  const counts = model.progress();
  render(
    html`
      ${mode ? banner(mode, model.finished) : nothing}
      ${mode && model.seenSince && model.blind !== "yes" ? notBlind(model.seenSince) : nothing}
      ${model.lost.length ? lost(app) : nothing}
      ${model.unconfirmed.length ? unconfirmed(model.unconfirmed, commands.speakers) : nothing}
      <div class="bar">
        ${counts.total ? suggestions(counts) : html`<span class="counts"><b>${counts.codings}</b> ${counts.codings === 1 ? "coding" : "codings"} by you</span>`}
        <span class="saved" role="status">${app.outbox.size ? `saving ${app.outbox.size}…` : "all saved"}</span>
        <span class="commands">
          <button type="button" ?disabled=${!model.canUndo} aria-keyshortcuts="U" @click=${() => void app.again("undo")}>Undo</button>
          <button type="button" ?disabled=${!model.canRedo} aria-keyshortcuts="Shift+U" @click=${() => void app.again("redo")}>Redo</button>
          ${counts.total && !model.finished ? html`<button type="button" @click=${commands.bulk}>Accept many…</button>` : nothing}
          <button type="button" @click=${commands.memos}>Memos…</button>
          <button type="button" @click=${commands.speakers}>Speakers…</button>
          <button type="button" @click=${commands.history}>History</button>
          <button type="button" aria-keyshortcuts="?" @click=${commands.keys}>Keys <kbd aria-hidden="true">?</kbd></button>
          ${model.finished
            ? [html`<button type="button" @click=${() => reopen(app)}>Reopen</button>`, next(app.nextUp)]
            : html`<button type="button" class="primary" @click=${() => void finish(app)}>Finish…</button>`}
        </span>
      </div>`,
    box,
  );
}

/** @param {string|null} id  the transcript to go on with */
const next = (id) => (id ? html`<a class="button primary" id="next-transcript" href="/t/${encodeURIComponent(id)}">Next: ${id}</a>` : nothing);

/** @param {[string, string]} mode its name, and what it withholds @param {boolean} finished */
function banner([name, words], finished) {
  if (finished) return html`<p class="mode over"><strong>${name}, finished.</strong> Nothing is hidden any more.</p>`;
  return html`<p class="mode"><strong>${name}.</strong> ${words}</p>`;
}

/** Who has looked is not blind any more, whatever is withheld now. @param {string} since */
function notBlind(since) {
  return html`<p class="mode"><strong>Not blind.</strong> You have seen suggestions or other people’s codings of this transcript since
    ${new Date(since).toLocaleString()}; the exported codings say so.</p>`;
}

/** Codings whose words are not in the transcript any more: put on other words, or removed. @param {import("./app.js").App} app */
function lost(app) {
  const { model, picked } = app;
  const put = (/** @type {string} */ coding) => {
    if (!picked.span) return;
    const [start, end] = [picked.span.from, picked.span.to].map((at) => model.offsets.toPoint(at));
    void again(app, { act: "span", coding, start, end });
  };
  const row = (/** @type {import("./types.js").Lost} */ one) => html`<li><q dir="auto">${one.quote}</q> <b>${model.codeName(one.code)}</b>
    <button type="button" @click=${() => put(one.id)}>Move it to the selected words</button>
    <button type="button" @click=${() => void again(app, { act: "uncode", coding: one.id })}>Remove</button></li>`;
  return html`<details class="mode"><summary><strong>${model.lost.length} of your codings ${model.lost.length > 1 ? "are" : "is"} no longer in the text.</strong>
    The transcript’s file was changed and does not contain these words any more. The codings are kept, but not exported.</summary>
    <ul>${model.lost.map(row)}</ul></details>`;
}

/** @param {import("./app.js").App} app @param {import("./types.js").Act} act */
async function again(app, act) {
  if (!(await app.act(act, "Done."))) return;
  app.model.lost = app.model.lost.filter((one) => one.id !== act.coding);
  app.view();
}

/** What speakers say whom nobody has confirmed is not coded; the page says so. @param {string[]} names @param {() => void} open */
function unconfirmed(names, open) {
  const named = names.filter(Boolean);
  return html`<p class="mode"><strong>Speakers not confirmed.</strong>
    ${named.length ? html`Nobody has confirmed who ${named.join(", ")} ${named.length > 1 ? "are" : "is"}, so comb suggests no codes for what they say.` : "No speaker is named, so comb suggests no codes here."}
    <button type="button" @click=${open}>Confirm the speakers…</button></p>`;
}

/** Looked at is not decided: the bar shows the two apart. @param {{decided: number, seen: number, unseen: number, total: number}} counts */
function suggestions({ decided, seen, unseen, total }) {
  const part = (/** @type {number} */ count) => (100 * count) / total;
  return html`<span class="counts">
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"></rect>
      <rect class="seen" width=${part(decided + seen)} height="6"></rect><rect class="decided" width=${part(decided)} height="6"></rect></svg>
    <span><b>${decided}</b> of ${total} decided · ${seen} looked at · ${unseen} not looked at</span></span>`;
}
