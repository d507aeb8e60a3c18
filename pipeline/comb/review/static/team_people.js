/** Who is in the team: names, roles, passwords. */

import { post } from "./api.js";
import { option } from "./code_tree.js";
import { onValue } from "./dom.js";
import { ask, say } from "./say.js";
import { html } from "./vendor/lit-html.js";

/** @typedef {import("./team_types.js").Member} Member */
/** @typedef {{team: import("./team_types.js").Team, guarded: (run: () => Promise<void>) => Promise<void>, load: () => Promise<void>}} Page */
/** @typedef {{name: string, role: string, password: string}} Entry */

const ROLES = [
  ["coder", "coder"],
  ["lead", "lead"],
  ["reader", "reader"],
];

/** @param {Page} page */
export function drawPeople(page) {
  return html`<section aria-labelledby="h-people"><div class="bar titled"><h2 id="h-people">People</h2>
      <span class="commands"><button type="button" @click=${() => void page.guarded(() => add(page))}>Add somebody…</button></span></div>
    <p class="hint">A lead assigns, resolves disagreements and exports. A coder codes. A reader sees everything, including transcripts that others are coding blind, and changes nothing.</p>
    <table class="matrix"><thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">Since</th><th scope="col">Password</th></tr></thead>
      <tbody>${page.team.people.map((one) => line(page, one))}</tbody></table></section>`;
}

/** @param {Page} page @param {Member} one */
function line(page, one) {
  const change = onValue((role) => void page.guarded(() => send(page, { name: one.name, role, password: "" }, `${one.name}: ${role}.`)));
  return html`<tr><th scope="row">${one.name}</th>
    <td><select aria-label="Role of ${one.name}" .value=${one.role} @change=${change}>${ROLES.map(([value = "", name = ""]) => option(value, name, one.role))}</select></td>
    <td>${one.created_at.slice(0, 10)}</td>
    <td><button type="button" @click=${() => void page.guarded(() => reset(page, one))}>New password…<span class="away"> for ${one.name}</span></button></td></tr>`;
}

/** @param {Page} page */
async function add(page) {
  const entry = await form("Add somebody", { name: "", role: "coder", password: "" }, true);
  if (entry) await send(page, entry, `${entry.name} can sign in.`);
}

/** @param {Page} page @param {Member} one */
async function reset(page, one) {
  const entry = await form(`A new password for ${one.name}`, { name: one.name, role: one.role, password: "" }, false);
  if (entry) await send(page, entry, `${one.name} has a new password, and must sign in again.`);
}

/** @param {Page} page @param {Entry} entry @param {string} outcome */
async function send(page, entry, outcome) {
  try {
    await post("/api/team/people", entry);
    say(outcome);
  } finally {
    await page.load();
  }
}

/** @param {string} title @param {Entry} entry @param {boolean} isNew @returns {Promise<Entry|null>} */
function form(title, entry, isNew) {
  const own = { ...entry };
  return ask(
    (close) => html`<h2>${title}</h2><form class="stacked" @submit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        close(own);
      }}>
      ${isNew ? html`<label>Name, as it appears in the codings <input required autofocus autocomplete="off" @input=${onValue((value) => (own.name = value))}></label>
        <label>Role <select @change=${onValue((value) => (own.role = value))}>${ROLES.map(([value = "", name = ""]) => option(value, name, own.role))}</select></label>` : ""}
      <label>Password, at least 10 characters <input type="password" required minlength="10" autocomplete="new-password" ?autofocus=${!isNew} @input=${onValue((value) => (own.password = value))}></label>
      <p class="hint">Tell the person the password yourself: comb sends nothing.</p>
      <p class="row end"><button type="button" @click=${() => close(null)}>Cancel</button><button type="submit" class="primary">${isNew ? "Add" : "Set"}</button></p></form>`,
    title,
  );
}
