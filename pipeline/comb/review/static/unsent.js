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

/** Whose work acts are about, where it is not the coder's own: what both coders settled on. */
export const CONSENSUS = "consensus";

/** What one window keeps of one transcript: of the coder's own work, or of the consensus. */
export class Drawer {
  /** @param {Owner} owner @param {string} transcript @param {string} [name]  the window's id @param {string} [about]  CONSENSUS or empty */
  constructor({ study, coder }, transcript, name = newId(), about = "") {
    this.window = name;
    this.transcript = transcript;
    this.about = about;
    this.key = PREFIX + [study, coder, transcript, name, ...(about ? [about] : [])].map(encodeURIComponent).join(":");
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
 * @param {string} [about]  CONSENSUS, or empty for the coder's own work
 * @returns {Promise<Drawer>}
 */
export async function openDrawer(owner, transcript, about = "") {
  const left = [];
  for (const found of keptBy(owner)) {
    if (found.transcript === transcript && found.about === about && (await isGone(found.window))) left.push(found);
  }
  // The window goes on under the id of one that is gone: what that one sent does not conflict with what comes next.
  const drawer = new Drawer(owner, transcript, left.at(-1)?.window, about);
  const entries = left.flatMap(({ key }) => entriesOf(key)).sort((a, b) => a.at - b.at);
  if (entries.length && drawer.write(entries)) {
    for (const { key } of left) if (key !== drawer.key) localStorage.removeItem(key);
  }
  return drawer;
}

/**
 * Take over all that closed windows have left.
 * @param {Owner} owner
 * @returns {Promise<Drawer[]>} a drawer for each transcript and each consensus of which something is kept
 */
export function openDrawers(owner) {
  const kept = new Map(keptBy(owner).map((found) => [JSON.stringify([found.transcript, found.about]), found]));
  return Promise.all([...kept.values()].map(({ transcript, about }) => openDrawer(owner, transcript, about)));
}

/** @param {Owner} owner @returns {{key: string, transcript: string, window: string, about: string}[]} */
function keptBy({ study, coder }) {
  const found = [];
  for (const key of keys()) {
    const [study_, coder_, transcript, window, about = ""] = key.slice(PREFIX.length).split(":").map(decodeURIComponent);
    if (study_ === study && coder_ === coder && window && entriesOf(key).length) found.push({ key, transcript, window, about });
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
