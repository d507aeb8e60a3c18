/** The page on which files are added: chosen, looked at, corrected, and only then brought into the study. */

import { chosen, dropped } from "./add_files.js";
import { codings } from "./add_codings.js";
import { Adding } from "./add_model.js";
import { messages, names, problems, transcripts } from "./add_preview.js";
import { whatWentWrong } from "./api.js";
import { element } from "./dom.js";
import { alarm, calm, say } from "./say.js";
import { html, nothing, render } from "./vendor/lit-html.js";

const box = element("add");
let adding = new Adding();
/** What was added, once it is. @type {{notes: string[], transcripts: string[], codings: number, later: number}|null} */
let done = null;
let over = false;

/** @typedef {{adding: Adding, again: (change: () => void|Promise<void>) => void, draw: () => void}} Page */
/** @type {Page} */
const page = { get adding() { return adding; }, again, draw };

function draw() {
  render(done ? ended(done) : chosenFiles(), box);
}

function chosenFiles() {
  const { preview } = adding;
  return html`${dropZone()}
      ${adding.busy ? html`<p class="busy">${adding.busy}</p>` : nothing}
      ${adding.refused.length ? html`<ul class="wrong">${adding.refused.map((one) => html`<li><b>${one.name}</b>: ${one.why}</li>`)}</ul>` : nothing}
      ${preview && adding.files.size
        ? html`<div class="understood">${problems(page)} ${transcripts(page)} ${codings(page)} ${names(page)} ${messages(preview.notes)}</div>${foot()}`
        : nothing}`;
}

function dropZone() {
  const take = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const files = chosen(input.files);
    input.value = "";
    again(() => adding.take(files, draw));
  };
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    over = false;
    const data = event.dataTransfer;
    const files = dropped(data);
    again(async () => adding.take(await files, draw));
  };
  const drag = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    if (over !== (event.type === "dragover")) {
      over = event.type === "dragover";
      draw();
    }
  };
  return html`<div class="drop ${over ? "over" : ""} ${adding.files.size ? "small" : ""}" @drop=${drop} @dragover=${drag} @dragleave=${drag}>
      <p><strong>Drop files here</strong>, or
        <label class="choose"><input type="file" multiple class="away" id="files" @change=${take} ?disabled=${Boolean(adding.busy)}><span>Choose files…</span></label></p>
      <p class="hint">Transcripts (Word, text, PDF, RTF, OpenDocument, captions), spreadsheets of codings, projects of other programs (.qdpx, .qda, .sqlite3). Nothing is added until you have checked what comb found.
        Your files stay on the computer on which comb runs.</p>
      ${adding.files.size ? nothing : html`<details><summary class="hint">All formats that comb reads</summary><p class="hint">${adding.readable}</p></details>`}
    </div>`;
}

/** What is about to be added, and the button that does it. */
function foot() {
  const preview = /** @type {import("./add_model.js").Preview} */ (adding.preview);
  const left = preview.problems.filter((one) => !preview.codings.some((table) => table.file === one.file)).length;
  const rows = preview.codings.reduce((sum, one) => sum + one.to_fix.length + one.unknown.length, 0);
  const open = adding.open.length;
  const where = preview.transcripts.filter((one) => one.speakers.some((speaker) => !adding.confirmed(one, speaker))).map((one) => one.id);
  const waits = [rows ? count(rows, "row or code to correct", "rows or codes to correct") : "", left ? count(left, "file that cannot be used", "files that cannot be used") : ""].filter(Boolean);
  return html`<div class="foot">
    <p>${waits.length ? html`<strong>Still open:</strong> ${waits.join(", ")}. <button type="button" @click=${goThere}>Show the first</button>` : html`<strong>To be added:</strong> ${whole(preview)}.`}
      ${open ? html` <span class="hint">${count(open, "speaker is", "speakers are")} not confirmed yet (${where.slice(0, 3).join(", ")}${where.length > 3 ? ", …" : ""}). What they say is not coded until somebody confirms that they are participants.</span>` : nothing}</p>
    <p class="row"><button type="button" ?disabled=${Boolean(adding.busy)} @click=${() => void start()}>Start over</button>
      <button type="button" class="primary" ?disabled=${!preview.ready || Boolean(adding.busy)} @click=${() => again(add)}>Add to the study</button></p></div>`;
}

