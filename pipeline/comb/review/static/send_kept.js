/** Sending what closed windows could not send. */

import { Connection } from "./connection.js";
import { owner } from "./dom.js";
import { Outbox } from "./outbox.js";
import { alarm } from "./say.js";
import { CONSENSUS, openDrawers } from "./unsent.js";
import { html } from "./vendor/lit-html.js";

/** @returns {Promise<{sent: number, left: number}>} how many acts are saved, and of how many the coder has still to know */
export async function sendKept() {
  const outboxes = (await openDrawers(owner())).map((drawer) => new Outbox(drawer, () => 0));
  const connection = new Connection(outboxes);
  const kept = size(outboxes);
  for (const outbox of outboxes) {
    const { transcript, about } = outbox.drawer;
    outbox.addEventListener("conflict", () => alarm(`What you decided in ${transcript} is not saved yet:`, conflicting(transcript, about)));
    await outbox.flush();
  }
  const refused = connection.refusals.length;
  return { sent: kept - size(outboxes) - refused, left: size(outboxes) + refused };
}

/** @param {Outbox[]} outboxes */
const size = (outboxes) => outboxes.reduce((sum, outbox) => sum + outbox.size, 0);

/** @param {string} transcript @param {string} about */
const conflicting = (transcript, about) => html`it was changed in another window meanwhile. Nothing is lost:
  <a href="/${about === CONSENSUS ? "adjudicate" : "t"}/${encodeURIComponent(transcript)}">open ${transcript} and decide</a>.`;
