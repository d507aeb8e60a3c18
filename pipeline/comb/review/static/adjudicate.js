/** Two coders side by side: where they differ, what holds, and why not the other code. Figures follow each decision. */

import { ApiError, get, post, transcriptPath, whatWentWrong } from "./api.js";
import { element, onValue, transcriptId } from "./dom.js";
import { drawFigures } from "./figures.js";
import { key, listen, showKeys } from "./keys.js";
import { Model } from "./model.js";
import { clip, pickCode } from "./picker.js";
import { alarm, calm, confirm, say } from "./say.js";
import { chip, editor } from "./settle.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Adjudication} Adjudication */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Progress} Progress */
/** @typedef {import("./types.js").SettlingDraft} Draft */
/** @typedef {import("./types.js").Unit} Unit */

const id = transcriptId();
const query = new URLSearchParams(location.search);
const pair = () => new URLSearchParams([...query].filter(([name]) => name === "a" || name === "b")).toString();
/** What the server sent, and what each reply changed since. @type {Adjudication} */
let data;
/** @type {Model} */
let model;
const state = {
  show: "open",
  at: 0,
  /** The unit just settled, which stays shown: its index among all. */
  settled: -1,
  /** What is being written for each unit. @type {Map<string, Draft>} */
  drafts: new Map(),
  busy: false,
};

async function load() {
  const path = transcriptPath(id, "adjudication");
  const [me, codebook, sides] = await Promise.all([get("/api/me"), get("/api/codebook"), get(pair() ? `${path}?${pair()}` : path)]);
  model = new Model(codebook, me);
  data = sides;
  document.getElementById("waiting")?.remove();
  if (data.units.every(settled)) state.show = "differ";
  state.at = Math.max(0, units().findIndex((unit) => !settled(unit)));
  draw();
}

/** @param {Unit} unit */
const settled = (unit) => unit.agree || unit.consensus !== null;
/** @param {Unit} unit */
const keyOf = (unit) => `${unit.start}-${unit.end}`;

/** @param {string} a @param {string} b */
function choosePair(a, b) {
  location.search = new URLSearchParams({ a, b }).toString();
}

/** The units that are shown; one that was just settled stays until the next is chosen. */
function units() {
  const current = data.units[state.settled];
  return data.units.filter((unit) => state.show === "all" || (state.show === "differ" ? !unit.agree : !settled(unit)) || unit === current);
}

const unitAt = () => units()[state.at];

function draw() {
  const shown = units();
  state.at = Math.min(state.at, Math.max(0, shown.length - 1));
  drawFigures(data, model, element("figures"), {
    undo: () => void again("undo"), redo: () => void again("redo"), keys: () => void showKeys(table), pair: choosePair });
  render(
    html`
      <div class="bar">
        <label>Show <select id="show" @change=${onValue(show)}>
          ${[["open", "not settled"], ["differ", "all that differ"], ["all", "all units"]].map(
            ([value, name]) => html`<option value=${value} ?selected=${value === state.show}>${name}</option>`)}</select></label>
        <span class="counts">${shown.length} units</span>
      </div>
      ${shown.length ? nothing : html`<p class="done">Everything that differed is settled.</p>`}
      <ol class="units">${shown.map(unitView)}</ol>`,
    element("units"),
  );
}

/** @param {string} which units */
function show(which) {
  state.show = which;
  state.at = 0;
  state.settled = -1;
  draw();
}

/** @param {Unit} unit @param {number} index among those shown */
function unitView(unit, index) {
  const [a, b] = data.coders;
  const current = index === state.at;
  /** @param {string} name @param {Answer[]|null} codes @param {string} digit */
  const side = (name, codes, digit) => html`<div class="side" role="group" aria-label="Coder ${name}"><h3>${name}</h3>
    ${codes === null ? html`<p class="none">did not judge this</p>` : codes.length ? codes.map((one) => html`${chip(model, one)}${one.memo ? html`<p class="hint">${one.memo}</p>` : nothing}`) : html`<p class="none">no code</p>`}
    ${unit.agree || codes === null ? nothing : html`<button type="button" @click=${() => take(unit, index, codes)}>Take ${name}’s <kbd aria-hidden="true">${digit}</kbd></button>`}</div>`;
  return html`<li class="unit ${current ? "now" : ""} ${settled(unit) ? "settled" : "open"}" id="unit-${index}" tabindex=${current ? "0" : "-1"}
      aria-current=${current ? "true" : nothing} @focusin=${() => choose(index)}>
    <p class="context">${unit.speaker ? html`<b class="speaker">${unit.speaker}</b> ` : nothing}${unit.before ? html`<span class="before">… ${unit.before}</span> ` : nothing}<span class="words">${clip(unit.quote, 1200)}</span></p>
    <div class="sides">${side(a, unit.a, "1")} ${outcome(unit)} ${side(b, unit.b, "2")}</div>
    ${current && !unit.agree ? editor(model, unit, draftOf(unit), { save: () => void save(unit), pick: () => void add(unit), none: () => void take(unit, index, []), draw }) : nothing}
  </li>`;
}