/** Show the first thing that is to be corrected. */
function goThere() {
  const first = /** @type {HTMLElement|null} */ (box.querySelector(".card, .unknown"));
  first?.scrollIntoView({ block: "center" });
  /** @type {HTMLElement|null} */ (first?.querySelector("button, select, input"))?.focus({ preventScroll: true });
}

/** @param {import("./add_model.js").Preview} preview */
function whole(preview) {
  const rows = preview.codings.reduce((sum, one) => sum + one.placed, 0);
  const others = Object.values(preview.kinds).filter((kind) => kind && !["transcript", "codings"].includes(kind)).length;
  const parts = [
    preview.transcripts.length ? count(preview.transcripts.length, "transcript", "transcripts") : "",
    rows ? count(rows, "row of codings", "rows of codings") : "",
    others ? count(others, "other file", "other files") : "",
  ];
  return parts.filter(Boolean).join(", ") || "nothing new";
}

/** @param {number} number @param {string} one @param {string} many */
export const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

async function add() {
  const preview = /** @type {import("./add_model.js").Preview} */ (adding.preview);
  const rows = preview.codings.reduce((sum, one) => sum + one.placed, 0);
  const later = preview.codings.reduce((sum, one) => sum + one.later, 0);
  adding.busy = "Adding…";
  draw();
  try {
    const { notes, transcripts: added } = await adding.apply();
    done = { notes, transcripts: added, codings: rows, later };
    say("Added to the study.");
  } catch (error) {
    // What was shown may not be what would be added: it is shown as it is now.
    if (/** @type {import("./api.js").ApiError} */ (error).status === 409) await adding.look();
    throw error;
  } finally {
    adding.busy = "";
  }
}

/** @param {{notes: string[], transcripts: string[], codings: number, later: number}} what */
function ended(what) {
  const more = () => {
    done = null;
    void start();
  };
  const parts = [what.transcripts.length ? count(what.transcripts.length, "transcript", "transcripts") : "", what.codings ? count(what.codings, "row of codings", "rows of codings") : ""];
  return html`<section class="ended"><h2 tabindex="-1">Added: ${parts.filter(Boolean).join(" and ") || "the content of the files"}</h2>
    ${what.later ? html`<p>${what.later === 1 ? "1 row is" : `${what.later} rows are`} in data/to-correct: correct the table in a spreadsheet, and add it here again.</p>` : nothing}
    <p class="row"><a class="button primary" href="/">Go to the transcripts</a> <a class="button" href="/pseudonyms">Find names of people</a>
      <button type="button" @click=${more}>Add more files</button></p>
    ${messages(what.notes)}</section>`;
}

/** Do something, then look again at what the server understands. @param {() => void|Promise<void>} change */
function again(change) {
  calm();
  void (async () => {
    try {
      await change();
      if (!done) {
        adding.busy = adding.files.size ? "Reading the files…" : "";
        draw();
        await adding.look();
      }
    } catch (error) {
      adding.busy = "";
      alarm(...whatWentWrong(error));
    }
    draw();
    if (done) /** @type {HTMLElement|null} */ (box.querySelector("h2"))?.focus();
  })();
}

async function start() {
  const old = adding;
  adding = new Adding();
  draw();
  if (old.batch) await old.discard().catch(() => {});
  try {
    await adding.begin();
    document.getElementById("waiting")?.remove();
  } catch (error) {
    alarm(...whatWentWrong(error));
  }
  draw();
}

void start();
