/** Sending what closed windows could not send. */

import { Connection } from "./connection.js";
import { owner } from "./dom.js";
import { Outbox } from "./outbox.js";
import { alarm } from "./say.js";
import { openDrawer, unsentTranscripts } from "./unsent.js";
import { html } from "./vendor/lit-html.js";

/** @returns {Promise<{sent: number, left: number}>} how many acts are saved, and of how many the coder has still to know */
export async function sendKept() {
  const drawers = await Promise.all(unsentTranscripts(owner()).map((transcript) => openDrawer(owner(), transcript)));
  const outboxes = drawers.map((drawer) => new Outbox(drawer, () => 0));
  const connection = new Connection(outboxes);
  const kept = size(outboxes);
  for (const outbox of outboxes) {
    const { transcript } = outbox.drawer;
    outbox.addEventListener("conflict", () => alarm(`What you decided in ${transcript} is not saved yet:`, conflicting(transcript)));
    await outbox.flush();
  }
  const refused = connection.refusals.length;
  return { sent: kept - size(outboxes) - refused, left: size(outboxes) + refused };
}

/** @param {Outbox[]} outboxes */
const size = (outboxes) => outboxes.reduce((sum, outbox) => sum + outbox.size, 0);

/** @param {string} transcript */
const conflicting = (transcript) => html`it was changed in another window meanwhile. Nothing is lost:
  <a href="/t/${encodeURIComponent(transcript)}">open ${transcript} and decide</a>.`;
