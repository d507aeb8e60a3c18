/** Search in all transcripts: words, and coded passages. What is typed is sent in the body, never in an address. */

import { get, post } from "./api.js";
import { codeOptions, option, placed } from "./code_tree.js";
import { element, onValue } from "./dom.js";
import { save } from "./saving.js";
import { guarded, say } from "./say.js";
import { drawPlaces } from "./search_places.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./search_places.js").Place} Place */
/** @typedef {{words: string, transcripts: string[], code: string, coder: string, speaker: string, role: string, attribute: string, value: string,
 *   low: number|null, high: number|null, decision: string, valence: string, memo: string}} Asked */
/** @typedef {{coders: string[], speakers: string[], attributes: Record<string, string[]>, problem: string, transcripts: string[],
 *   last: Partial<Asked>|null}} Choices */
/** @typedef {{total: number, transcripts: number, places: Place[], more: boolean}} Answer */

/** @type {Asked} */
const NOTHING = {
  ...{ words: "", transcripts: [], code: "", coder: "", speaker: "", role: "", attribute: "", value: "" },
  ...{ low: null, high: null, decision: "", valence: "", memo: "" },
};
/** Filters that an address may hold: none of them is what somebody said. @type {("code"|"coder"|"attribute"|"value"|"valence"|"decision")[]} */
const IN_ADDRESS = ["code", "coder", "attribute", "value", "valence", "decision"];
const MORE = ["speaker", "role", "attribute", "valence", "decision", "low", "high", "memo"];
const box = element("search");
/** @type {{choices: Choices, codes: import("./types.js").PlacedCode[], me: string, asked: Asked, answer: Answer|null, open: boolean, turn: number}} */
const state = {
  choices: { coders: [], speakers: [], attributes: {}, problem: "", transcripts: [], last: null },
  ...{ codes: [], me: "", asked: { ...NOTHING }, answer: null, open: false, turn: 0 },
};

async function load() {
  const [me, codebook, choices] = await Promise.all([get("/api/me"), get("/api/codebook"), get("/api/search")]);
  Object.assign(state, { me: me.coder, codes: placed(codebook.codes), choices });
  const again = /** @type {PerformanceNavigationTiming|undefined} */ (performance.getEntriesByType("navigation")[0])?.type === "back_forward";
  state.asked = again && choices.last ? { ...NOTHING, ...choices.last } : fromAddress();
  state.open = MORE.some((name) => isSet(/** @type {keyof Asked} */ (name)));
  document.getElementById("waiting")?.remove();
  draw();
  if (Object.keys(NOTHING).some((name) => name !== "transcripts" && isSet(/** @type {keyof Asked} */ (name)))) await search();
  else element("words").focus();
}

/** @returns {Asked} */
function fromAddress() {
  const query = new URLSearchParams(location.search);
  const asked = { ...NOTHING };
  for (const name of IN_ADDRESS) asked[name] = query.get(name) ?? "";
  const inside = query.get("in");
  if (inside && state.choices.transcripts.includes(inside)) asked.transcripts = [inside];
  return asked;
}

function toAddress() {
  const query = new URLSearchParams();
  for (const name of IN_ADDRESS) if (state.asked[name]) query.set(name, state.asked[name]);
  if (state.asked.transcripts.length === 1) query.set("in", state.asked.transcripts[0] ?? "");
  history.replaceState(null, "", query.size ? `/search?${query}` : "/search");
}

/** @param {keyof Asked} name */
const isSet = (name) => state.asked[name] !== null && state.asked[name] !== "" && String(state.asked[name]) !== "";

function draw() {
  render(
    html`<form class="finder" role="search" @submit=${submitted}>
        <p class="row"><label class="away" for="words">Words</label>
          <input id="words" type="search" autocomplete="off" spellcheck="false" placeholder="Words in the transcripts" aria-describedby="how" .value=${state.asked.words}>
          <button type="submit" class="primary">Search</button></p>
        <p class="hint" id="how">All words must occur in the same turn. "In quotation marks": this exact phrase. <b>forg*</b>: words that begin with forg. OR: either word. NOT: without the word. Case and accents are ignored.</p>
        <div class="bar">${mainFilters()}</div>
        <details ?open=${state.open} @toggle=${(/** @type {Event} */ event) => (state.open = /** @type {HTMLDetailsElement} */ (event.target).open)}>
          <summary>More filters</summary><div class="bar">${moreFilters()}</div></details>
      </form>
      <section aria-labelledby="found" class="found">${state.answer ? results(state.answer) : nothing}</section>`,
    box,
  );
}

function mainFilters() {
  const { asked, choices, codes } = state;
  const inside = asked.transcripts[0] ?? "";
  return html`
    <label>Code <select id="code" @change=${chosen("code")}>${codeOptions(codes, asked.code, "any or none")}</select></label>
    <label>Coded by <select id="coder" @change=${chosen("coder")}>${option("", "anyone", asked.coder)}
      ${choices.coders.map((name) => option(name, name === state.me ? `${name} (you)` : name, asked.coder))}</select></label>
    <label>Transcript <select id="inside" @change=${onValue((value) => set({ transcripts: value ? [value] : [] }))}>${option("", "all", inside)}
      ${choices.transcripts.map((name) => option(name, name, inside))}</select></label>
    ${Object.keys(NOTHING).some((name) => isSet(/** @type {keyof Asked} */ (name))) ? html`<button type="button" @click=${clear}>Clear</button>` : nothing}`;
}

