/** Which transcript comes after the one that is finished. */

import { get } from "./api.js";

/** @typedef {import("./types.js").Listed} Listed */

/**
 * What is assigned to the coder comes first, then what `comb next` ranks, then what follows in the list.
 * @param {(Listed & {assigned?: boolean})[]} items  in the order of the list
 * @param {string} id  the transcript that is open
 * @returns {string|null}
 */
export function nextOf(items, id) {
  const left = items.filter((item) => !item.finished && item.id !== id);
  const wanted = left.some((item) => item.assigned) ? left.filter((item) => item.assigned) : left;
  const ranked = wanted.find((item) => item.rank !== null);
  if (ranked) return ranked.id;
  const here = items.findIndex((item) => item.id === id);
  return (wanted.find((item) => items.indexOf(item) > here) ?? wanted[0])?.id ?? null;
}

/** @param {string} id @returns {Promise<string|null>} */
export async function findNext(id) {
  return nextOf(await get("/api/transcripts"), id);
}