/** @param {Unit} unit */
function outcome(unit) {
  if (unit.agree) return html`<div class="outcome"><h3>Consensus</h3><p class="hint">= both agree</p></div>`;
  const saved = unit.consensus;
  return html`<div class="outcome" role="group" aria-label="Consensus"><h3>Consensus</h3>
    ${saved === null ? html`<p class="hint">not settled</p>` : saved.length ? saved.map((one) => chip(model, one)) : html`<p class="none">no code</p>`}
    ${unit.why_not ? html`<p class="hint">Why not the other: ${unit.why_not}</p>` : nothing}
    ${unit.memo ? html`<p class="hint">${unit.memo}</p>` : nothing}</div>`;
}

/** What is being written for a unit, until it is saved. @param {Unit} unit @returns {Draft} */
function draftOf(unit) {
  const begun = state.drafts.get(keyOf(unit));
  if (begun) return begun;
  const draft = { codes: [...(unit.consensus ?? [])], memo: unit.memo, whyNot: unit.why_not, touched: false };
  state.drafts.set(keyOf(unit), draft);
  return draft;
}

/** @param {number} index */
function choose(index) {
  if (index === state.at) return;
  const unit = units()[index];
  state.settled = -1;
  state.at = Math.max(0, units().indexOf(unit));
  draw();
  document.getElementById(`unit-${state.at}`)?.focus({ preventScroll: true });
}

/** @param {number} index */
function go(index) {
  const shown = units();
  if (!shown.length) return;
  const unit = shown[Math.min(shown.length - 1, Math.max(0, index))];
  state.settled = -1;
  state.at = Math.max(0, units().indexOf(unit));
  draw();
  const shownAt = document.getElementById(`unit-${state.at}`);
  const calmly = matchMedia("(prefers-reduced-motion: reduce)").matches;
  shownAt?.focus({ preventScroll: true });
  shownAt?.scrollIntoView({ block: "center", behavior: calmly ? "instant" : "smooth" });
}

/** @param {"a"|"b"} side */
function takeSide(side) {
  const codes = unitAt()?.[side];
  if (codes) onDisputed((unit) => take(unit, state.at, codes));
}

/** Settle on one coder's codes: they go into the draft; saving takes them. @param {Unit} unit @param {number} index @param {Answer[]} codes */
async function take(unit, index, codes) {
  choose(index);
  const draft = draftOf(unit);
  draft.codes = codes.map(({ code, valence }) => ({ code, valence: valence ?? "" }));
  draft.touched = true;
  await save(unit);
}

/** @param {Unit} unit */
async function add(unit) {
  const draft = draftOf(unit);
  const used = draft.codes.map((one) => one.code);
  const put = (/** @type {Answer} */ choice) => {
    draft.codes = [...(model.codebook.exclusive ? [] : draft.codes.filter((one) => one.code !== choice.code)), choice];
    draft.touched = true;
    draw();
  };
  const choice = await pickCode(model, { title: "Consensus", quote: unit.quote, used, another: model.codebook.exclusive ? undefined : put });
  if (choice) put(choice);
}

/** The act is made when it is sent, so that a second try goes against what is there then. @param {Unit} unit */
async function save(unit) {
  const draft = draftOf(unit);
  if (state.busy || !draft.touched) return;
  state.busy = true;
  const [a, b] = data.coders;
  const codes = draft.codes.map(({ code, valence }) => ({ code, valence: valence ?? "" }));
  const body = { start: unit.start, end: unit.end, codes, memo: draft.memo, why_not: draft.whyNot, a, b };
  await send(() => post(transcriptPath(id, "adjudicate"), { ...body, base: data.version }), "Consensus saved.", unit);
  state.busy = false;
}

