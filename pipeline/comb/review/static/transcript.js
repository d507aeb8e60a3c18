/** The reading page: put together. */

import { App } from "./app.js";
import { ApiError, get, transcriptPath } from "./api.js";
import { openBulk } from "./bulk.js";
import { SCOPE } from "./bindings.js";
import { keys } from "./commands.js";
import { onScheme } from "./colours.js";
import { showConflict } from "./conflict.js";
import { Connection } from "./connection.js";
import { Document } from "./document.js";
import { element, onDetail, owner, transcriptId } from "./dom.js";
import { drawFilters } from "./filter_bar.js";
import { Filters } from "./filters.js";
import { lookAhead } from "./finishing.js";
import { oncePerFrame } from "./frames.js";
import { followCodebook } from "./fresh.js";
import { drawHeader } from "./header.js";
import { showHistory } from "./history.js";
import { drawInspector } from "./inspector.js";
import { showKeys } from "./key_dialog.js";
import { listen } from "./keys.js";
import { showMemos } from "./memos.js";
import { Model } from "./model.js";
import { Outbox } from "./outbox.js";
import { Overview } from "./overview.js";
import { Place } from "./place.js";
import { alarm } from "./say.js";
import { Picked } from "./selection.js";
import { askWhoSpeaks } from "./speakers.js";
import { openDrawer } from "./unsent.js";

/** @typedef {import("./types.js").Reply} Reply */
/** @typedef {import("./keys.js").Key} Key */

const id = transcriptId();

async function start() {
  const [me, codebook, transcript, drawer] = await Promise.all([get("/api/me"), get("/api/codebook"), get(transcriptPath(id)), openDrawer(owner(), id)]);
  const model = new Model(codebook, me);
  const filters = new Filters(model);
  const doc = new Document(element("text"), model, (mark) => filters.shown(mark));
  const outbox = new Outbox(drawer, () => model.version);
  model.load(transcript);
  model.expect(outbox.waiting);
  doc.build();
  const place = new Place(doc, model, owner());
  const asked = place.asked();
  if (asked === null) place.restore();
  else doc.putOnTop(asked);
  await painted();
  doc.fill();
  const picked = new Picked(doc, model);
  const app = new App(model, doc, picked, filters, outbox);
  const overview = new Overview(element("overview"), model, doc);
  const table = keys(app);
  connect(app, overview, table);
  app.view();
  await painted();
  // The bar above the text has its height only now.
  if (asked === null) place.restore();
  listen(table, SCOPE);
  if (asked !== null) show(app, asked);
  addEventListener("hashchange", () => {
    const at = place.asked();
    if (at !== null) show(app, at);
  });
  place.follow();
  element("text").setAttribute("aria-busy", "false");
  if (model.finished) void lookAhead(app);
  if (outbox.size) void outbox.flush();
}

/** Words first: all else waits until the browser has drawn them. */
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** Show a place that an address names: the mark that begins there, or else the sentence. @param {App} app @param {number} at */
function show(app, at) {
  const mark = app.marks.find((one) => one.from === at);
  if (mark) return app.go(mark.key);
  app.picked.set(app.model.segments[app.model.segmentAt(at)] ?? null);
  app.doc.reveal({ from: at, to: Math.min(at + 1, app.model.text.length) });
}

/** @param {App} app @param {Overview} overview @param {Key[]} table */
function connect(app, overview, table) {
  const { model, doc, filters, outbox, picked } = app;
  const memos = () => showMemos(model.codebook, app.mark?.code ?? "", { memo: model.memo, save: (memo) => void app.act({ act: "note", memo }, "Memo saved.") });
  const commands = { keys: () => showKeys(table, SCOPE), bulk: () => openBulk(app), history: () => showHistory(app), speakers: () => askWhoSpeaks(app), memos };
  const draw = oncePerFrame(() => {
    drawInspector(app, element("inspector"));
    drawHeader(app, element("progress"), commands);
    drawFilters(filters, element("filters"));
  });
  app.addEventListener("view", draw);
  picked.addEventListener("span", draw);
  document.addEventListener("keys", draw);
  doc.addEventListener("pick", onDetail((/** @type {string} */ mark) => app.go(mark, { reveal: false })));
  doc.addEventListener("step", onDetail((/** @type {1|-1} */ step) => app.step(step)));
  overview.addEventListener("go", onDetail((/** @type {number} */ at) => doc.reveal({ from: at, to: at + 1 }, false)));
  const redraw = () => {
    doc.redrawAll();
    overview.draw();
    draw();
  };
  filters.addEventListener("change", redraw);
  onScheme(redraw);
  followCodebook(app, redraw);
  /** @param {Set<string>} marks  keys of those that changed */
  const changed = (marks) => {
    doc.update(marks);
    app.mark = model.marks.get(app.mark?.key ?? "") ?? null;
    if (app.mark?.state === "decided") app.mark = null;
    overview.draw();
    picked.refresh();
    draw();
  };
  model.addEventListener("marks", onDetail(changed));
  outbox.addEventListener("reply", onDetail((/** @type {{reply: Reply|import("./types.js").Seen}} */ { reply }) => take(app, reply)));
  outbox.addEventListener("change", () => {
    model.expect(outbox.waiting);
    draw();
  });
  new Connection([outbox]);
  outbox.addEventListener("conflict", onDetail((/** @type {import("./conflict.js").Conflict} */ conflict) => void showConflict(app, conflict)));
  const tools = /** @type {HTMLElement} */ (document.querySelector(".tools"));
  new ResizeObserver(() => document.documentElement.style.setProperty("--tools", `${tools.offsetHeight}px`)).observe(tools);
  addEventListener("beforeunload", (event) => {
    if (outbox.size) event.preventDefault();
  });
}

/** Finishing and opening again change what may be seen: then everything is fetched again. @param {App} app @param {Reply|import("./types.js").Seen} reply */
function take(app, reply) {
  const { model, outbox } = app;
  if ("seen" in reply) return model.look(reply.seen, outbox.waiting);
  const changed = reply.finished !== model.server.finished;
  model.apply(reply, outbox.waiting);
  if (changed) void reload(app);
}

/** @param {App} app @returns {Promise<void>} */
async function reload(app) {
  const { steps } = app;
  const transcript = await get(transcriptPath(id));
  if (transcript.version < app.model.version) return reload(app); // an act was answered meanwhile
  app.model.load(transcript);
  if (steps === app.steps) app.go(null);
  app.doc.redrawAll();
}

start().catch((error) => {
  alarm("The transcript could not be opened.", error instanceof ApiError ? `${error.message} ${error.remedy}` : "Reload the page.");
  throw error;
});
