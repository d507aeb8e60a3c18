/** Learning in place: what it takes, the training itself, and what it brought. */

import { get, whatWentWrong } from "./api.js";
import { capital, element } from "./dom.js";
import { Follower, jobCard } from "./jobs.js";
import { nextOf } from "./next_up.js";
import { bar, curveChart, figure, spread, whisker } from "./plots.js";
import { alarm } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").TrainView} TrainView */
/** @typedef {import("./types.js").Card} Card */

const box = element("train");
const KINDS = ["learn", "next", "curve"];
/** `first`: the transcript whose suggestions this person can decide on next. @type {{view: TrainView|null, first: string|null}} */
const state = { view: null, first: null };
const follower = new Follower(draw, () => void load());

async function load() {
  try {
    /** @type {[TrainView, import("./types.js").Listed[]]} */
    const [view, items] = await Promise.all([get("/api/train"), get("/api/transcripts")]);
    const left = items.filter((item) => !item.finished && item.decided < item.suggestions);
    Object.assign(state, { view, first: nextOf(left, "") });
    document.getElementById("waiting")?.remove();
    follower.take(view.job);
  } catch (error) {
    alarm(...whatWentWrong(error));
  }
}

function draw() {
  const view = state.view;
  if (!view) return;
  render(
    html`<div class="work">
      ${needs(view)}
      ${view.lead ? buttons(view) : html`<p class="hint">A lead can start the training.</p>`}
      ${jobCard(follower, KINDS, view.lead)}
      ${follower.running ? nothing : onward()}
      ${view.card ? card(view.card) : html`<section><h2>How well comb codes</h2><p class="hint">${view.trained ? "Not measured yet." : "Nothing has been trained yet."}</p></section>`}
      ${next(view)}
      ${curve(view)}
    </div>`,
    box,
  );
}

/** Where the suggestions are read. */
function onward() {
  if (!state.first) return nothing;
  return html`<p class="row"><a class="button ${follower.job?.state === "done" ? "primary" : ""}" href="/t/${encodeURIComponent(state.first)}">Decide on suggestions: ${state.first}</a>
    <a href="/">All transcripts</a></p>`;
}

/** @param {TrainView} view */
function needs(view) {
  if (!view.needs.length) return nothing;
  return html`<ul class="lacks">${view.needs.map(
    (need) => html`<li>${need.must ? html`<strong>${need.text}</strong>` : need.text}${need.link ? html` <a href=${need.link}>${need.label}</a>` : nothing}</li>`,
  )}</ul>`;
}

/** @param {TrainView} view */
function buttons(view) {
  const still = follower.running || view.blocked;
  return html`<p class="row"><button type="button" class="primary" ?disabled=${still} @click=${() => void follower.start("learn")}>Train now</button>
    <span class="hint">Codings made in the workspace are first written to the study’s files. Your decisions are kept.</span></p>`;
}

/** Whether an interval has no width. @param {Card} found */
const alike = (found) => [found.kappa, ...found.codes.map((code) => code.kappa)].some(([, low, high]) => low !== null && low === high);

/** @param {Card} found */
function card(found) {
  const shown = found.codes.filter((code) => code.shown).length;
  return html`<section><h2>How well comb codes</h2>
    ${found.current ? nothing : html`<p class="hint">These figures are from an earlier training.</p>`}
    <dl class="numbers">
      <div><dt>Kappa between suggestions and people</dt><dd>${spread(found.kappa)}</dd></div>
      <div><dt>Kappa between people</dt><dd>${found.people ? spread(found.people) : html`<small>no sentences coded by two people</small>`}</dd></div>
      <div><dt>Codes that are suggested</dt><dd>${shown} <small>of ${found.codes.length}</small></dd></div>
      <div><dt>Sentences with a suggestion</dt><dd>${Math.round(found.coverage * 100)}%</dd></div>
    </dl>
    <p>Kappa between suggestions and people is measured on ${found.transcripts} coded transcripts with ${found.segments} sentences: each transcript was coded by a model that had not seen it.
      Where people decided on comb’s suggestions, this kappa is probably too high, because their codings depend on comb’s.
      ${found.shared ? `Do not compare it directly with kappa between people:
        that compares people with each other, on the ${found.shared} sentences that two people coded,
        whereas comb is compared with their consensus or their codes taken together.` : nothing}
      These figures are for codes${found.level ? ` at the level “${found.level}” of the codebook` : ""},
      not for barrier or facilitator.
      ${found.people && found.level ? "The page Overview may show kappa between people at another level." : nothing}</p>
    ${alike(found) ? html`<p class="hint">Where both limits of an interval are the same, the value stays the same whichever of
      these transcripts are drawn at random (all resamples give it): the interval does not show how uncertain this value is.</p>` : nothing}
    ${rule(found)}
    ${found.none_open ? html`<p>${capital(found.none_open)}</p>` : nothing}
    ${found.advice ? html`<p><strong>${capital(found.advice)}</strong></p>` : nothing}
    ${codes(found)}
    ${baselines(found)}
  </section>`;
}

