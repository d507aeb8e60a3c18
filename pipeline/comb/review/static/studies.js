/** The page on which a study is opened or made. */

import { get, post } from "./api.js";
import { element } from "./dom.js";
import { chooseFolder } from "./folders.js";
import { guarded, say } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {{name: string, path: string, there: boolean}} Study */

/** @type {[string, string, string][]} */
const PRESETS = [
  ["com-b-tdf", "COM-B with the Theoretical Domains Framework", "Six components and the 14 domains below them, with definitions and examples."],
  ["com-b", "COM-B only", "The six components, with definitions and examples."],
  ["own", "My own codebook", "A file: comb’s codebook.yaml, a REFI-QDA codebook (.qdc), one that NVivo or Taguette exported, or your own table, saved as CSV with the columns tag and description."],
  ["empty", "None yet", "Add your own codes on the Codebook page."],
];
const box = element("studies");
/** @type {{studies: Study[], coder: string, making: boolean, folder: string, preset: string, busy: boolean}} */
const state = { studies: [], coder: "", making: false, folder: "", preset: "com-b-tdf", busy: false };

async function load() {
  const [found, home] = await Promise.all([get("/api/studies"), post("/api/folders", { path: "" })]);
  const documents = home.places.find((/** @type {{name: string}} */ place) => place.name === "Documents");
  Object.assign(state, found, { folder: (documents ?? home).path, making: !found.studies.length });
  document.getElementById("waiting")?.remove();
  draw();
}

function draw() {
  const shown = state.studies;
  render(
    html`<div class="start">
      ${shown.length ? html`<section aria-labelledby="recent"><h2 id="recent">Opened recently</h2><ul class="recent">${shown.map(study)}</ul></section>` : nothing}
      <p class="row">
        <button type="button" ?disabled=${state.busy} @click=${() => guarded(openOther)}>Open a study…</button>
        ${state.making ? nothing : html`<button type="button" class="primary" @click=${make}>Create a new study</button>`}
      </p>
      ${state.making ? form() : nothing}
    </div>`,
    box,
  );
}

function make() {
  state.making = true;
  draw();
  /** @type {HTMLElement|null} */ (box.querySelector("[name=name]"))?.focus();
}

/** @param {Study} one */
function study(one) {
  const open = () => guarded(() => openStudy(one.path));
  const forget = async () => {
    Object.assign(state, await post("/api/studies/forget", { path: one.path }));
    say(`${one.name} was removed from this list. Its files stay where they are.`);
    draw();
  };
  return html`<li><button type="button" class="name" ?disabled=${!one.there || state.busy} @click=${open}>${one.name}</button>
    <span class="hint">${one.there ? one.path : `${one.path} (folder not found)`}</span>
    <button type="button" @click=${() => guarded(forget)}>Remove from list<span class="away">: ${one.name}</span></button></li>`;
}

function form() {
  return html`<section aria-labelledby="make"><h2 id="make">Create a new study</h2>
    <form class="form" @submit=${submit}>
      <label>Name of the study <input name="name" required maxlength="100" autocomplete="off"></label>
      <div><span id="where-label">Folder to keep it in</span>
        <p class="where"><code>${state.folder}</code> <button type="button" aria-describedby="where-label" @click=${() => guarded(chooseWhere)}>Choose…</button></p></div>
      <label>Behaviour <span class="hint">Who does what, when and where. Every code is judged against it.</span>
        <input name="behaviour" maxlength="1000" required placeholder="Ward nurses clean their hands before touching a patient" autocomplete="off"></label>
      <fieldset><legend>Codebook</legend>${PRESETS.map(radio)}
        ${state.preset === "own" ? html`<label>File with the codebook <input type="file" name="codebook" required accept=".yaml,.yml,.qdc,.docx,.xlsx,.csv"></label>` : nothing}
      </fieldset>
      <fieldset><legend>Unit of coding</legend>
        <label><input type="radio" name="unit" value="sentence" checked><span>Sentences</span></label>
        <label><input type="radio" name="unit" value="turn"><span>Turns <span class="hint">All that somebody says until another person speaks.</span></span></label>
      </fieldset>
      <label>Your name as a coder <input name="coder" required maxlength="100" .value=${state.coder} autocomplete="off"></label>
      <p class="row"><button type="submit" class="primary" ?disabled=${state.busy}>Create the study</button></p>
    </form></section>`;
}

/** @param {[string, string, string]} choice */
function radio([value, name, hint]) {
  const choose = () => {
    state.preset = value;
    draw();
  };
  return html`<label><input type="radio" name="preset" value=${value} ?checked=${state.preset === value} @change=${choose}>
    <span>${name} <span class="hint">${hint}</span></span></label>`;
}

async function chooseWhere() {
  const found = await chooseFolder("Where should the study be kept?", "Keep it here", { start: state.folder });
  if (!found) return;
  state.folder = found;
  draw();
}

async function openOther() {
  const found = await chooseFolder("Open a study", "Open this study", { start: state.folder, study: true });
  if (found) await openStudy(found);
}

/** @param {string} path */
async function openStudy(path) {
  await leave("Opening the study…", () => post("/api/studies/open", { path }));
}

/** @param {SubmitEvent} event */
function submit(event) {
  event.preventDefault();
  const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
  void guarded(async () => {
    const file = data.get("codebook");
    const codebook = file instanceof File ? { name: file.name, content: await base64(file) } : null;
    const { folder, preset } = state;
    const asked = { folder, preset, name: text("name"), behaviour: text("behaviour"), unit: text("unit"), coder: text("coder"), codebook };
    await leave("Creating the study…", () => post("/api/studies", asked));
  });
}

/** @param {string} words @param {() => Promise<{link: string}>} run */
async function leave(words, run) {
  Object.assign(state, { busy: true });
  draw();
  say(words);
  try {
    location.assign((await run()).link);
  } finally {
    state.busy = false;
    draw();
  }
}

/** @param {File} file @returns {Promise<string>} */
async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

void guarded(load);
