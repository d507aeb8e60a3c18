/** A dialog in which a folder of this computer is chosen: browsers hand out no paths. */

import { post, whatWentWrong } from "./api.js";
import { ask } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {{name: string, path: string, study: boolean}} Folder */
/** @typedef {{path: string, parent: string, study: boolean, folders: Folder[], places: Folder[]}} Listing */

/**
 * @param {string} title
 * @param {string} yes
 * @param {{start?: string, study?: boolean}} [wanted]  where to begin, and whether only a study will do
 * @returns {Promise<string|null>} the path of the folder
 */
export function chooseFolder(title, yes, { start = "", study = false } = {}) {
  return ask((close) => {
    const box = document.createElement("div");
    void show(box, start, { title, yes, study, close });
    return box;
  }, title, "wide");
}

/** @typedef {{title: string, yes: string, study: boolean, close: (path: string|null) => void}} Wanted */

/** @param {HTMLElement} box @param {string} path @param {Wanted} wanted @param {string} [wrong] */
async function show(box, path, wanted, wrong = "") {
  try {
    draw(box, await post("/api/folders", { path }), wanted, wrong);
  } catch (error) {
    const why = whatWentWrong(error).join(" ");
    if (path && !wrong) await show(box, "", wanted, why);
    else render(html`<p class="wrong">${why}</p>`, box);
  }
}

/** @param {HTMLElement} box @param {Listing} found @param {Wanted} wanted @param {string} wrong */
function draw(box, found, wanted, wrong) {
  const go = (/** @type {string} */ to) => () => void show(box, to, wanted);
  const typed = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    void show(box, String(data.get("path")), wanted);
  };
  render(
    html`<h2>${wanted.title}</h2>
      ${wrong ? html`<p class="wrong" role="alert">${wrong}</p>` : nothing}
      <p class="row">${found.places.map((place) => html`<button type="button" @click=${go(place.path)}>${place.name}</button>`)}</p>
      <form class="folder-line" @submit=${typed}>
        <label class="away" for="folder-path">Folder</label><input id="folder-path" name="path" .value=${found.path} autocomplete="off" spellcheck="false">
        <button type="submit">Go</button>
        <button type="button" ?disabled=${!found.parent} @click=${go(found.parent)}>Up</button>
      </form>
      <div class="scroll folders-box" tabindex="0" role="region" aria-label="Folders">
        <ul class="folders">${found.folders.map((one) => html`<li><button type="button" @click=${one.study && wanted.study ? () => wanted.close(one.path) : go(one.path)}>
          <span aria-hidden="true">${one.study ? "◆" : "▸"}</span> ${one.name}${one.study ? html` <span class="hint">a study</span>` : nothing}</button></li>`)}</ul>
        ${found.folders.length ? nothing : html`<p class="none">There are no folders in here.</p>`}
      </div>
      <p class="row end">
        <button type="button" @click=${() => wanted.close(null)}>Cancel</button>
        <button type="button" class="primary" ?disabled=${wanted.study && !found.study} @click=${() => wanted.close(found.path)}>${wanted.yes}</button>
      </p>`,
    box,
  );
  if (wanted.study && found.study) box.querySelector(".primary")?.scrollIntoView({ block: "nearest" });
}
