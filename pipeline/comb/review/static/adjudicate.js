/** Two coders side by side: where they differ, what holds, and why not the other code. Figures follow each decision. */

import { get, transcriptPath, whatWentWrong } from "./api.js";
import { WORDS } from "./conflict.js";
import { Connection } from "./connection.js";
import { element, onDetail, onValue, owner, transcriptId } from "./dom.js";
import { drawFigures } from "./figures.js";
import { standing } from "./foresee.js";
import { key, listen, showKeys } from "./keys.js";
import { Model } from "./model.js";
import { Outbox } from "./outbox.js";
import { clip, pickCode } from "./picker.js";
import { alarm, confirm, say } from "./say.js";
import { chip, editor } from "./settle.js";
import { CONSENSUS, openDrawer } from "./unsent.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Act} Act */
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
/** Acts on their way to the server. @type {Outbox} */
let outbox;
const state = {
  show: "open",
  at: 0,
  /** The unit just settled, which stays shown: its index among all. */
  settled: -1,
  /** What is being written for each unit. @type {Map<string, Draft>} */
  drafts: new Map(),
};

async function begin() {
  const [me, codebook, sides, drawer] = await Promise.all([get("/api/me"), get("/api/codebook"), getSides(), openDrawer(owner(), id, CONSENSUS)]);
  model = new Model(codebook, me);
  data = sides;
  outbox = new Outbox(drawer, () => data.version);
  outbox.addEventListener("reply", onDetail((/** @type {{act: Act, reply: unknown}} */ { act, reply }) => apply(act, /** @type {Progress} */ (reply))));
  outbox.addEventListener("change", draw);
  outbox.addEventListener("refused", onDetail((/** @type {{act: Act}} */ { act }) => giveBack(act)));
  outbox.addEventListener("conflict", onDetail((/** @type {{act: Act, body: {error: string, remedy: string}}} */ { act, body }) => void conflict(act, body)));
  new Connection([outbox]);
  addEventListener("beforeunload", (event) => {
    if (outbox.size) event.preventDefault();
  });
  document.getElementById("waiting")?.remove();
  if (foreseen().every(settled)) state.show = "differ";
  state.at = Math.max(0, units().findIndex((unit) => !settled(unit)));
  draw();
  if (outbox.size) void outbox.flush();
}

/** @returns {Promise<Adjudication>} */
const getSides = () => get(pair() ? `${transcriptPath(id, "adjudication")}?${pair()}` : transcriptPath(id, "adjudication"));

/** All units as they will be once the server has done what is on its way. */
function foreseen() {
  const acts = new Map(standing(outbox.waiting).done.map(({ act }) => [keyOf(act), act]));
  return data.units.map((unit) => {
    const act = acts.get(keyOf(unit));
    return act ? { ...unit, consensus: act.codes ?? [], memo: act.memo ?? "", why_not: act.why_not ?? "" } : unit;
  });
}

/** @param {Unit} unit */
const settled = (unit) => unit.agree || unit.consensus !== null;
/** @param {{start?: number, end?: number}} place */
const keyOf = ({ start, end }) => `${start}-${end}`;

/** @param {string} a @param {string} b */
function choosePair(a, b) {
  location.search = new URLSearchParams({ a, b }).toString();
}

/** The units that are shown; one that was just settled stays until the next is chosen. */
function units() {
  const all = foreseen();
  const current = all[state.settled];
  return all.filter((unit) => state.show === "all" || (state.show === "differ" ? !unit.agree : !settled(unit)) || unit === current);
}

const unitAt = () => units()[state.at];

