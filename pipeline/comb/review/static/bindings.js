/** Which key does what: as comb sets it, and as a person has changed it in this browser. */

/** @typedef {import("./keys.js").Key} Key */

/** Where a person's own keys for the reading page are kept. */
export const SCOPE = "reading";

/** Keys of the valences, as comb sets them. @type {[import("./types.js").Valence, string, string[]][]} */
export const VALENCE_KEYS = [
  ["barrier", "-", ["-", "−"]],
  ["facilitator", "+", ["+", "="]],
  ["both", "*", ["*", "±"]],
  ["", "0", ["0"]],
];

const PLACE = "comb:keys:";
/** Keys that the browser, the page or a screen reader needs. */
const KEPT = ["Tab", "Enter", "Escape", " ", "?", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"];
const MODIFIERS = ["Shift", "Control", "Alt", "Meta", "CapsLock", "AltGraph", "Dead", "Process", "Unidentified"];

/** @param {string} scope  the page @returns {Record<string, string>} keys of this person, by what comb calls the key */
function own(scope) {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE + scope) ?? "{}");
    return Object.fromEntries(Object.entries(kept).filter(([, name]) => typeof name === "string" && name));
  } catch {
    return {};
  }
}

/**
 * @param {string} scope
 * @param {Key[]} table  as comb sets it
 * @returns {Key[]} the same with the keys of this person
 */
export function bound(scope, table) {
  const mine = own(scope);
  return table.map((entry) => {
    const name = mine[entry.id];
    return name && !entry.fixed ? { ...entry, keys: [name, ...entry.keys.slice(1)], shown: shownName(name) } : entry;
  });
}

/** @param {string} scope @param {string} id  as comb calls the key @returns {string} the key that does it now, as people read it */
export const shownKey = (scope, id) => {
  const name = own(scope)[id];
  return name ? shownName(name) : id;
};

/**
 * Set a key.
 * @param {string} scope
 * @param {Key[]} table
 * @param {Key} entry
 * @param {string} name  the new key
 * @returns {string} why it cannot be; empty where it is set
 */
export function bind(scope, table, entry, name) {
  if (KEPT.includes(name.replace(/^(Ctrl\+)?(Shift\+)?/, "")) || name.startsWith("Ctrl+")) return `${shownName(name)} cannot be used: the browser or this page needs it.`;
  const other = bound(scope, table).find((one) => one.id !== entry.id && one.keys.includes(name));
  if (other) return `${shownName(name)} is already used for “${other.name}”. Choose another key, or change that one first.`;
  keep(scope, { ...own(scope), [entry.id]: name });
  return "";
}

/** All keys as comb sets them. @param {string} scope */
export const reset = (scope) => keep(scope, {});

/** @param {string} scope */
export const changed = (scope) => Object.keys(own(scope)).length > 0;

/** @param {string} scope @param {Record<string, string>} keys */
function keep(scope, keys) {
  if (Object.keys(keys).length) localStorage.setItem(PLACE + scope, JSON.stringify(keys));
  else localStorage.removeItem(PLACE + scope);
}

/** @param {KeyboardEvent} event @returns {boolean} whether it is only held for another key */
export const isModifier = (event) => MODIFIERS.includes(event.key);

/** @param {KeyboardEvent} event @returns {string} what the table calls the key; empty for one with Alt, which types letters of some languages */
export function nameOf(event) {
  const command = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  if (event.altKey) return "";
  if (event.key.length > 1) return command + (event.shiftKey ? "Shift+" : "") + event.key;
  if (command) return command + (event.shiftKey ? "Shift+" : "") + event.key.toLowerCase();
  // Caps Lock must not turn j into J: what counts is whether Shift is held.
  const lower = event.key.toLowerCase();
  return lower === event.key.toUpperCase() ? event.key : event.shiftKey ? event.key.toUpperCase() : lower;
}

/** @param {string} name @returns {string} as people read it */
export function shownName(name) {
  if (name.length > 1) return name.replaceAll("+", " ");
  return name.toLowerCase() === name.toUpperCase() ? name : name === name.toUpperCase() ? `Shift ${name}` : name.toUpperCase();
}
