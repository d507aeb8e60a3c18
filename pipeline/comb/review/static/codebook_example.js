/** A passage added to the codebook as an example of its code, in words that a person has looked at. */

import { get, post } from "./api.js";
import { ask, say } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @param {import("./app.js").App} app @param {import("./types.js").CodingMark} mark */
export async function addExample(app, mark) {
  const quote = app.model.quote(mark);
  const offered = await post("/api/codebook/wording", { text: quote }).catch((error) => app.refused(error));
  if (!offered) return;
  const words = await askWords(app.model.codeName(mark.code), offered);
  if (!words) return;
  await add(mark.code, words).then(() => say("Added to the codebook as an example."), (error) => app.refused(error));
}

/** @param {string} name @param {{text: string, replaced: boolean, looked: boolean}} offered @returns {Promise<string|null>} */
function askWords(name, { text, replaced, looked }) {
  return ask((/** @type {(value: string|null) => void} */ close) => {
    const send = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      close(String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("words") ?? "").trim() || null);
    };
    return html`<form @submit=${send}><h2>Add an example of ${name}</h2>
      <p class="note">These are a participant’s words. The codebook goes into exports and reports, and its earlier versions are kept, too: in the study’s folder, and in git, if your study uses it. Remove anything that could identify somebody.</p>
      <p>${replaced ? "Names are replaced by the pseudonyms that you confirmed." : nothing} ${looked ? nothing : "This study has not been searched for names yet: see Pseudonyms."}</p>
      <label class="memo">Words of the example<textarea name="words" rows="5" required autofocus .value=${text}></textarea></label>
      <p class="row end"><button type="button" @click=${() => close(null)}>Cancel</button><button type="submit" class="primary">Add to the codebook</button></p></form>`;
  }, "Add an example");
}

/** @param {string} id @param {string} words */
async function add(id, words) {
  const book = await get("/api/codebook/page");
  const code = book.codes.find((/** @type {{id: string}} */ one) => one.id === id);
  const examples = [...(code?.examples ?? []), words];
  await post("/api/codebook/edit", { edit: { edit: "describe", code: id, examples }, seen: book.digest, why: "an example from a transcript" });
}
