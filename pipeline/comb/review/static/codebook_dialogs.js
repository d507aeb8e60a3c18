/** What is asked before codes are added, renamed, moved, merged, split or deleted. */

import { ask } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./codebook_page.js").Page} Page */
/** @typedef {import("./codebook_types.js").PageCode} PageCode */

/**
 * Ask for what a form holds.
 * @param {string} title @param {unknown} fields @param {string} yes
 * @returns {Promise<FormData|null>}
 */
function askForm(title, fields, yes) {
  return ask((/** @type {(value: FormData|null) => void} */ close) => {
    const send = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      close(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    };
    return html`<form @submit=${send}><h2>${title}</h2>${fields}
      <p class="row end"><button type="button" @click=${() => close(null)}>Cancel</button><button type="submit" class="primary">${yes}</button></p></form>`;
  }, title);
}

/** @param {string} name @returns {string} an id made of a name */
export const idOf = (name) => name.trim().toLocaleLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_|_$/g, "");

/** @param {FormData|null} data @param {string} name */
const said = (data, name) => String(data?.get(name) ?? "").trim();

/** @param {Page} page @param {PageCode[]} codes @param {string} [top] what the top of the tree is called, where it can be chosen */
function choices(page, codes, top) {
  const depth = (/** @type {PageCode} */ code) => page.book.levels.indexOf(code.level);
  return html`${top ? html`<option value="">${top}</option>` : nothing}
    ${codes.map((code) => html`<option value=${code.id}>${" ".repeat(Math.max(0, depth(code)))}${code.name}</option>`)}`;
}

/** @param {Page} page @param {PageCode|null} under */
export async function addCode(page, under) {
  const fields = html`<label class="field">Name<input name="name" required maxlength="300" autocomplete="off" autofocus></label>
    <label class="field">Definition<textarea name="definition" rows="3"></textarea></label>
    <label class="field">Parent code<select name="under">${choices(page, page.book.codes, "none (top level)")}</select></label>`;
  const asked = askForm("Add a code", fields, "Add");
  const select = /** @type {HTMLSelectElement|null} */ (document.querySelector("dialog select[name=under]"));
  if (select) select.value = under?.id ?? "";
  const data = await asked;
  if (!data) return;
  const id = idOf(said(data, "name"));
  const code = { id, name: said(data, "name"), definition: said(data, "definition") };
  await page.edit({ edit: "add", new: code, under: said(data, "under") }, id);
}

/** @param {Page} page @param {PageCode} code */
export async function renameCode(page, code) {
  const fields = html`<p>Codings and exports use the id. To change only the name that people see, edit the name instead.</p>
    <label class="field">New id<input name="to" required maxlength="200" autocomplete="off" autofocus .value=${code.id}></label>`;
  const data = await askForm(`Change the id of ${code.name}`, fields, "Continue");
  const to = said(data, "to");
  if (!data || to === code.id) return;
  await page.change({ edit: "rename", code: code.id, to }, { title: `Change the id of ${code.name}?`, yes: "Change it", at: to });
}

/** @param {Page} page @param {PageCode} code */
export async function moveCode(page, code) {
  const own = page.branch(code.id);
  const targets = page.book.codes.filter((one) => !own.has(one.id));
  const fields = html`<label class="field">Parent code<select name="under" autofocus>${choices(page, targets, "none (top level)")}</select></label>
    ${own.size > 1 ? html`<p class="hint">The codes below it (${own.size - 1}) move with it.</p>` : nothing}`;
  const data = await askForm(`Move ${code.name}`, fields, "Continue");
  if (data) await page.change({ edit: "move", code: code.id, under: said(data, "under") }, { title: `Move ${code.name}?`, yes: "Move it" });
}

/** @param {Page} page @param {PageCode} code */
export async function mergeCode(page, code) {
  const own = page.branch(code.id);
  const targets = page.book.codes.filter((one) => !own.has(one.id));
  const fields = html`<p>Codings of ${code.name} become codings of the other code. If a coder has put both on the same words, one coding remains, with both memos, and with the valence “both” if the valences differ. ${own.size > 1 ? "The codes below it come under the other code." : ""}</p>
    <label class="field">Merge into<select name="into" required autofocus>${choices(page, targets, "choose a code…")}</select></label>`;
  const data = await askForm(`Merge ${code.name}`, fields, "Continue");
  const into = said(data, "into");
  if (data) await page.change({ edit: "merge", code: code.id, into }, { title: `Merge ${code.name} into ${page.name(into)}?`, yes: "Merge", at: into });
}

/** @param {Page} page @param {PageCode} code */
export async function splitCode(page, code) {
  const fields = html`<p>The new codes come after ${code.name}. Each coder then assigns every passage to one of them${page.book.exclusive ? "" : ", or to several"}. Nothing is lost meanwhile: ${code.name} stays until the last passage is assigned.</p>
    <label class="field">First new code<input name="one" required maxlength="300" autocomplete="off" autofocus></label>
    <label class="field">Second new code<input name="two" required maxlength="300" autocomplete="off"></label>
    <label class="field">Third, if any<input name="three" maxlength="300" autocomplete="off"></label>`;
  const data = await askForm(`Split ${code.name}`, fields, "Continue");
  if (!data) return;
  const into = ["one", "two", "three"].map((field) => said(data, field)).filter(Boolean).map((name) => ({ id: idOf(name), name }));
  await page.change({ edit: "split", code: code.id, into }, { title: `Split ${code.name}?`, yes: "Begin" });
}

/** @param {Page} page @param {PageCode} code */
export async function deleteCode(page, code) {
  const fields = html`<p>A code that is in use is deleted only if you say what happens to its passages.</p>
    <fieldset class="stack"><legend>Passages with this code</legend>
      <label><input type="radio" name="uncode" value="" checked autofocus> keep them: delete the code only if it has none</label>
      <label><input type="radio" name="uncode" value="yes"> leave them uncoded, as read without a code</label></fieldset>`;
  const data = await askForm(`Delete ${code.name}`, fields, "Continue");
  if (!data) return;
  const edit = { edit: "delete", code: code.id, uncode: said(data, "uncode") === "yes" };
  await page.change(edit, { title: `Delete ${code.name}?`, yes: "Delete", at: code.parent ?? "" });
}