/** How it is decided which codes are suggested, for those who want to know. @param {Card} found */
function rule(found) {
  return html`<details><summary>What is compared, and how comb decides which codes to suggest</summary>
    <ul><li>If several people coded a transcript, suggestions are compared with their consensus or, without one, with the codes that at least half of them gave.</li>
      ${found.shared ? html`<li>To compare kappa between people with comb’s, press “Compare the coders” on the page <a href="/report">Report</a>: there, both are measured on the same sentences.</li>` : nothing}
      ${found.level ? html`<li>Codes are learned and suggested at the level “${found.level}” of the codebook; codings with codes below it count as codings at this level.</li>` : nothing}
      <li>The share of sentences with a suggestion is measured on all sentences of these transcripts. The figures for barrier and facilitator are under <code>valence</code> in <code>data/processed/metrics/evaluate.json</code>.</li>
      <li>A code needs a kappa of ${figure(found.needed)} (${found.because}).</li>
      <li>The kappa of a code with few sentences is uncertain. It is therefore adjusted towards the lower 95% limit of the kappa of all codes together: the fewer sentences have the code, the further. The result is its <em>shrunk kappa</em>.</li>
      <li>The code is suggested if its shrunk kappa reaches ${figure(found.needed)}, or if the lower 95% limit of its own kappa does. (This interval is wider than the one in the table, to allow for the number of transcripts.)</li>
      <li>Both must reach it if there are fewer than six transcripts or participants, or if all codes together do not clearly agree beyond chance.</li>
      <li>If a sentence may have several codes, kappa for all codes is pooled over them: it is not the mean of the column in the table.</li></ul></details>`;
}

/** @param {Card} found */
function codes(found) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Each code"><table>
    <caption class="away">Each code: quality of its suggestions, and people’s own agreement</caption>
    <thead><tr><th scope="col">Code</th><th scope="col" class="number">Coded sentences</th><th scope="col">Kappa, 95% interval</th><th scope="col"><span class="away">Chart</span></th>
      <th scope="col" class="number">Kappa between people</th><th scope="col">Suggested?</th></tr></thead>
    <tbody>${found.codes.map(
      (code) => html`<tr><th scope="row">${code.name}</th><td class="number">${code.n}</td><td>${code.kappa[0] === null ? "–" : spread(code.kappa)}</td>
        <td>${whisker(code.kappa, found.needed, code.shown)}</td><td class="number">${figure(code.people)}</td>
        <td>${code.shown ? "yes" : html`no <span class="hint">${code.why}</span>`}</td></tr>`,
    )}</tbody></table></div>
    <p class="hint">In the charts, the thin line is the scale from 0 to 1, the dot is kappa, the thick line its 95% interval, and the dashed line the kappa that a code needs. (For a code with few sentences, comb relies partly on the kappa of all codes together, so a suggested code may have its dot left of the line.
      With few transcripts, a code may be withheld although its dot is right of it.) A hollow dot marks a code that is not suggested.</p>`;
}

/** @param {Card} found */
function baselines(found) {
  const rows = [{ name: "comb, if all codes were suggested", kappa: found.ungated }, ...found.baselines];
  return html`<details><summary>Compared with simpler methods</summary><table><thead><tr><th scope="col">Method</th><th scope="col">Kappa, 95% interval</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr><th scope="row">${row.name}</th><td>${spread(row.kappa)}</td></tr>`)}</tbody></table></details>`;
}

/** @param {TrainView} view */
function next(view) {
  const best = view.next[0];
  return html`<section><h2>What to code next</h2>
    ${best ? html`<p>comb would learn most from ${best.transcript}, where it is least certain. The list of transcripts can be sorted in this order.</p>
      <table><thead><tr><th scope="col">Transcript</th><th scope="col"><span class="away">Chart</span></th><th scope="col" class="number">Usefulness, 0 to 1</th><th scope="col" class="number">Sentences</th></tr></thead>
      <tbody>${view.next.map((one) => html`<tr><th scope="row"><a href="/t/${encodeURIComponent(one.transcript)}">${one.transcript}</a></th><td>${bar(one.value)}</td><td class="number">${figure(one.value)}</td><td class="number">${one.segments}</td></tr>`)}</tbody></table>`
      : html`<p class="hint">Not computed yet.</p>`}
    ${view.advice.map((one) => html`<p>${one.verdict === "stop" ? "You may stop coding" : "Continue coding"}: ${one.reason}.</p>`)}
    ${view.lead ? html`<p><button type="button" ?disabled=${follower.running || view.blocked} @click=${() => void follower.start("next")}>${best ? "Compute it again" : "Compute it"}</button></p>` : nothing}
  </section>`;
}

/** @param {TrainView} view */
function curve(view) {
  const found = view.curve;
  return html`<section><h2>Would more coding help?</h2>
    ${found ? html`<p>${found.answer}${found.current ? "" : " This result is from an earlier training."}</p>
      ${curveChart(found.points, `Learning curve. ${found.answer}`)}
      <details><summary>Show the numbers</summary><table><thead><tr><th scope="col" class="number">Coded transcripts</th><th scope="col">Kind</th><th scope="col">Kappa, 95% interval</th></tr></thead>
      <tbody>${found.points.map((point) => html`<tr><th scope="row" class="number">${point.transcripts}</th><td>${point.kind}</td><td>${spread(point.kappa)}</td></tr>`)}</tbody></table></details>`
      : html`<p class="hint">The learning curve has not been measured yet.</p>`}
    ${view.lead && view.trained ? html`<p class="row"><button type="button" ?disabled=${follower.running || view.blocked} @click=${() => void follower.start("curve")}>${found ? "Measure it again" : "Measure the learning curve"}</button>
      <span class="hint">For this, comb trains many times over: with ten transcripts or more, it may take a quarter of an hour. You can cancel it.</span></p>` : nothing}
  </section>`;
}

void load();
