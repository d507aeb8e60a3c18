/** Who speaks in the transcript: what is confirmed or proposed, why, and a choice for each speaker. */

import { get, post, transcriptPath } from "./api.js";
import { ask, say } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Speaker} Speaker */
/** @typedef {import("./types.js").SpeakerAnswer} SpeakerAnswer */

/** @type {Record<import("./types.js").Role, string>} */
const ROLES = { participant: "participant (coded)", interviewer: "interviewer (not coded)", other: "other (not coded)" };
const KNOWN = { confirmed: "confirmed", pattern: "known", proposed: "proposed" };

const roles = /** @type {import("./types.js").Role[]} */ (Object.keys(ROLES));

/** The proposals are on their way: a second click opens no second panel. */
let fetching = false;

/** @param {import("./app.js").App} app */
export async function askWhoSpeaks(app) {
  if (fetching) return;
  fetching = true;
  const path = transcriptPath(app.model.id, "speakers");
  /** @type {Speaker[]|void} */
  const speakers = await get(path).catch((error) => app.refused(error)).finally(() => (fetching = false));
  if (!speakers) return;
  /** @type {SpeakerAnswer[]|null} */
  const answers = await ask((close) => view(app, speakers, close), "Speakers", "wide");
  if (!answers?.length) return;
  if (app.outbox.size) return say("Wait until everything is saved, then confirm the speakers again.");
  const done = await post(path, { speakers: answers }).catch((error) => app.refused(error));
  // Turns and sentences are others now: the page is drawn from the start.
  if (done) location.reload();
}

/** @param {import("./app.js").App} app @param {Speaker[]} speakers @param {(answers: SpeakerAnswer[]|null) => void} close */
function view(app, speakers, close) {
  const chosen = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    close(changed(speakers, new FormData(/** @type {HTMLFormElement} */ (event.target))));
  };
  const lead = app.model.me.lead;
  return html`<h2>Speakers</h2>
    <p>comb codes what participants say; what others say serves as context. A proposed role is not used until you confirm it.</p>
    <form @submit=${chosen}>
      <div class="scroll" tabindex="0" role="region" aria-label="Speakers">
        <table><thead><tr><th scope="col">Speaker</th><th scope="col">Role</th><th scope="col">Source</th>
          <th scope="col" class="number">Turns</th><th scope="col" class="number">Words</th></tr></thead>
          <tbody>${speakers.map((one, index) => row(one, index, lead))}</tbody></table>
      </div>
      <p class="row end">
        <button type="button" @click=${() => close(null)}>${lead ? "Cancel" : "Close"}</button>
        ${lead ? html`<button type="submit" class="primary" autofocus>Confirm</button>` : nothing}
      </p>
    </form>`;
}

/** @param {Speaker} one @param {number} index @param {boolean} lead */
function row(one, index, lead) {
  const name = one.speaker || "(not named)";
  const option = (/** @type {import("./types.js").Role} */ role) => html`<option value=${role} ?selected=${role === one.role}>${ROLES[role]}</option>`;
  return html`<tr><th scope="row">${name}${one.pseudonym ? html` <span class="hint">shown as ${one.pseudonym}</span>` : nothing}</th>
    <td><select name=${`role-${index}`} aria-label=${`Role of ${name}`} ?disabled=${!lead}>
      ${one.role ? nothing : html`<option value="" selected>choose a role</option>`}${roles.map(option)}</select></td>
    <td>${KNOWN[one.source]}${one.reasons.length ? html`<span class="hint">: ${one.reasons.join("; ")}</span>` : nothing}</td>
    <td class="number">${one.turns}</td><td class="number">${one.words}</td></tr>`;
}

/**
 * What a person confirms: every proposal as it stands, and what was chosen otherwise.
 * @param {Speaker[]} speakers
 * @param {FormData} form
 * @returns {SpeakerAnswer[]}
 */
function changed(speakers, form) {
  return speakers.flatMap((one, index) => {
    const role = roles.find((value) => value === form.get(`role-${index}`));
    const before = one.source === "confirmed" ? one.role : null;
    const same = one.source !== "proposed" && role === one.role;
    return role && !same ? [{ speaker: one.speaker, role, before }] : [];
  });
}
