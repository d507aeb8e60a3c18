/** Two coders side by side: where they differ, what holds, and why not the other code. Figures follow each decision. */

import { get, transcriptPath, whatWentWrong } from "./api.js";
import { WORDS } from "./conflict.js";
import { Connection } from "./connection.js";
import { element, onDetail, onValue, owner, transcriptId } from "./dom.js";
import { drawFigures } from "./figures.js";
import { standing } from "./foresee.js";
import { showKeys } from "./key_dialog.js";
import { key, listen } from "./keys.js";
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
  /** The current unit, by its key: others may come and go before it. */
  now: "",
  /** Raised by each move, so that a late answer does not move the coder elsewhere. */
  steps: 0,
  /** What is being written for each unit. @type {Map<string, Draft>} */
  drafts: new Map(),
};

async function begin() {
  const [me, codebook, sides, drawer] = await Promise.all([get("/api/me"), get("/api/codebook"), getSides(), openDrawer(owner(), id, CONSENSUS)]);
  model = new Model(codebook, me);
  data = sides;
  outbox = new Outbox(drawer, () => data.version);
  outbox.addEventListener("reply", onDetail((/** @type {{reply: Progress}} */ { reply }) => apply(reply)));
  outbox.addEventListener("change", draw);
  outbox.addEventListener("refused", onDetail((/** @type {{act: Act}} */ { act }) => giveBack(act)));
  outbox.addEventListener("conflict", onDetail((/** @type {{act: Act, body: {error: string, remedy: string}}} */ { act, body }) => void conflict(act, body)));
  new Connection([outbox]);
  addEventListener("beforeunload", (event) => {
    if (outbox.size) event.preventDefault();
  });
  document.getElementById("waiting")?.remove();
  if (settledAll()) state.show = "differ";
  state.now = keyOf(units().find((unit) => !settled(unit)) ?? {});
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

/** The units that are shown. */
const units = () => foreseen().filter((unit) => state.show === "all" || (state.show === "differ" ? !unit.agree : !settled(unit)));
/** Where the current unit is among those that are shown; the first where it is shown no more. @param {Unit[]} shown */
const at = (shown) => Math.max(0, shown.findIndex((unit) => keyOf(unit) === state.now));
/** @returns {Unit|undefined} the current unit */
const unitAt = () => units()[at(units())];

function draw() {
  const shown = units();
  state.now = keyOf(shown[at(shown)] ?? {});
  drawFigures(expected(), model, element("figures"), outbox.size, {
    undo: () => again("undo"), redo: () => again("redo"), keys: () => void showKeys(table, "settling"), pair: choosePair });
  render(
    html`
      <div class="bar">
        <label>Show <select id="show" @change=${onValue(show)}>
          ${[["open", "unresolved disagreements"], ["differ", "all disagreements"], ["all", "all units"]].map(
            ([value, name]) => html`<option value=${value} ?selected=${value === state.show}>${name}</option>`)}</select></label>
        <span class="counts">${shown.length} ${shown.length === 1 ? "unit" : "units"}</span>
      </div>
      ${shown.length ? nothing : html`<p class="done">${data.agreement.disputed ? "All disagreements are resolved." : "Both coders coded every unit in the same way: there is nothing to resolve."}</p>`}
      ${settledAll() ? html`<p class="row"><a class="button" href="/">Transcripts</a> <a class="button" href="/report">Report</a></p>` : nothing}
      <ol class="units">${shown.map(unitView)}</ol>`,
    element("units"),
  );
}

/** Whether nothing is left to settle here. */
const settledAll = () => foreseen().every(settled);

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
  state.now = "";
  draw();
}

/** @param {Unit} unit @param {number} index among those shown */
function unitView(unit, index) {
  const [a, b] = data.coders;
  const current = keyOf(unit) === state.now;
  /** @param {string} name @param {Answer[]|null} codes @param {string} digit */
  const side = (name, codes, digit) => html`<div class="side" role="group" aria-label="Coder ${name}"><h3>${name}</h3>
    ${codes === null ? html`<p class="none">did not code this</p>` : codes.length ? codes.map((one) => html`${chip(model, one)}${one.memo ? html`<p class="hint">${one.memo}</p>` : nothing}`) : html`<p class="none">no code</p>`}
    ${unit.agree || codes === null ? nothing : html`<button type="button" @click=${() => take(unit, codes)}>Use ${name}’s codes <kbd aria-hidden="true">${digit}</kbd></button>`}</div>`;
  return html`<li class="unit ${current ? "now" : ""} ${settled(unit) ? "settled" : "open"}" id="unit-${index}" tabindex=${current ? "0" : "-1"}
      aria-current=${current ? "true" : nothing} @focusin=${() => choose(unit)}>
    <p class="context">${unit.speaker ? html`<b class="speaker">${unit.speaker}</b> ` : nothing}${unit.before ? html`<span class="before" dir="auto">… ${unit.before}</span> ` : nothing}<span class="words" dir="auto">${clip(unit.quote, 1200)}</span></p>
    <div class="sides">${side(a, unit.a, "1")} ${outcome(unit)} ${side(b, unit.b, "2")}</div>
    ${current && !unit.agree ? editor(model, unit, draftOf(unit), { save: () => save(unit), pick: () => void add(unit), none: () => take(unit, []), draw }) : nothing}
  </li>`;
}

