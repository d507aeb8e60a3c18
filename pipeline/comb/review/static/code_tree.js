/** The codes of a codebook in the order of the tree, for lists to choose from. */

import { html } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Code} Code */
/** @typedef {import("./types.js").PlacedCode} PlacedCode */

/** @param {Code[]} codes  parents first @returns {PlacedCode[]} each with how deep it lies */
export function placed(codes) {
  const depths = new Map();
  return codes.map((code) => {
    const depth = code.parent === null ? 0 : (depths.get(code.parent) ?? 0) + 1;
    depths.set(code.id, depth);
    return { ...code, depth };
  });
}

/** @param {PlacedCode[]} codes @param {string} chosen @param {string} every  what the first line says */
export function codeOptions(codes, chosen, every) {
  return html`${option("", every, chosen)} ${codes.map((code) => option(code.id, "\u2003".repeat(code.depth) + code.name, chosen))}`;
}

/** @param {string} value @param {string} name @param {string} chosen */
export const option = (value, name, chosen) => html`<option value=${value} ?selected=${value === chosen}>${name}</option>`;
