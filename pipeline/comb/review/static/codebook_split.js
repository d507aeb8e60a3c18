/** A split under way: every passage of the old code is given to one of the new codes, or to several. */

import { post } from "./api.js";
import { ask, say } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./codebook_page.js").Page} Page */
/** @typedef {import("./codebook_types.js").PageCode} PageCode */
/** @typedef {import("./codebook_types.js").Passage} Passage */

/** @param {Page} page @param {PageCode} code */
export async function workList(page, code) {
  let others = false;
  const fetched = () => page.guarded(() => post("/api/codebook/passages", { code: code.id, others }));
  const first = await fetched();
  if (!first) return;
  /** @type {{passages: Passage[], left: number, done: number}} */
  const state = { ...first, done: 0 };
  const box = document.createElement("div");
  const draw = () => render(view(), box);
  const give = async (/** @type {Passage} */ one, /** @type {string[]} */ into) => {
    const { transcript, coder, coding } = one;
    const done = await page.guarded(() => post("/api/codebook/give", { transcript, coder, coding, code: code.id, into }));
    if (!done) return;
    state.passages = state.passages.filter((other) => other !== one);
    state.done += 1;
    if (!state.passages.length && state.left) Object.assign(state, await fetched());
    draw();
    say(`${into.map((id) => page.name(id)).join(" and ")}. ${state.passages.length + state.left} left.`);
    /** @type {HTMLElement|null} */ (box.querySelector(".passage button"))?.focus();
  };
  const more = async () => {
    others = true;
    const found = await fetched();
    if (found) Object.assign(state, found);
    draw();
  };
  const view = () => html`${state.passages.length ? passage(page, code, /** @type {Passage} */ (state.passages[0]), give) : html`<p>You have no passages left to assign.</p>`}
    <p class="hint" >${state.done} decided, ${state.passages.length + state.left} left.</p>
    ${page.book.lead && !others ? html`<p><button type="button" @click=${more}>Show other coders’ passages, too</button>
      <span class="hint">only in transcripts that you are not coding blind; comb records that you have seen these passages</span></p>` : nothing}`;
  draw();
  await ask((close) => html`<h2>Split ${code.name}</h2>${box}
    <p class="row end"><button type="button" class="primary" @click=${() => close(null)}>Close</button></p>`, `Split ${code.name}`, "wide");
  await page.guarded(() => page.load());
}

/** @param {Page} page @param {PageCode} code @param {Passage} one @param {(one: Passage, into: string[]) => void} give */
function passage(page, code, one, give) {
  const into = page.book.splits[code.id] ?? [];
  return html`<section class="passage" aria-label="Passage">
    <p class="hint">${one.transcript}, ${one.coder}${one.valence ? `, ${one.valence}` : ""}</p>
    <blockquote class="quote"><span class="hint">…${one.before}</span><mark>${one.quote}</mark><span class="hint">${one.after}…</span></blockquote>
    ${one.memo ? html`<p>${one.memo}</p>` : nothing}
    <p class="row">${into.map((id) => html`<button type="button" @click=${() => give(one, [id])}>${page.name(id)}</button>`)}
      ${into.length > 1 && !page.book.exclusive ? html`<button type="button" @click=${() => give(one, into)}>${into.length > 2 ? "All of them" : "Both"}</button>` : nothing}</p>
  </section>`;
}

/** @param {Page} page @param {PageCode} code */
export async function finishSplit(page, code) {
  await page.change({ edit: "delete", code: code.id }, { title: `Delete ${code.name}, now that it is split?`, yes: "Delete it", at: page.book.splits[code.id]?.[0] ?? "" });
}