function moreFilters() {
  const { asked, choices } = state;
  const values = choices.attributes[asked.attribute] ?? [];
  return html`
    <label>Speaker <select id="speaker" @change=${chosen("speaker")}>${option("", "anyone", asked.speaker)} ${choices.speakers.map((name) => option(name, name, asked.speaker))}</select></label>
    <label>Role <select id="role" @change=${chosen("role")}>
      ${[["", "any"], ["participant", "participants"], ["interviewer", "interviewers"], ["other", "others"]].map(([value = "", name = ""]) => option(value, name, asked.role))}</select></label>
    ${Object.keys(choices.attributes).length ? html`<label>Participants’ attribute <select id="attribute" @change=${onValue((value) => set({ attribute: value, value: choices.attributes[value]?.[0] ?? "" }))}>
        ${option("", "any", asked.attribute)} ${Object.keys(choices.attributes).map((name) => option(name, name, asked.attribute))}</select></label>` : nothing}
    ${asked.attribute ? html`<label>Value <select id="value" @change=${chosen("value")}>${values.map((value) => option(value, value, asked.value))}</select></label>` : nothing}
    <label>Valence <select id="valence" @change=${chosen("valence")}>
      ${[["", "any"], ["barrier", "barrier"], ["facilitator", "facilitator"], ["both", "both"], ["none", "none"]].map(([value = "", name = ""]) => option(value, name, asked.valence))}</select></label>
    <label>Decision on a suggestion <select id="decision" @change=${chosen("decision")}>
      ${[["", "any or none"], ["accepted", "accepted"], ["recoded", "accepted with another code"], ["rejected", "rejected"], ["open", "undecided"]].map(([value = "", name = ""]) => option(value, name, asked.decision))}</select></label>
    <label>Score from ${score("low")}</label> <label>to ${score("high")}</label>
    <label>Memo contains <input id="memo" type="search" autocomplete="off" .value=${asked.memo} @change=${chosen("memo")}></label>
    ${choices.problem ? html`<p class="hint">Participants’ attributes cannot be used: ${choices.problem}</p>` : nothing}`;
}

/** @param {"low"|"high"} name */
function score(name) {
  const change = onValue((value) => set({ [name]: value === "" ? null : Math.min(1, Math.max(0, Number(value) || 0)) }));
  return html`<input id=${name} type="number" min="0" max="1" step="0.05" .value=${state.asked[name] === null ? "" : String(state.asked[name])} @change=${change}>`;
}

/** @param {"code"|"coder"|"speaker"|"role"|"value"|"valence"|"decision"|"memo"} name */
const chosen = (name) => onValue((value) => set({ [name]: value }));

/** @param {Partial<Asked>} change */
function set(change) {
  state.asked = { ...state.asked, words: typed(), ...change };
  void guarded(search);
}

const typed = () => /** @type {HTMLInputElement} */ (element("words")).value;

/** @param {Event} event */
function submitted(event) {
  event.preventDefault();
  set({});
}

function clear() {
  Object.assign(state, { asked: { ...NOTHING }, answer: null });
  toAddress();
  draw();
  element("words").focus();
}

async function search() {
  toAddress();
  const asksNothing = Object.keys(NOTHING).every((name) => name === "transcripts" || !isSet(/** @type {keyof Asked} */ (name)));
  const turn = (state.turn += 1);
  const answer = asksNothing ? null : /** @type {Answer} */ (await post("/api/search", state.asked));
  if (turn !== state.turn) return;
  state.answer = answer;
  draw();
  if (answer) say(told(answer));
}

async function more() {
  const { answer, turn } = state;
  if (!answer) return;
  /** @type {Answer} */
  const next = await post("/api/search", { ...state.asked, skip: answer.places.length, most: 200 });
  if (turn !== state.turn) return;
  state.answer = { ...next, places: [...answer.places, ...next.places] };
  draw();
  say(`${state.answer.places.length} of ${next.total} are shown.`);
}

const ofCodings = () => ["code", "coder", "decision", "valence", "memo", "low", "high"].some((name) => isSet(/** @type {keyof Asked} */ (name)));

/** @param {Answer} answer */
function told({ total, transcripts }) {
  const what = ofCodings() ? ["coded passage", "coded passages"] : ["turn", "turns"];
  if (!total) return "No results.";
  return `${total} ${what[total === 1 ? 0 : 1]} in ${transcripts} ${transcripts === 1 ? "transcript" : "transcripts"}`;
}

/** @param {Answer} answer */
function results(answer) {
  const left = answer.total - answer.places.length;
  return html`<div class="bar"><h2 id="found">${told(answer)}</h2>
      ${answer.total ? html`<span class="commands">Save as ${[["csv", "CSV"], ["xlsx", "Excel"], ["docx", "Word"]].map(([kind, name]) => html`<button type="button" @click=${() => void guarded(() => saved(kind ?? ""))}>${name}</button>`)}</span>` : nothing}</div>
    ${answer.total || !state.asked.words ? nothing : html`<p class="hint">Try the beginning of a word with a star (forg*), fewer words, or OR between them.</p>`}
    ${drawPlaces(answer.places, state.codes)}
    ${left > 0 ? html`<p><button type="button" @click=${() => void guarded(more)}>Show ${Math.min(left, 200)} more</button></p>` : nothing}`;
}

/** @param {string} format */
async function saved(format) {
  save(await post("/api/search/file", { ...state.asked, format }));
  say("Saved to your browser’s downloads.");
}

void guarded(load);
