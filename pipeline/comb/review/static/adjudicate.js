/** Two coders side by side: where they differ, what holds, and why not the other code. Figures follow each decision. */

import { get, post, transcriptPath } from "./api.js";
import { drawFigures } from "./figures.js";
import { listen, showKeys } from "./keys.js";
import { Model } from "./model.js";
import { clip, pickCode } from "./picker.js";
import { alarm, calm, confirm, say } from "./say.js";
import { chip, editor } from "./settle.js";
import { html, nothing, render } from "./vendor/lit-html.js";

const id = document.body.dataset.transcript;
const query = new URLSearchParams(location.search);
const pair = () => new URLSearchParams([...query].filter(([name]) => name === "a" || name === "b")).toString();
const state = { data: null, model: null, show: "open", at: 0, drafts: new Map(), busy: false };

async function load() {
  const path = transcriptPath(id, "adjudication");
  const [me, codebook, data] = await Promise.all([get("/api/me"), get("/api/codebook"), get(pair() ? `${path}?${pair()}` : path)]);
  state.model = new Model(codebook, me);
  state.data = data;
  document.getElementById("waiting")?.remove();
  if (state.data.units.every(settled)) state.show = "differ";
  state.at = Math.max(0, units().findIndex((unit) => !settled(unit)));
  draw();
}

/** @param {any} unit */
const settled = (unit) => unit.agree || unit.consensus !== null;
const keyOf = (unit) => `${unit.start}-${unit.end}`;

/** @param {string} a @param {string} b */
function choosePair(a, b) {
  location.search = new URLSearchParams({ a, b }).toString();
}

/** The units that are shown; one that was just settled stays until the next is chosen. */
function units() {
  const current = state.data.units[state.whole];
  return state.data.units.filter((unit) => state.show === "all" || (state.show === "differ" ? !unit.agree : !settled(unit)) || unit === current);
}

const unitAt = () => units()[state.at];

function draw() {
  const shown = units();
  state.at = Math.min(state.at, Math.max(0, shown.length - 1));
  drawFigures(state, document.getElementById("figures"), {
    undo: () => again("undo"), redo: () => again("redo"), keys: () => showKeys(table), pair: choosePair });
  render(
    html`
      <div class="bar">
        <label>Show <select id="show" @change=${show}>
          ${[["open", "not settled"], ["differ", "all that differ"], ["all", "all units"]].map(
            ([value, name]) => html`<option value=${value} ?selected=${value === state.show}>${name}</option>`)}</select></label>
        <span class="counts">${shown.length} units</span>
      </div>
      ${shown.length ? nothing : html`<p class="done">Everything that differed is settled.</p>`}
      <ol class="units">${shown.map(unitView)}</ol>`,
    document.getElementById("units"),
  );
}

function show(event) {
  state.show = event.target.value;
  state.at = 0;
  state.whole = undefined;
  draw();
}

function unitView(unit, index) {
  const [a, b] = state.data.coders;
  const current = index === state.at;
  const side = (name, codes, key) => html`<div class="side" role="group" aria-label="Coder ${name}"><h3>${name}</h3>
    ${codes === null ? html`<p class="none">did not judge this</p>` : codes.length ? codes.map((one) => html`${chip(state.model, one)}${one.memo ? html`<p class="hint">${one.memo}</p>` : nothing}`) : html`<p class="none">no code</p>`}
    ${unit.agree || codes === null ? nothing : html`<button type="button" @click=${() => take(unit, index, codes)}>Take ${name}’s <kbd aria-hidden="true">${key}</kbd></button>`}</div>`;
  return html`<li class="unit ${current ? "now" : ""} ${settled(unit) ? "settled" : "open"}" id="unit-${index}" tabindex=${current ? "0" : "-1"}
      aria-current=${current ? "true" : nothing} @focusin=${() => choose(index)}>
    <p class="context">${unit.speaker ? html`<b class="speaker">${unit.speaker}</b> ` : nothing}${unit.before ? html`<span class="before">… ${unit.before}</span> ` : nothing}<span class="words">${clip(unit.quote, 1200)}</span></p>
    <div class="sides">${side(a, unit.a, "1")} ${outcome(unit)} ${side(b, unit.b, "2")}</div>
    ${current && !unit.agree ? editor(state, unit, draftOf(unit), { save: () => save(unit), pick: () => add(unit), none: () => take(unit, index, []), draw }) : nothing}
  </li>`;
}

function outcome(unit) {
  if (unit.agree) return html`<div class="outcome"><h3>Consensus</h3><p class="hint">= both agree</p></div>`;
  const saved = unit.consensus;
  return html`<div class="outcome" role="group" aria-label="Consensus"><h3>Consensus</h3>
    ${saved === null ? html`<p class="hint">not settled</p>` : saved.length ? saved.map((one) => chip(state.model, one)) : html`<p class="none">no code</p>`}
    ${unit.why_not ? html`<p class="hint">Why not the other: ${unit.why_not}</p>` : nothing}
    ${unit.memo ? html`<p class="hint">${unit.memo}</p>` : nothing}</div>`;
}

/** What is being written for a unit, until it is saved. */
function draftOf(unit) {
  const key = keyOf(unit);
  if (!state.drafts.has(key)) {
    state.drafts.set(key, { codes: [...(unit.consensus ?? [])], memo: unit.memo ?? "", whyNot: unit.why_not ?? "", touched: false });
  }
  return state.drafts.get(key);
}

/** @param {number} index */
function choose(index) {
  if (index === state.at) return;
  const unit = units()[index];
  state.whole = undefined;
  state.at = Math.max(0, units().indexOf(unit));
  draw();
  document.getElementById(`unit-${state.at}`)?.focus({ preventScroll: true });
}

