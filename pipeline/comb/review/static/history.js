/** Everything that was done to a transcript, newest first. */

import { get, transcriptPath } from "./api.js";
import { ask } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").HistoryEntry} HistoryEntry */

const MOST = 500;

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
  const row = (/** @type {HistoryEntry} */ one) => html`<tr><td>${new Date(one.at).toLocaleString()}</td><td>${one.coder}</td><td>${one.act === "saw" ? saw(one) : one.act}${one.count ? ` (${one.count})` : ""}${one.undone ? html` <span class="hint">undone</span>` : nothing}</td>
    <td>${one.code ? app.model.codeName(one.code) : ""} ${one.valence ?? ""}</td><td class="number">${one.score?.toFixed(2) ?? ""}</td><td>${one.memo ?? ""}</td></tr>`;
  return html`<table><thead><tr><th>when</th><th>who</th><th>what</th><th>code</th><th>score</th><th>memo</th></tr></thead><tbody>${acts.map(row)}</tbody></table>`;
}