function draw() {
  const shown = units();
  state.at = Math.min(state.at, Math.max(0, shown.length - 1));
  drawFigures(expected(), model, element("figures"), {
    undo: () => again("undo"), redo: () => again("redo"), keys: () => void showKeys(table), pair: choosePair });
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

/** What the server has said, with what is on its way; agreement between the two coders does not change by it. @returns {Adjudication} */
function expected() {
  const { done, undone } = standing(outbox.waiting);
  const count = foreseen().filter((unit) => !unit.agree && unit.consensus !== null).length;
  const redo = undone.length > 0 || (data.can_redo && !outbox.size);
  return { ...data, agreement: { ...data.agreement, settled: count }, can_undo: data.can_undo || done.length > 0, can_redo: redo };
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
    ${current && !unit.agree ? editor(model, unit, draftOf(unit), { save: () => save(unit), pick: () => void add(unit), none: () => take(unit, index, []), draw }) : nothing}
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
function take(unit, index, codes) {
  choose(index);
  const draft = draftOf(unit);
  draft.codes = codes.map(({ code, valence }) => ({ code, valence: valence ?? "" }));
  draft.touched = true;
  save(unit);
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

/** The page goes on to the next unit at once; what is saved waits for its turn. @param {Unit} unit */
function save(unit) {
  const draft = draftOf(unit);
  if (!draft.touched) return;
  const codes = draft.codes.map(({ code, valence }) => ({ code, valence: valence ?? "" }));
  const { start, end } = unit;
  state.drafts.delete(keyOf(unit));
  state.settled = data.units.findIndex((one) => keyOf(one) === keyOf(unit));
  void push({ act: "adjudicate", start, end, codes, memo: draft.memo, why_not: draft.whyNot }, "Consensus saved.");
  goOn(unit);
}

/** Go to the next unit that is not settled. @param {Unit} unit the one that was settled */
function goOn(unit) {
  const shown = units();
  const at = shown.findIndex((one) => keyOf(one) === keyOf(unit));
  const next = shown.findIndex((one, index) => index > at && !settled(one));
  go(next >= 0 ? next : at);
}

/** @param {"undo"|"redo"} which */
function again(which) {
  const { can_undo, can_redo } = expected();
  if (!(which === "undo" ? can_undo : can_redo)) return say(`There is nothing to ${which}.`);
  void push({ act: which, coder: CONSENSUS }, which === "undo" ? "Undone." : "Done again.");
}

/** @param {Act} act @param {string} outcomeText */
async function push(act, outcomeText) {
  const [a, b] = data.coders;
  const reply = await outbox.push({ ...act, a, b, text: data.text_digest });
  if (!reply) return;
  say(`${outcomeText} ${expected().agreement.settled} settled.`);
  if (reply.finished) say("Everything that differed is settled: the consensus is complete.");
}

/** @param {Act} act @param {Progress} reply */
function apply(act, reply) {
  for (const one of reply.units) {
    const index = data.units.findIndex((old) => keyOf(old) === keyOf(one));
    if (index >= 0) data.units[index] = one;
    // What is being written there now stays.
    if (!state.drafts.get(keyOf(one))?.touched) state.drafts.delete(keyOf(one));
  }
  const { agreement, version, finished, can_undo, can_redo } = reply;
  Object.assign(data, { agreement, version, finished, can_undo, can_redo });
  if (act.act === "adjudicate" || !reply.units.length) return draw();
  const [first] = reply.units;
  state.settled = data.units.findIndex((one) => keyOf(one) === keyOf(first));
  go(units().findIndex((one) => keyOf(one) === keyOf(first)));
}

/** What was written and not saved goes back into the form, unless something else is written there. @param {Act} act */
function giveBack(act) {
  if (act.act !== "adjudicate" || state.drafts.get(keyOf(act))?.touched) return;
  state.drafts.set(keyOf(act), { codes: [...(act.codes ?? [])], memo: act.memo ?? "", whyNot: act.why_not ?? "", touched: true });
  draw();
}

/** @param {Act} act @param {{error: string, remedy: string}} body */
async function conflict(act, body) {
  const sides = await getSides();
  if (sides.text_digest !== data.text_digest) {
    // The file was changed: what was settled is of another text.
    await outbox.drop();
    location.reload();
    return;
  }
  data = sides;
  draw();
  const content = html`<p>${body.error} ${body.remedy}</p>
    <p>You wanted to <b>${WORDS[act.act]}</b>. This was <b>not</b> saved${act.act === "adjudicate" ? "; what you wrote is kept" : ""}.</p>`;
  if (await confirm("This was changed in another window", content, "Save mine all the same", "Leave it as it is now")) return outbox.resume();
  giveBack(act);
  await outbox.drop();
}

/** Run something on the current unit, where the coders differ on it. @param {(unit: Unit) => void} run */
function onDisputed(run) {
  const unit = unitAt();
  if (unit && !unit.agree) run(unit);
}

/** @type {import("./keys.js").Key[]} */
const table = [
  key("Move", "J", ["j"], "next unit", () => go(state.at + 1)),
  key("Move", "K", ["k"], "unit before", () => go(state.at - 1)),
  key("Settle", "1", ["1"], "take the first coder’s codes", () => takeSide("a")),
  key("Settle", "2", ["2"], "take the second coder’s codes", () => takeSide("b")),
  key("Settle", "0", ["0"], "no code", () => onDisputed((unit) => take(unit, state.at, []))),
  key("Settle", "C", ["c"], "choose codes", () => onDisputed((unit) => void add(unit))),
  key("Settle", "M", ["m"], "memo", () => document.getElementById("memo")?.focus()),
  key("Settle", "W", ["w"], "why not the other code", () => document.getElementById("why-not")?.focus()),
  key("Settle", "Enter", ["Enter"], "save the consensus", () => onDisputed(save)),
  key("Settle", "U", ["u", "Ctrl+z"], "undo", () => again("undo")),
  key("Settle", "Shift U", ["U", "Ctrl+Shift+z", "Ctrl+y"], "redo", () => again("redo")),
  key("Move", "?", ["?"], "all keys", () => void showKeys(table)),
];

listen(table);
begin().catch((error) => alarm(...whatWentWrong(error, "Reload the page.")));