/** @param {number} index */
function go(index) {
  const shown = units();
  if (!shown.length) return;
  const unit = shown[Math.min(shown.length - 1, Math.max(0, index))];
  state.whole = undefined;
  state.at = Math.max(0, units().indexOf(unit));
  draw();
  const element = document.getElementById(`unit-${state.at}`);
  const calmly = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: "center", behavior: calmly ? "instant" : "smooth" });
}

/** @param {"a"|"b"} side */
function takeSide(side) {
  const unit = unitAt();
  if (unit && !unit.agree && unit[side] !== null) void take(unit, state.at, unit[side]);
}

/** Settle on one coder's codes: they go into the draft; saving takes them. */
async function take(unit, index, codes) {
  choose(index);
  const draft = draftOf(unit);
  draft.codes = codes.map(({ code, valence }) => ({ code, valence: valence ?? "" }));
  draft.touched = true;
  await save(unit);
}

async function add(unit) {
  const draft = draftOf(unit);
  const used = draft.codes.map((one) => one.code);
  const put = (choice) => {
    draft.codes = [...(state.model.codebook.exclusive ? [] : draft.codes.filter((one) => one.code !== choice.code)), choice];
    draft.touched = true;
    draw();
  };
  const choice = await pickCode(state.model, { title: "Consensus", quote: unit.quote, used, another: state.model.codebook.exclusive ? undefined : put });
  if (choice) put(choice);
}

/** The act is made when it is sent, so that a second try goes against what is there then. */
async function save(unit) {
  const draft = draftOf(unit);
  if (state.busy || !draft.touched) return;
  state.busy = true;
  const [a, b] = state.data.coders;
  const codes = draft.codes.map(({ code, valence }) => ({ code, valence: valence ?? "" }));
  const body = { start: unit.start, end: unit.end, codes, memo: draft.memo, why_not: draft.whyNot, a, b };
  await send(() => post(transcriptPath(id, "adjudicate"), { ...body, base: state.data.version }), "Consensus saved.", unit);
  state.busy = false;
}

async function again(which) {
  const [a, b] = state.data.coders;
  await send(() => post(transcriptPath(id, which), { base: state.data.version, coder: "consensus", a, b }), which === "undo" ? "Undone." : "Done again.", null);
}

/** @param {() => Promise<any>} run @param {string} outcomeText @param {any} unit */
async function send(run, outcomeText, unit) {
  try {
    const reply = await run();
    calm();
    apply(reply, unit);
    say(`${outcomeText} ${state.data.agreement.settled} settled.`);
    if (reply.finished) say("Everything that differed is settled: the consensus is complete.");
  } catch (error) {
    if (error.status === 409) await conflict(error, unit);
    else alarm(error.status ? error.message : `Not saved: ${error.message}`, `${error.remedy ?? ""} What you wrote is kept here.`, [
      { label: "Try again", run: () => void send(run, outcomeText, unit) },
      { label: "Close", run: calm },
    ]);
  }
}

function apply(reply, unit) {
  const changed = reply.units;
  for (const one of changed) {
    const index = state.data.units.findIndex((old) => keyOf(old) === keyOf(one));
    if (index >= 0) state.data.units[index] = one;
    state.drafts.delete(keyOf(one));
    state.whole = index;
  }
  const { agreement, version, finished, can_undo, can_redo } = reply;
  Object.assign(state.data, { agreement, version, finished, can_undo, can_redo });
  draw();
  if (!changed.length) return;
  const shown = units();
  const at = shown.findIndex((one) => keyOf(one) === keyOf(changed[0]));
  if (!unit) return go(at);
  const next = shown.findIndex((one, index) => index > at && !settled(one));
  go(next >= 0 ? next : at);
}

async function conflict(error, unit) {
  state.busy = false;
  const kept = new Map(state.drafts);
  await load();
  for (const [key, draft] of kept) if (draft.touched || draft.memo || draft.whyNot) state.drafts.set(key, draft);
  draw();
  const body = html`<p>${error.message} ${error.remedy}</p><p>What you wrote was <b>not</b> saved; it is kept in the form.</p>`;
  if ((await confirm("This was changed in another window", body, "Save mine all the same", "Leave it as it is now")) && unit) {
    await save(state.data.units.find((one) => keyOf(one) === keyOf(unit)) ?? unit);
  }
}

const key = (shown, keys, name, run, group = "Settle") => ({ shown, keys, name, run, group });
const table = [
  key("J", ["j"], "next unit", () => go(state.at + 1), "Move"),
  key("K", ["k"], "unit before", () => go(state.at - 1), "Move"),
  key("1", ["1"], "take the first coder’s codes", () => takeSide("a")),
  key("2", ["2"], "take the second coder’s codes", () => takeSide("b")),
  key("0", ["0"], "no code", () => unitAt() && !unitAt().agree && void take(unitAt(), state.at, [])),
  key("C", ["c"], "choose codes", () => unitAt() && !unitAt().agree && void add(unitAt())),
  key("M", ["m"], "memo", () => document.getElementById("memo")?.focus()),
  key("W", ["w"], "why not the other code", () => document.getElementById("why-not")?.focus()),
  key("Enter", ["Enter"], "save the consensus", () => unitAt() && !unitAt().agree && void save(unitAt())),
  key("U", ["u", "Ctrl+z"], "undo", () => void again("undo")),
  key("Shift U", ["U", "Ctrl+Shift+z", "Ctrl+y"], "redo", () => void again("redo")),
  key("?", ["?"], "all keys", () => void showKeys(table), "Move"),
];

listen(table);
load().catch((error) => alarm(error.message, error.remedy ?? "Reload the page."));
