/** What each key does on the reading page. */

import { SCOPE, VALENCE_KEYS } from "./bindings.js";
import { element } from "./dom.js";
import { showKeys } from "./key_dialog.js";
import { drawInspector } from "./inspector.js";
import { key } from "./keys.js";
import { isOpen } from "./model.js";
import { adjust, cancelSpan, codePicked, saveSpan } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./types.js").Mark} Mark */
/** @typedef {import("./types.js").SuggestionMark} SuggestionMark */
/** @typedef {import("./keys.js").Key} Key */

/** Letters typed from now on belong to the memo: the panel is drawn at once, not in the next frame. @param {App} app */
function memo(app) {
  drawInspector(app, element("inspector"));
  document.getElementById("memo")?.focus();
}

/** @param {App} app @returns {Key[]} */
export function keys(app) {
  const table = [...moving(app), ...deciding(app), ...words(app)];
  table.push(key("Move", "?", ["?"], "show all keys", () => void showKeys(table, SCOPE), true));
  return table;
}

/** @param {App} app */
function moving(app) {
  return [
    key("Move", "J", ["j"], "next suggestion or coding", () => app.step(1)),
    key("Move", "K", ["k"], "previous suggestion or coding", () => app.step(-1)),
    key("Move", "N", ["n"], "next undecided suggestion", () => app.step(1, isOpen)),
    key("Move", "Shift N", ["N"], "previous undecided suggestion", () => app.step(-1, isOpen)),
    key("Move", "/", ["/"], "search in this transcript", () => location.assign(`/search?in=${encodeURIComponent(app.model.id)}`)),
    key("Move", "F", ["f"], "go to the filters", () => element("filter-state").focus()),
    key("Move", "I", ["i"], "go to the panel beside the text", () => element("inspector").focus()),
  ];
}

/** @param {App} app */
function deciding(app) {
  const onMark = (/** @type {(mark: Mark) => void} */ run) => () => {
    if (app.mark && !app.model.finished) run(app.mark);
  };
  const onSuggestion = (/** @type {(mark: SuggestionMark) => void} */ run) => onMark((mark) => mark.kind === "suggestion" && run(mark));
  const mine = (/** @type {Mark} */ mark) => mark.kind === "suggestion" || mark.coder === app.model.me.coder;
  const onMine = (/** @type {(mark: Mark) => void} */ run) => onMark((mark) => mine(mark) && run(mark));
  const code = () => {
    app.picked.read();
    if (app.picked.span && !app.model.finished) void codePicked(app);
    else onMine((mark) => void app.recode(mark))();
  };
  const digits = Array.from({ length: 9 }, (_, index) => String(index + 1));
  return [
    key("Decide", "A", ["a"], "accept", onSuggestion((mark) => app.accept(mark))),
    key("Decide", "R", ["r"], "reject", onSuggestion((mark) => app.reject(mark))),
    key("Decide", "1 … 9", digits, "choose the code with this digit in the panel", (digit) => app.digit(Number(digit)), true),
    key("Decide", "C", ["c"], "choose another code; code the selected words", code),
    ...VALENCE_KEYS.map(([value, shown, names]) => key("Decide", shown, names, `valence: ${value || "none"}`, onMine((mark) => app.valence(mark, value)))),
    key("Decide", "Q", ["q"], "mark this coding as unsure, or as sure again", onMine((mark) => app.unsure(mark))),
    key("Decide", "P", ["p"], "adjust the passage", onMine((mark) => adjust(app, mark))),
    key("Decide", "M", ["m"], "memo", () => memo(app)),
    key("Decide", "X", ["x", "Delete"], "remove a coding", onMine((mark) => mark.kind === "coding" && app.uncode(mark))),
    key("Decide", "U", ["u", "Ctrl+z"], "undo", () => void app.again("undo")),
    key("Decide", "Shift U", ["U", "Ctrl+Shift+z", "Ctrl+y"], "redo", () => void app.again("redo")),
  ];
}

/** @param {App} app */
function words(app) {
  const { picked } = app;
  // The browser says late what was selected; a key may be quicker.
  const span = () => {
    picked.read();
    return picked.span;
  };
  const escape = () => (app.adjusting ? cancelSpan(app) : span() ? picked.set(null) : app.go(null));
  const enter = () => {
    if (app.adjusting) saveSpan(app);
    else if (span()) void codePicked(app);
  };
  /** @param {1|-1} step */
  const sentence = (step) => {
    const { mark } = app;
    const from = span()?.from ?? mark?.from ?? app.doc.visible().from;
    // What is coded is done: the sentence after it is meant.
    if (mark && !app.adjusting) app.go(null);
    picked.segment(step, from, mark?.kind === "coding" ? mark : null);
  };
  return [
    key("Select words", "S", ["s"], "select the next sentence", () => sentence(1)),
    key("Select words", "Shift S", ["S"], "select the previous sentence", () => sentence(-1)),
    key("Select words", "W", ["w"], "one word more at the end", () => picked.word("end", 1)),
    key("Select words", "Shift W", ["W"], "one word fewer at the end", () => picked.word("end", -1)),
    key("Select words", "B", ["b"], "one word more at the start", () => picked.word("start", -1)),
    key("Select words", "Shift B", ["B"], "one word fewer at the start", () => picked.word("start", 1)),
    key("Select words", "E", ["e"], "one sentence more", () => picked.extend(1)),
    key("Select words", "Shift E", ["E"], "one sentence fewer", () => picked.extend(-1)),
    key("Select words", "Enter", ["Enter"], "code the selected words; save an adjusted passage", enter, true),
    key("Select words", "Esc", ["Escape"], "clear the selection", escape, true),
  ];
}
