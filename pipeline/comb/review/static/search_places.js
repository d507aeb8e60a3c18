/** The places that were found, with the words around them, those of a transcript together. */

import { legible } from "./colours.js";
import { html, nothing } from "./vendor/lit-html.js";

/**
 * @typedef {object} Place
 * @property {string} transcript
 * @property {string} speaker
 * @property {string} role
 * @property {number} at  where the reading page opens, in code points
 * @property {[string, "context"|"hit"|"mark"|"gap"][]} pieces
 * @property {string} [code]
 * @property {import("./types.js").Valence} [valence]
 * @property {string} [coder]
 * @property {string} [memo]
 * @property {number|null} [score]
 * @property {string} [decision]
 */

/** @type {Record<string, string>} */
const DECISIONS = { accepted: "accepted suggestion", recoded: "suggestion with another code", rejected: "rejected suggestion", open: "undecided suggestion" };

/** @param {Place[]} places @param {import("./types.js").PlacedCode[]} codes */
export function drawPlaces(places, codes) {
  const names = new Map(codes.map((code) => [code.id, code]));
  /** @type {Map<string, Place[]>} */
  const groups = new Map();
  for (const place of places) groups.set(place.transcript, [...(groups.get(place.transcript) ?? []), place]);
  return [...groups].map(
    ([name, own]) => html`<section class="of-transcript"><h3><a href=${address(name)}>${name}</a></h3>
      <ol class="places">${own.map((place) => html`<li>${one(place, names)}</li>`)}</ol></section>`,
  );
}

/** @param {string} name @param {number} [at] */
const address = (name, at) => `/t/${encodeURIComponent(name)}${at === undefined ? "" : `#at=${at}`}`;

/** @param {Place} place @param {Map<string, import("./types.js").Code>} names */
function one(place, names) {
  return html`<p class="place ${place.role}">${place.speaker ? html`<b class="said-by">${place.speaker}</b> ` : nothing}<a class="said" dir="auto" href=${address(place.transcript, place.at)}>${place.pieces.map(piece)}</a></p>
    ${place.code === undefined ? nothing : html`<p class="of-code">${coded(place, names.get(place.code))}</p>`}`;
}

/** @param {[string, string]} piece */
function piece([text, kind]) {
  if (kind === "mark") return html`<mark>${text}</mark>`;
  return html`<span class=${kind}>${text}</span>`;
}

/** @param {Place} place @param {import("./types.js").Code|undefined} code */
function coded(place, code) {
  const by = place.decision === "open" ? "" : place.coder;
  const told = [place.valence, by, DECISIONS[place.decision ?? ""], place.score === null || place.score === undefined ? "" : `score ${place.score.toFixed(2)}`];
  const colour = `--code: ${legible(code?.color)}`;
  return html`<span class="swatch" .style=${colour} aria-hidden="true"></span> <b>${code?.name ?? place.code}</b> <span class="hint">${told.filter(Boolean).join(" · ")}</span>
    ${place.memo ? html`<span class="memo">${place.memo}</span>` : nothing}`;
}