/** @param {"undo"|"redo"} which */
async function again(which) {
  const [a, b] = data.coders;
  await send(() => post(transcriptPath(id, which), { base: data.version, coder: "consensus", a, b }), which === "undo" ? "Undone." : "Done again.", null);
}

/** @param {() => Promise<Progress>} run @param {string} outcomeText @param {Unit|null} unit */
async function send(run, outcomeText, unit) {
  try {
    const reply = await run();
    calm();
    apply(reply, unit);
    say(`${outcomeText} ${data.agreement.settled} settled.`);
    if (reply.finished) say("Everything that differed is settled: the consensus is complete.");
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return conflict(error, unit);
    const [what, remedy] = whatWentWrong(error);
    alarm(error instanceof ApiError && error.status ? what : `Not saved: ${what}`, `${remedy} What you wrote is kept here.`, [
      { label: "Try again", run: () => void send(run, outcomeText, unit) },
      { label: "Close", run: calm },
    ]);
  }
}

/** @param {Progress} reply @param {Unit|null} unit the one that was saved */
function apply(reply, unit) {
  const changed = reply.units;
  for (const one of changed) {
    const index = data.units.findIndex((old) => keyOf(old) === keyOf(one));
    if (index >= 0) data.units[index] = one;
    state.drafts.delete(keyOf(one));
    state.settled = index;
  }
  const { agreement, version, finished, can_undo, can_redo } = reply;
  Object.assign(data, { agreement, version, finished, can_undo, can_redo });
  draw();
  if (!changed.length) return;
  const shown = units();
  const at = shown.findIndex((one) => keyOf(one) === keyOf(changed[0]));
  if (!unit) return go(at);
  const next = shown.findIndex((one, index) => index > at && !settled(one));
  go(next >= 0 ? next : at);
}

/** @param {ApiError} error @param {Unit|null} unit */
async function conflict(error, unit) {
  state.busy = false;
  const kept = new Map(state.drafts);
  await load();
  for (const [place, draft] of kept) if (draft.touched || draft.memo || draft.whyNot) state.drafts.set(place, draft);
  draw();
  const body = html`<p>${error.message} ${error.remedy}</p><p>What you wrote was <b>not</b> saved; it is kept in the form.</p>`;
  if ((await confirm("This was changed in another window", body, "Save mine all the same", "Leave it as it is now")) && unit) {
    await save(data.units.find((one) => keyOf(one) === keyOf(unit)) ?? unit);
  }
}

/** Run something on the current unit, where the coders differ on it. @param {(unit: Unit) => Promise<void>} run */
function onDisputed(run) {
  const unit = unitAt();
  if (unit && !unit.agree) void run(unit);
}

/** @type {import("./keys.js").Key[]} */
const table = [
  key("Move", "J", ["j"], "next unit", () => go(state.at + 1)),
  key("Move", "K", ["k"], "unit before", () => go(state.at - 1)),
  key("Settle", "1", ["1"], "take the first coder’s codes", () => takeSide("a")),
  key("Settle", "2", ["2"], "take the second coder’s codes", () => takeSide("b")),
  key("Settle", "0", ["0"], "no code", () => onDisputed((unit) => take(unit, state.at, []))),
  key("Settle", "C", ["c"], "choose codes", () => onDisputed(add)),
  key("Settle", "M", ["m"], "memo", () => document.getElementById("memo")?.focus()),
  key("Settle", "W", ["w"], "why not the other code", () => document.getElementById("why-not")?.focus()),
  key("Settle", "Enter", ["Enter"], "save the consensus", () => onDisputed(save)),
  key("Settle", "U", ["u", "Ctrl+z"], "undo", () => void again("undo")),
  key("Settle", "Shift U", ["U", "Ctrl+Shift+z", "Ctrl+y"], "redo", () => void again("redo")),
  key("Move", "?", ["?"], "all keys", () => void showKeys(table)),
];

listen(table);
load().catch((error) => alarm(...whatWentWrong(error, "Reload the page.")));
