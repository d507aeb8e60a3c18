/** Everything that was done to a transcript, newest first. */

import { get, transcriptPath } from "./api.js";
import { ask } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").HistoryEntry} HistoryEntry */

const MOST = 500;
/** What was done, by the name that the server has for it. @type {Record<string, string>} */
const DONE = {
  accept: "accepted a suggestion",
  reject: "rejected a suggestion",
  recode: "changed a code",
  valence: "changed a valence",
  span: "adjusted a passage",
  memo: "wrote a memo",
  note: "wrote a memo on the transcript",
  unsure: "marked a coding as unsure or sure",
  code: "coded a passage",
  uncode: "removed a coding",
  finish: "finished the transcript",
  reopen: "reopened the transcript",
  bulk_accept: "accepted many suggestions",
  undo: "undid the last change",
  redo: "redid a change",
  adjudicate: "saved a consensus",
  mode: "changed the mode",
  import: "read codings from the study’s files",
  split: "assigned passages of a split code",
  reanchor: "found codings again after the file was changed",
  codebook: "changed the codebook",
};

/** @param {import("./app.js").App} app */
export async function showHistory(app) {
  /** @type {HistoryEntry[]|void} */
  const acts = await get(transcriptPath(app.model.id, "history")).catch((error) => app.refused(error));
  if (!acts) return;
  await ask((close) => view(app, [...acts].reverse(), close), "History", "wide");
}

/** @param {import("./app.js").App} app @param {HistoryEntry[]} acts @param {(value: null) => void} close */
function view(app, acts, close) {
  return html`<h2>History</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="History">
      ${acts.length ? table(app, acts.slice(0, MOST)) : html`<p>Nothing has been done yet.</p>`}
      ${acts.length > MOST ? html`<p class="hint">and ${acts.length - MOST} earlier ones</p>` : nothing}
    </div>
    <p class="row end"><button type="button" class="primary" autofocus @click=${() => close(null)}>Close</button></p>`;
}

/** What a coder was shown, and for how long. @param {HistoryEntry} one */
function saw(one) {
  const minutes = Math.round((one.seconds ?? 0) / 60);
  if (one.what === "unknown") return "may have seen others’ codings (an older version of comb did not record it)";
  return `saw ${one.what === "suggestions" ? "suggestions" : "others’ codings"}${minutes ? ` (${minutes} min)` : ""}`;
}

/** @param {import("./app.js").App} app @param {HistoryEntry[]} acts */
function table(app, acts) {
  const row = (/** @type {HistoryEntry} */ one) => html`<tr><td>${new Date(one.at).toLocaleString()}</td><td>${one.coder}</td><td>${one.act === "saw" ? saw(one) : (DONE[one.act] ?? one.act)}${one.count ? ` (${one.count})` : ""}${one.undone ? html` <span class="hint">undone</span>` : nothing}</td>
    <td>${[one.code ? app.model.codeName(one.code) : "", one.valence ?? ""].filter(Boolean).join(", ")}</td><td class="number">${one.score?.toFixed(2) ?? ""}</td><td>${one.memo ?? ""}</td></tr>`;
  return html`<table><thead><tr><th>When</th><th>Who</th><th>What</th><th>Code</th><th>Score</th><th>Memo</th></tr></thead><tbody>${acts.map(row)}</tbody></table>`;
}