/** @param {Unit} unit */
function outcome(unit) {
  if (unit.agree) return html`<div class="outcome"><h3>Consensus</h3><p class="hint">both agree</p></div>`;
  const saved = unit.consensus;
  return html`<div class="outcome" role="group" aria-label="Consensus"><h3>Consensus</h3>
    ${saved === null ? html`<p class="hint">not resolved</p>` : saved.length ? saved.map((one) => chip(model, one)) : html`<p class="none">no code</p>`}
    ${unit.why_not ? html`<p class="hint">Why not the other code: ${unit.why_not}</p>` : nothing}
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

/** @param {Unit} unit */
function choose(unit) {
  if (keyOf(unit) === state.now) return;
  state.steps += 1;
  state.now = keyOf(unit);
  draw();
  shownAt()?.focus({ preventScroll: true });
}

const shownAt = () => document.getElementById(`unit-${at(units())}`);

/** @param {string} place key of the unit to go to */
function go(place) {
  state.steps += 1;
  state.now = place;
  draw();
  const calmly = matchMedia("(prefers-reduced-motion: reduce)").matches;
  shownAt()?.focus({ preventScroll: true });
  shownAt()?.scrollIntoView({ block: "center", behavior: calmly ? "instant" : "smooth" });
}

/** @param {1|-1} step */
function move(step) {
  const shown = units();
  const unit = shown[Math.min(shown.length - 1, Math.max(0, at(shown) + step))];
  if (unit) go(keyOf(unit));
}

/** @param {"a"|"b"} side */
function takeSide(side) {
  const codes = unitAt()?.[side];
  if (codes) onDisputed((unit) => take(unit, codes));
}

/** Settle on one coder's codes: they go into the draft; saving takes them. @param {Unit} unit @param {Answer[]} codes */
function take(unit, codes) {
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
  const shown = units();
  const here = shown.findIndex((one) => keyOf(one) === keyOf(unit));
  const next = shown.find((one, index) => index > here && !settled(one)) ?? unit;
  state.drafts.delete(keyOf(unit));
  void push({ act: "adjudicate", start, end, codes, memo: draft.memo, why_not: draft.whyNot }, "Consensus saved.");
  go(keyOf(next));
}

/** @param {"undo"|"redo"} which */
function again(which) {
  const { can_undo, can_redo } = expected();
  if (!(which === "undo" ? can_undo : can_redo)) return say(`There is nothing to ${which}.`);
  const { done, undone } = standing(outbox.waiting);
  const waits = (which === "undo" ? done : undone).at(-1);
  void push({ act: which, coder: CONSENSUS }, which === "undo" ? "Undone." : "Redone.");
  if (waits) go(keyOf(waits.act));
}

/** @param {Act} act @param {string} outcomeText */
async function push(act, outcomeText) {
  const [a, b] = data.coders;
  const { steps } = state;
  const reply = await outbox.push({ ...act, a, b, text: data.text_digest });
  if (!reply) return;
  const [first] = /** @type {Progress} */ (/** @type {unknown} */ (reply)).units;
  if (first && act.act !== "adjudicate" && steps === state.steps) go(keyOf(first));
  say(`${outcomeText} ${expected().agreement.settled} resolved.`);
  if (reply.finished) say("All disagreements are resolved: the consensus is complete.");
}

/** @param {Progress} reply */
function apply(reply) {
  for (const one of reply.units) {
    const index = data.units.findIndex((old) => keyOf(old) === keyOf(one));
    if (index >= 0) data.units[index] = one;
    // What is being written there now stays.
    if (!state.drafts.get(keyOf(one))?.touched) state.drafts.delete(keyOf(one));
  }
  const { agreement, version, finished, can_undo, can_redo } = reply;
  Object.assign(data, { agreement, version, finished, can_undo, can_redo });
  draw();
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
  if (await confirm("This was changed in another window", content, "Save mine anyway", "Keep it as it is now")) return outbox.resume();
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
  key("Move", "J", ["j"], "next unit", () => move(1)),
  key("Move", "K", ["k"], "previous unit", () => move(-1)),
  key("Resolve", "1", ["1"], "use the first coder’s codes", () => takeSide("a")),
  key("Resolve", "2", ["2"], "use the second coder’s codes", () => takeSide("b")),
  key("Resolve", "0", ["0"], "no code", () => onDisputed((unit) => take(unit, []))),
  key("Resolve", "C", ["c"], "choose codes", () => onDisputed((unit) => void add(unit))),
  key("Resolve", "M", ["m"], "memo", () => document.getElementById("memo")?.focus()),
  key("Resolve", "W", ["w"], "why not the other code", () => document.getElementById("why-not")?.focus()),
  key("Resolve", "Enter", ["Enter"], "save the consensus", () => onDisputed(save), true),
  key("Resolve", "U", ["u", "Ctrl+z"], "undo", () => again("undo")),
  key("Resolve", "Shift U", ["U", "Ctrl+Shift+z", "Ctrl+y"], "redo", () => again("redo")),
  key("Move", "?", ["?"], "show all keys", () => void showKeys(table, "settling"), true),
];

listen(table, "settling");
begin().catch((error) => alarm(...whatWentWrong(error, "Reload the page.")));
