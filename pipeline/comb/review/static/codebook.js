/** The page on the codebook: the tree on the left, the code on the right, history and files below. */

import { get, whatWentWrong } from "./api.js";
import { addCode } from "./codebook_dialogs.js";
import { details } from "./codebook_code.js";
import { bring, download, history, proposals, undo } from "./codebook_history.js";
import { Page } from "./codebook_page.js";
import { tree } from "./codebook_tree.js";
import { onScheme } from "./colours.js";
import { element } from "./dom.js";
import { alarm } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

const box = element("codebook");

/** @param {Page} page */
function bar(page) {
  const { lead, undo: last } = page.book;
  return html`<div class="bar">
    <span class="counts">${page.book.codes.length} ${page.book.codes.length === 1 ? "code" : "codes"}${page.counts ? ", with the codings of all coders" : ", with the number of your codings, if any"}</span>
    <span class="commands">
      ${lead ? html`<button type="button" class="primary" @click=${() => addCode(page, null)}>Add a code…</button>` : nothing}
      ${lead ? html`<button type="button" ?disabled=${!last} title=${last} @click=${() => undo(page)}>Undo…</button>` : nothing}
      ${lead && !page.counts ? html`<button type="button" title="Counts codings in transcripts that you are not coding blind; comb records that you have seen these numbers" @click=${() => all(page)}>Count all coders’ codings</button>` : nothing}
      <button type="button" title="For another study in comb, such as a second coder’s"
        @click=${() => download(page, "yaml")}>Export YAML</button>
      <button type="button" title="For NVivo, ATLAS.ti, MAXQDA and other programs"
        @click=${() => download(page, "qdc")}>Export REFI-QDA</button>
      ${lead ? html`<label class="file">Import codes… <input type="file" class="away" accept=".yaml,.yml,.qdc,.docx,.xlsx,.csv" @change=${(/** @type {Event} */ event) => bring(page, event)}></label>` : nothing}
    </span></div>`;
}

/** @param {Page} page */
async function all(page) {
  const found = await page.guarded(() => get("/api/codebook/counts"));
  if (!found) return;
  page.counts = found.counts;
  page.view();
}

/** The code and the codebook that are drawn. */
let drawn = "";

/** @param {Page} page */
function draw(page) {
  const key = `${page.book.digest} ${page.at}`;
  // A form keeps what is typed in it until the code or the codebook is another: then it is rebuilt.
  if (key !== drawn) paint(page, nothing);
  drawn = key;
  paint(page, details(page));
}

/** @param {Page} page @param {unknown} code */
function paint(page, code) {
  render(html`${bar(page)}${proposals(page)}<div class="book">${tree(page)}${code}</div>${history(page)}`, box);
}

async function start() {
  const page = new Page(await get("/api/codebook/page"));
  document.getElementById("waiting")?.remove();
  page.addEventListener("view", () => draw(page));
  onScheme(() => draw(page));
  addEventListener("beforeunload", (event) => page.typed && event.preventDefault());
  const asked = new URLSearchParams(location.search).get("code");
  if (asked && page.book.codes.some((one) => one.id === asked)) page.at = asked;
  draw(page);
}

start().catch((error) => alarm(...whatWentWrong(error)));
