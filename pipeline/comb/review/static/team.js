/** The team's page: coders and roles, who codes what, what two code, and where they differ. */

import { get, post } from "./api.js";
import { option } from "./code_tree.js";
import { element, onValue } from "./dom.js";
import { alarm, confirm, guarded, say } from "./say.js";
import { drawDouble } from "./team_double.js";
import { drawPeople } from "./team_people.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./team_types.js").Assignment} Assignment */
/** @typedef {import("./team_types.js").Pair} Pair */
/** @typedef {import("./team_types.js").Team} Team */
/** @typedef {import("./team_types.js").Work} Work */

const box = element("team");
/** @type {{team: Team|null, pairs: Pair[]|null, left: number, mode: string, extra: string[]}} */
const state = { team: null, pairs: null, left: 0, mode: "", extra: [] };

async function load() {
  state.team = await get("/api/team");
  document.getElementById("waiting")?.remove();
  draw();
}

async function compare() {
  const found = await get("/api/team/conflicts");
  Object.assign(state, { pairs: found.pairs, left: found.left });
  draw();
  if (found.left) await compare();
}

const coders = () => [...new Set([...(state.team?.coders ?? []), ...state.extra])];

function draw() {
  const { team } = state;
  if (!team) return;
  const page = { team, coders: coders(), mode: state.mode, guarded: attempt, load, assign, draw, addCoder };
  render(
    html`${team.team ? drawPeople(page) : alone()}
      <section aria-labelledby="h-work"><h2 id="h-work">Who codes what</h2>${work(team)}</section>
      ${drawDouble(page)}
      <section aria-labelledby="h-conflicts"><h2 id="h-conflicts">Disagreements</h2>${conflicts()}</section>`,
    box,
  );
}

function alone() {
  return html`<p>You are working alone: nobody signs in. A second coder can code some of the transcripts on another computer: under Double coding, add that person’s name and draw a sample. Then send the drawn
    transcripts, and the study’s file <code>configs/codebook.yaml</code>. The other person codes and finishes them in a new study with this codebook, presses “Export codings…”, and sends you the files that are then in that study’s folder <code>data/codings</code>; add them under <a href="/add">Add files</a>. To let several coders work on one server, start comb there with <code>comb review --team</code>.</p>`;
}

/** @param {string} name */
function addCoder(name) {
  if (name.trim()) state.extra = [...state.extra, name.trim()];
  draw();
}

/** @param {Team} team */
function work(team) {
  const modes = [["", `default (${team.mode})`], ["blind", "blind"], ["open", "open"]];
  if (!team.transcripts.length) return html`<p class="none">There are no transcripts yet.</p>`;
  return html`<div class="bar"><label>Mode of new assignments <select id="mode" @change=${onValue((value) => {
      state.mode = value;
      draw();
    })}>${modes.map(([value = "", name = ""]) => option(value, name, state.mode))}</select></label>
      <span class="commands"><button type="button" @click=${() => void attempt(shareOut)}>Assign the rest evenly…</button></span></div>
    <p class="hint">Tick a box to assign a transcript; it then comes first in the coder’s list.</p>
    <div class="scroll tall" tabindex="0" role="region" aria-label="Who codes what"><table class="matrix">
      <thead><tr><th scope="col">Transcript</th><th scope="col" class="number">Segments</th>${coders().map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${team.transcripts.map((one) => html`<tr><th scope="row"><a href="/t/${encodeURIComponent(one.id)}">${one.id}</a></th><td class="number">${one.segments}</td>
        ${coders().map((name) => html`<td>${tick(one, name)}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** @param {Work} one @param {string} coder */
function tick(one, coder) {
  const has = coder in one.assigned;
  const told = [one.states[coder] === "assigned" ? "" : one.states[coder], one.modes[coder] === "blind" ? "blind" : "", one.assigned[coder] ? "drawn at random" : ""].filter(Boolean).join(", ");
  const change = (/** @type {Event} */ event) => {
    const on = /** @type {HTMLInputElement} */ (event.target).checked;
    const it = { transcript: one.id, coder };
    void attempt(() => (on ? assign([{ ...it, mode: state.mode }], false) : assign([], false, [it])));
  };
  return html`<label><input type="checkbox" aria-label="${coder} codes ${one.id}" .checked=${has} @change=${change}> <span class="hint">${told}</span></label>`;
}

/** @param {Assignment[]} add @param {boolean} drawn @param {Assignment[]} [remove] */
async function assign(add, drawn, remove = []) {
  const { made, problems } = await post("/api/team/assign", { add, remove, drawn });
  await load();
  if (problems.length) alarm(`Assignments that could not be made: ${problems.length}.`, problems.join(" "));
  else say(remove.length ? "Assignment removed." : `${made} assigned.`);
}

async function shareOut() {
  const names = (state.team?.people.length ? state.team.people.filter((one) => one.role !== "reader").map((one) => one.name) : coders());
  const { shared } = /** @type {{shared: Assignment[]}} */ (await post("/api/team/share", { coders: names }));
  if (!shared.length) return say("Every transcript already has a coder.");
  const body = html`<p>Transcripts without a coder, distributed so that all coders have about the same number of segments:</p>
    <ul>${names.map((name) => html`<li>${name}: ${shared.filter((one) => one.coder === name).map((one) => one.transcript).join(", ") || "none"}</li>`)}</ul>`;
  if (await confirm("Assign these?", body, "Assign")) await assign(shared.map((one) => ({ ...one, mode: state.mode })), false);
}

function conflicts() {
  const { pairs, left } = state;
  if (pairs === null) {
    return html`<p><button type="button" @click=${() => void attempt(compare)}>Count the disagreements</button> <span class="hint">Counts unresolved disagreements in transcripts that two coders have finished. comb records that you have seen their codings, as it does when you open these transcripts.</span></p>`;
  }
  const waiting = left ? html`<p class="hint">Comparing… ${left} to go.</p>` : nothing;
  if (!pairs.length) return html`${waiting}<p class="none">There is no transcript yet that two coders have finished and that you may compare.</p>`;
  return html`${waiting}<table class="matrix"><thead><tr><th scope="col">Coders</th><th scope="col" class="number">Transcripts finished by both</th><th scope="col" class="number">Unresolved disagreements</th><th scope="col">Resolve them in</th></tr></thead>
    <tbody>${pairs.map((one) => html`<tr><th scope="row">${one.a} and ${one.b}</th><td class="number">${one.transcripts}</td><td class="number">${one.open}</td>
      <td>${one.where.length ? one.where.map((at) => html`<a href="/adjudicate/${encodeURIComponent(at.transcript)}?${new URLSearchParams({ a: one.a, b: one.b })}">${at.transcript}</a> (${at.open}) `) : "none"}</td></tr>`)}</tbody></table>`;
}

/** Draw again what could not be done. @param {() => Promise<void>} run */
async function attempt(run) {
  if (!(await guarded(run))) draw();
}

void attempt(load);
