/** One code: what is said of it, and what can be done with it. */

import { post } from "./api.js";
import { legible } from "./colours.js";
import { addCode, deleteCode, mergeCode, moveCode, renameCode, splitCode } from "./codebook_dialogs.js";
import { finishSplit, workList } from "./codebook_split.js";
import { say } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./codebook_page.js").Page} Page */
/** @typedef {import("./codebook_types.js").PageCode} PageCode */

/** @type {[string, string, number, string][]} */
const TEXTS = [
  ["definition", "Definition", 4, "What the code means."],
  ["include", "Include", 3, "What belongs here."],
  ["exclude", "Exclude", 3, "What looks similar and belongs elsewhere."],
];

/** @param {Page} page */
export function details(page) {
  const code = page.code;
  if (!code) return html`<section class="details"><p>Select a code.</p></section>`;
  return html`<section class="details" aria-labelledby="code-name">
    <h2 id="code-name" tabindex="-1"><span class="swatch" .style=${`--code: ${legible(code.color)}`}></span> ${code.name}</h2>
    <p class="hint">${where(page, code)}</p>
    ${page.book.splits[code.id] ? splitNotice(page, code) : nothing}
    ${page.book.lead ? [commands(page, code), form(page, code)] : [reading(code), proposing(page, code)]}
  </section>`;
}

/** @param {Page} page @param {PageCode} code */
function where(page, code) {
  const above = code.parent ? `below ${page.name(code.parent)}` : "at the top level";
  const by = page.counts?.[code.id];
  const used = by
    ? Object.entries(by).map(([coder, n]) => `${coder} ${n}`).join(", ") || "no codings"
    : code.mine === 1 ? "1 coding by you" : `${code.mine || "no"} codings by you`;
  const known = page.book.trained.length && !page.book.trained.includes(code.id) ? " · not suggested: the model was not trained on it" : "";
  return html`<code>${code.id}</code> · ${code.level}, ${above} · ${used}${known}`;
}

/** @param {Page} page @param {PageCode} code */
function splitNotice(page, code) {
  const names = (page.book.splits[code.id] ?? []).map((id) => page.name(id)).join(", ");
  return html`<div class="note"><p>This code is being split into ${names}. It stays until each passage is assigned to one of them.</p>
    <p class="row"><button type="button" class="primary" @click=${() => workList(page, code)}>Assign passages…</button>
    ${page.book.lead ? html`<button type="button" @click=${() => finishSplit(page, code)}>Finish the split…</button>` : nothing}</p></div>`;
}

/** @param {Page} page @param {PageCode} code */
function commands(page, code) {
  const siblings = page.below(code.parent);
  const at = siblings.indexOf(code);
  const to = (/** @type {string} */ before) => page.edit({ edit: "move", code: code.id, under: code.parent ?? "", before }).then(refocus);
  return html`<p class="row tools" role="group" aria-label="Change this code">
    <button type="button" ?disabled=${at <= 0} @click=${() => to(siblings[at - 1]?.id ?? "")}>Move up</button>
    <button type="button" ?disabled=${at >= siblings.length - 1} @click=${() => to(siblings[at + 2]?.id ?? "")}>Move down</button>
    <button type="button" @click=${() => moveCode(page, code)}>Move to…</button>
    <button type="button" @click=${() => addCode(page, code)}>Add below…</button>
    <button type="button" @click=${() => renameCode(page, code)}>Change id…</button>
    <button type="button" @click=${() => mergeCode(page, code)}>Merge…</button>
    <button type="button" @click=${() => splitCode(page, code)}>Split…</button>
    <button type="button" @click=${() => deleteCode(page, code)}>Delete…</button>
  </p>`;
}

/** The buttons are redrawn after a change: keep the reader at the code. */
function refocus() {
  document.getElementById("code-name")?.focus();
}

