/** The versions of the codebook, its files, and notes to the lead. */

import { get, post } from "./api.js";
import { askWhy } from "./codebook_page.js";
import { ask, say } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./codebook_page.js").Page} Page */
/** @typedef {import("./codebook_types.js").Version} Version */
/** @typedef {import("./codebook_types.js").Proposal} Proposal */

/** @param {Page} page */
export async function undo(page) {
  const why = await askWhy("Undo the last change?", html`<p>${page.book.undo}. Codings that it changed are restored, too.</p>`, "Undo it");
  if (why !== null) await page.send("undo", { seen: page.book.digest, why }, page.at);
}

/** @param {Page} page */
export function history(page) {
  if (!page.book.versions.length) return html`<p class="hint">The history begins with the first change.</p>`;
  return html`<details class="history"><summary>History (versions: ${page.book.versions.length})</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Versions of the codebook"><table>
    <thead><tr><th scope="col" class="number">Version</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Why</th><th scope="col"><span class="away">View</span></th></tr></thead>
    <tbody>${page.book.versions.map((one) => line(page, one))}</tbody></table></div></details>`;
}

/** @param {Page} page @param {Version} one */
function line(page, one) {
  return html`<tr><th scope="row" class="number">${one.version}</th><td>${new Date(one.at).toLocaleString()}</td><td>${one.by}</td><td>${one.what}</td><td>${one.why}</td>
    <td><button type="button" aria-label="View version ${one.version}" @click=${() => show(page, one)}>View</button></td></tr>`;
}

/** @param {Page} page @param {Version} one */
async function show(page, one) {
  const found = await page.guarded(() => get(`/api/codebook/versions/${one.version}`));
  if (!found) return;
  const restore = await ask((/** @type {(value: boolean|null) => void} */ close) => html`<h2>Version ${one.version}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="The file"><pre>${found.text}</pre></div>
    <p class="row end">${page.book.lead && one !== page.book.versions[0] ? html`<button type="button" @click=${() => close(true)}>Restore this version…</button>` : nothing}
      <button type="button" class="primary" autofocus @click=${() => close(null)}>Close</button></p>`, `Version ${one.version}`, "wide");
  if (!restore) return;
  const why = await askWhy(`Restore version ${one.version}?`, html`<p>Codings keep their codes, so the version must have all codes in use.</p>`, "Restore it");
  if (why !== null) await page.send("restore", { version: one.version, seen: page.book.digest, why }, page.at);
}

/** @param {Page} page @param {"yaml"|"qdc"} format */
export async function download(page, format) {
  const found = await page.guarded(() => post("/api/codebook/export", { format }));
  if (!found) return;
  const bytes = Uint8Array.from(atob(found.content), (char) => char.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = found.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {Page} page @param {Event} event */
export async function bring(page, event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const file = input.files?.[0];
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  input.value = "";
  const done = await page.guarded(() => post("/api/codebook/import", { name: file.name, content: btoa(text) }));
  if (!done) return;
  await page.guarded(() => page.load());
  say(done.notes.join(" ") || "All of these codes are already in the codebook.");
}

/** @param {Page} page */
export function proposals(page) {
  const { lead, proposals: notes } = page.book;
  if (!notes.length) return nothing;
  const away = (/** @type {Proposal} */ one) => async () => {
    const done = await page.guarded(() => post("/api/codebook/proposals", { dismiss: one.at }));
    if (!done) return;
    page.book.proposals = done.proposals;
    page.view();
  };
  return html`<section class="proposals" aria-labelledby="proposals"><h2 id="proposals">${lead ? "Suggested changes" : "Your notes to the lead"}</h2>
    <ul>${notes.map((one) => html`<li>${lead ? html`<b>${one.by}</b>: ` : nothing}${one.code ? html`<button type="button" class="link" @click=${() => page.go(one.code)}>${page.name(one.code)}</button>: ` : nothing}${one.text}
      <button type="button" aria-label="Remove this note" @click=${away(one)}>${lead ? "Done" : "Withdraw"}</button></li>`)}</ul></section>`;
}
