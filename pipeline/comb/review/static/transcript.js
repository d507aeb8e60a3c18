/** The reading page: put together. */

import { App } from "./app.js";
import { ApiError, get, transcriptPath } from "./api.js";
import { openBulk } from "./bulk.js";
import { onScheme } from "./colours.js";
import { showConflict } from "./conflict.js";
import { Connection } from "./connection.js";
import { Document } from "./document.js";
import { element, onDetail, owner, transcriptId } from "./dom.js";
import { drawFilters } from "./filter_bar.js";
import { Filters } from "./filters.js";
import { oncePerFrame } from "./frames.js";
import { drawHeader } from "./header.js";
import { showHistory } from "./history.js";
import { drawInspector } from "./inspector.js";
import { key, listen, showKeys } from "./keys.js";
import { isOpen, Model } from "./model.js";
import { Outbox } from "./outbox.js";
import { Overview } from "./overview.js";
import { alarm } from "./say.js";
import { Picked } from "./selection.js";
import { askWhoSpeaks } from "./speakers.js";
import { openDrawer } from "./unsent.js";

/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").SuggestionMark} SuggestionMark */
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
  await painted();
  doc.fill();
  const picked = new Picked(doc, model);
  const app = new App(model, doc, picked, filters, outbox);
  const overview = new Overview(element("overview"), model, doc);
  const table = keys(app);
  connect(app, overview, table);
  app.view();
  listen(table);
  element("text").setAttribute("aria-busy", "false");
  if (outbox.size) void outbox.flush();
}

/** Words first: all else waits until the browser has drawn them. */
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** @param {App} app @param {Overview} overview @param {Key[]} table */
function connect(app, overview, table) {
  const { model, doc, filters, outbox, picked } = app;
  const commands = { keys: () => showKeys(table), bulk: () => openBulk(app), history: () => showHistory(app), speakers: () => askWhoSpeaks(app) };
  const draw = oncePerFrame(() => {
    drawInspector(app, element("inspector"));
    drawHeader(app, element("progress"), commands);
    drawFilters(filters, element("filters"));
  });
  app.addEventListener("view", draw);
  picked.addEventListener("span", draw);
  doc.addEventListener("pick", onDetail((/** @type {string} */ mark) => app.go(mark, { reveal: false })));
  overview.addEventListener("go", onDetail((/** @type {number} */ at) => doc.reveal(at, false)));
  filters.addEventListener("change", () => {
    doc.redrawAll();
    overview.draw();
    draw();
  });
  onScheme(() => {
    doc.redrawAll();
    overview.draw();
    draw();
  });
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

/** Finishing and opening again change what may be seen: then everything is fetched anew. @param {App} app @param {Reply|import("./types.js").Seen} reply */
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

/** Letters typed from now on belong to the memo: the panel is drawn at once, not in the next frame. @param {App} app */
function memo(app) {
  drawInspector(app, element("inspector"));
  document.getElementById("memo")?.focus();
}

/** @param {App} app @returns {Key[]} */
function keys(app) {
  const { picked } = app;
  const onMark = (/** @type {(mark: Mark) => void} */ run) => () => {
    if (app.mark && !app.model.finished) run(app.mark);
  };
  const onSuggestion = (/** @type {(mark: SuggestionMark) => void} */ run) =>
    onMark((mark) => {
      if (mark.kind === "suggestion") run(mark);
    });
  const onCoding = (/** @type {(mark: Mark) => void} */ run) =>
    onMark((mark) => {
      if (mark.kind === "coding") run(mark);
    });
  // The browser says late what was selected; a key may be quicker.
  const span = () => {
    picked.read();
    return picked.span;
  };
  const where = () => span()?.from ?? app.mark?.from ?? app.doc.visible().from;
  const escape = () => (app.adjusting ? app.cancelSpan() : span() ? picked.set(null) : app.go(null));
  const enter = () => {
    if (app.adjusting) app.saveSpan();
    else if (span()) void app.codePicked();
  };
  const code = () => (span() && !app.model.finished ? void app.codePicked() : onMark((mark) => void app.recode(mark))());
  const valence = (/** @type {string} */ digit, /** @type {import("./types.js").Valence} */ value) =>
    key("Decide", digit, [digit], `valence: ${value || "none"}`, onMark((mark) => app.valence(mark, value)));
  return [
    key("Move", "J", ["j"], "next mark", () => app.step(1)),
    key("Move", "K", ["k"], "mark before", () => app.step(-1)),
    key("Move", "N", ["n"], "next undecided suggestion", () => app.step(1, isOpen)),
    key("Move", "Shift N", ["N"], "undecided suggestion before", () => app.step(-1, isOpen)),
    key("Move", "/", ["/"], "search in this transcript", () => location.assign(`/search?in=${encodeURIComponent(id)}`)),
    key("Move", "F", ["f"], "filters", () => element("filter-state").focus()),
    key("Move", "I", ["i"], "the panel beside the text", () => element("inspector").focus()),
    key("Move", "?", ["?"], "all keys", () => void showKeys(keys(app))),
    key("Decide", "A", ["a"], "accept", onSuggestion((mark) => app.accept(mark))),
    key("Decide", "R", ["r"], "reject", onSuggestion((mark) => app.reject(mark))),
    key("Decide", "C", ["c"], "change the code; code picked words", code),
    valence("1", "barrier"),
    valence("2", "facilitator"),
    valence("3", "both"),
    valence("0", ""),
    key("Decide", "P", ["p"], "adjust the passage", onMark((mark) => app.adjust(mark))),
    key("Decide", "M", ["m"], "memo", () => memo(app)),
    key("Decide", "X", ["x", "Delete"], "remove a coding", onCoding((mark) => app.uncode(mark))),
    key("Decide", "U", ["u", "Ctrl+z"], "undo", () => void app.again("undo")),
    key("Decide", "Shift U", ["U", "Ctrl+Shift+z", "Ctrl+y"], "redo", () => void app.again("redo")),
    key("Pick words", "S", ["s"], "pick the next sentence", () => picked.segment(1, where())),
    key("Pick words", "Shift S", ["S"], "pick the sentence before", () => picked.segment(-1, where())),
    key("Pick words", "W", ["w"], "one word more at the end", () => picked.word("end", 1)),
    key("Pick words", "Shift W", ["W"], "one word less at the end", () => picked.word("end", -1)),
    key("Pick words", "B", ["b"], "one word more at the start", () => picked.word("start", -1)),
    key("Pick words", "Shift B", ["B"], "one word less at the start", () => picked.word("start", 1)),
    key("Pick words", "E", ["e"], "one sentence more", () => picked.extend(1)),
    key("Pick words", "Shift E", ["E"], "one sentence less", () => picked.extend(-1)),
    key("Pick words", "Enter", ["Enter"], "code the picked words; save an adjusted passage", enter),
    key("Pick words", "Esc", ["Escape"], "let go", escape),
  ];
}

start().catch((error) => {
  alarm("The transcript could not be opened.", error instanceof ApiError ? `${error.message} ${error.remedy}` : "Reload the page.");
  throw error;
});