/** @param {Page} page @param {PageCode} code */
function form(page, code) {
  const send = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void save(page, code, new FormData(/** @type {HTMLFormElement} */ (event.target)));
  };
  const text = (/** @type {typeof TEXTS[number]} */ [name, label, lines, hint]) => html`<label class="field">${label} <span class="hint">${hint}</span>
    <textarea name=${name} rows=${lines} maxlength="20000" .value=${String(code[/** @type {"definition"} */ (name)])}></textarea></label>`;
  return html`<form class="fields" @submit=${send} @input=${() => (page.typed = true)}>
    <label class="field">Name<input name="name" maxlength="300" required autocomplete="off" .value=${code.name}></label>
    ${colours(page, code)}
    ${TEXTS.map(text)}
    <label class="field">Examples <span class="hint">One per paragraph, separated by empty lines.</span>
      <textarea name="examples" rows="6" aria-describedby="words-warning" .value=${code.examples.join("\n\n")}></textarea></label>
    <p class="hint" id="words-warning">Examples may be participants’ words. The codebook goes into exports and reports, and its earlier versions are kept, too: in the study’s folder, and in git, if your study uses it. Remove anything that could identify somebody before you save.</p>
    <p class="row"><button type="submit" class="primary">Save</button></p>
  </form>`;
}

/** @param {Page} page @param {PageCode} code */
function colours(page, code) {
  const own = code.own_color.toUpperCase();
  const offered = page.book.palette.includes(own) ? page.book.palette : [own, ...page.book.palette];
  const choice = (/** @type {string} */ color) => html`<label class="colour"><input type="radio" name="color" value=${color} .checked=${color === own}>
    <span class="swatch large" .style=${`--code: ${color}`}></span><span class="away">${color}</span></label>`;
  return html`<fieldset class="row"><legend>Colour: colour-blind readers can distinguish these</legend>${offered.map(choice)}
    <label class="colour">another <input type="radio" name="color" value="other" aria-label="another colour">
      <input type="color" name="other" aria-label="Another colour" .value=${own.toLowerCase()}></label></fieldset>`;
}

/** @param {Page} page @param {PageCode} code @param {FormData} data */
async function save(page, code, data) {
  const said = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
  const color = said("color") === "other" ? said("other").toUpperCase() : said("color");
  const examples = said("examples").split(/\n\s*\n/).map((one) => one.trim()).filter(Boolean);
  /** @type {Record<string, unknown>} */
  const changed = {};
  for (const name of ["name", "definition", "include", "exclude"]) {
    if (said(name) !== String(code[/** @type {"name"} */ (name)]).trim()) changed[name] = said(name);
  }
  if (color && color !== code.own_color.toUpperCase()) changed.color = color;
  if (examples.join("\n\n") !== code.examples.join("\n\n")) changed.examples = examples;
  page.typed = false;
  if (!Object.keys(changed).length) return say("Nothing was changed.");
  page.typed = !(await page.edit({ edit: "describe", code: code.id, ...changed }));
}

/** @param {PageCode} code */
function reading(code) {
  const part = (/** @type {string} */ title, /** @type {string} */ text) => (text ? html`<h3>${title}</h3><p>${text}</p>` : nothing);
  return html`<div class="meaning"><p>${code.definition || "The codebook has no definition of this code."}</p>
    ${part("Include", code.include)} ${part("Exclude", code.exclude)}
    ${code.examples.length ? html`<h3>Examples</h3><ul>${code.examples.map((one) => html`<li>${one}</li>`)}</ul>` : nothing}</div>`;
}

/** @param {Page} page @param {PageCode} code */
function proposing(page, code) {
  const send = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const sent = /** @type {HTMLFormElement} */ (event.target);
    const text = String(new FormData(sent).get("text") ?? "").trim();
    if (!text) return;
    const done = await page.guarded(() => post("/api/codebook/proposals", { code: code.id, text }));
    if (!done) return;
    page.book.proposals = done.proposals;
    sent.reset();
    say("Your lead will see this note.");
    page.view();
  };
  return html`<form class="fields" @submit=${send}><label class="field">Suggest a change to your lead
    <textarea name="text" rows="3" maxlength="4000"></textarea></label><p class="row"><button type="submit">Send the note</button></p></form>`;
}
