/**
 * Acts that the server does not have yet, kept in the browser under the study's id: they outlive a reload, a closed
 * tab and a restart of the browser. Each window keeps its own; what a closed window left is taken over by the next.
 */

/** @typedef {import("./outbox.js").Entry} Entry */
/** @typedef {{study: string, coder: string}} Owner */

const PREFIX = "comb:unsent:";
const PATIENCE = 5;

/** @returns {string} an id that nothing else has */
export const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** What one window keeps of one transcript. */
export class Drawer {
  /** @param {Owner} owner @param {string} transcript @param {string} [name]  the window's id */
  constructor({ study, coder }, transcript, name = newId()) {
    this.window = name;
    this.transcript = transcript;
    this.key = PREFIX + [study, coder, transcript, name].map(encodeURIComponent).join(":");
    void alive(name);
  }

  /** @returns {Entry[]} */
  read() {
    return entriesOf(this.key);
  }

  /** @param {Entry[]} waiting @returns {boolean} whether the browser keeps them */
  write(waiting) {
    try {
      if (waiting.length) localStorage.setItem(this.key, JSON.stringify(waiting.map(plain)));
      else localStorage.removeItem(this.key);
      return true;
    } catch {
      return false; // full, or switched off: they wait in memory only
    }
  }
}

/**
 * Take over what closed windows have left of a transcript.
 * @param {Owner} owner
 * @param {string} transcript
 * @returns {Promise<Drawer>}
 */
export async function openDrawer(owner, transcript) {
  const left = [];
  for (const found of keptBy(owner)) {
    if (found.transcript === transcript && (await isGone(found.window))) left.push(found);
  }
  // The window goes on under the id of one that is gone: what that one sent does not conflict with what comes next.
  const drawer = new Drawer(owner, transcript, left.at(-1)?.window);
  const entries = left.flatMap(({ key }) => entriesOf(key)).sort((a, b) => a.at - b.at);
  if (entries.length && drawer.write(entries)) {
    for (const { key } of left) if (key !== drawer.key) localStorage.removeItem(key);
  }
  return drawer;
}

/** @param {Owner} owner @returns {string[]} the transcripts of which something is kept */
export const unsentTranscripts = (owner) => [...new Set(keptBy(owner).map(({ transcript }) => transcript))];

/** @param {Owner} owner @returns {{key: string, transcript: string, window: string}[]} */
function keptBy({ study, coder }) {
  const found = [];
  for (const key of keys()) {
    const [study_, coder_, transcript, window] = key.slice(PREFIX.length).split(":").map(decodeURIComponent);
    if (study_ === study && coder_ === coder && window && entriesOf(key).length) found.push({ key, transcript, window });
  }
  return found;
}

/** @returns {string[]} */
function keys() {
  try {
    return Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index) ?? "").filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** @param {string} key @returns {Entry[]} */
function entriesOf(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry?.act?.act === "string" && typeof entry.id === "string") : [];
  } catch {
    return [];
  }
}

/** @param {Entry} entry @returns {Entry} */
const plain = ({ act, id, base, window, at }) => ({ act, id, base, window, at });

/** Hold the window's lock for as long as the page lives. @param {string} name */
const alive = (name) => globalThis.navigator?.locks?.request(PREFIX + name, () => new Promise(() => {}));

/** @param {string} name @returns {Promise<boolean>} whether the window is closed; one that is reloading may take a moment */
async function isGone(name) {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return true; // sent by two windows, acts are still done once
  for (let turn = 0; turn < PATIENCE; turn += 1) {
    if (await locks.request(PREFIX + name, { ifAvailable: true }, (lock) => lock !== null)) return true;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  return false;
}
