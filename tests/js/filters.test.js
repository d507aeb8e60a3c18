// A filter that hides too much makes a coder miss suggestions; one that hides too little shows what was to be hidden.
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { Filters, MODEL } from "../../pipeline/comb/review/static/filters.js";
import { Model } from "../../pipeline/comb/review/static/model.js";

const made = (id, parent) => ({ id, name: id, color: "#336699", level: "", parent, definition: "", include: "", exclude: "", examples: [] });
const codebook = {
  name: "COM-B",
  behaviour: "",
  exclusive: false,
  codes: [
    made("capability", null),
    made("physical", "capability"),
    made("skills", "physical"),
    made("motivation", null),
    made("reflective", "motivation"),
    made("opportunity", null),
  ],
};
const me = { coder: "ada", role: "coder", team: true, lead: false };

const suggestion = (id, code, score, rest = {}) => ({ id, start: 0, end: 4, code, valence: "", score, threshold: 0.3, rank: 1, model: "m", decision: null, seen: false, ...rest });
const coding = (id, code, coder, score = null) => ({ id, start: 5, end: 9, code, valence: "", coder, memo: "", origin: "hand", score, model: "", at: "" });
const decided = (verdict) => ({ verdict, coder: "ada", at: "", coding: null, memo: "", bulk: false });

const transcript = (next = []) => ({
  id: "t-01",
  version: 1,
  mode: "open",
  finished: false,
  text: "One. Two. Three.",
  turns: [{ speaker: "P1", role: "participant", start: 0, end: 16, time: null }],
  segments: [[0, 4, 0], [5, 9, 0]],
  codings: [coding("own", "skills", "ada"), { ...coding("taken", "reflective", "ada", 0.2), unsure: "yes" }, coding("theirs", "opportunity", "ben")],
  suggestions: [
    suggestion("new", "skills", 0.9),
    suggestion("looked", "physical", 0.5, { seen: true }),
    suggestion("no", "reflective", 0.4, { seen: true, decision: decided("rejected") }),
    suggestion("yes", "motivation", 0.7, { seen: true, decision: decided("accepted") }),
  ],
  can_undo: false,
  can_redo: false,
  audit: null,
  next,
});

let model;
let filters;

beforeEach(() => {
  model = new Model(codebook, me);
  model.load(transcript());
  filters = new Filters(model);
});

/** Ids of what the page shows: of the marks that stand in the text, those that the filter lets through. */
const shown = () => model.ordered.filter((mark) => filters.shown(mark)).map((mark) => mark.object.id).sort();

const ALL = ["looked", "new", "no", "own", "taken", "theirs"];

describe("a filter", () => {
  it("shows everything at first, and says that it hides nothing", () => {
    assert.deepEqual(shown(), ALL);
    assert.equal(filters.narrowed, false);
  });

  for (const [state, ids] of [
    ["all", ALL],
    ["open", ["looked", "new"]],
    ["unseen", ["new"]],
    ["coded", ["own", "taken", "theirs"]],
    ["unsure", ["taken"]],
    ["rejected", ["no"]],
  ]) {
    it(`by state shows what is ${state}`, () => {
      filters.set({ state });
      assert.deepEqual(shown(), ids);
    });
  }

  for (const [code, ids] of [
    ["capability", ["looked", "new", "own"]],
    ["physical", ["looked", "new", "own"]],
    ["skills", ["new", "own"]],
    ["motivation", ["no", "taken"]],
    ["opportunity", ["theirs"]],
  ]) {
    it(`by code shows ${code} and what lies below it, not above`, () => {
      filters.set({ code });
      assert.deepEqual(shown(), ids);
    });
  }

  it("by coder shows that coder's codings and no suggestion", () => {
    filters.set({ coder: "ada" });
    assert.deepEqual(shown(), ["own", "taken"]);
    filters.set({ coder: "ben" });
    assert.deepEqual(shown(), ["theirs"]);
  });

  it("by coder shows suggestions alone where the model is chosen", () => {
    filters.set({ coder: MODEL });
    assert.deepEqual(shown(), ["looked", "new", "no"]);
  });

  it("by score shows suggestions from that score on, the score itself included", () => {
    filters.set({ score: 0.5, coder: MODEL });
    assert.deepEqual(shown(), ["looked", "new"]);
    filters.set({ score: 0.51 });
    assert.deepEqual(shown(), ["new"]);
  });

  it("by score hides no coding, whatever score it was accepted at", () => {
    filters.set({ score: 1 });
    assert.deepEqual(shown(), ["own", "taken", "theirs"]);
  });

  it("shows only what passes every part of it", () => {
    filters.set({ code: "capability", state: "open", score: 0.6 });
    assert.deepEqual(shown(), ["new"]);
    filters.set({ coder: "ada" });
    assert.deepEqual(shown(), []);
  });

  it("keeps a mark whose code is not in the codebook, and finds it by that code", () => {
    model.apply({ version: 2, codings: [coding("old", "gone", "ada")], suggestions: [], removed: [], finished: false, can_undo: true, can_redo: false });
    assert.ok(shown().includes("old"));
    filters.set({ code: "gone" });
    assert.deepEqual(shown(), ["old"]);
  });

  it("says each change once", () => {
    let changes = 0;
    filters.addEventListener("change", () => (changes += 1));
    filters.set({ code: "skills", score: 0.5 });
    assert.equal(changes, 1);
    filters.clear();
    assert.equal(changes, 2);
  });

  it("leaves what it is not told to change", () => {
    filters.set({ code: "skills", score: 0.5 });
    filters.set({ state: "open" });
    assert.deepEqual([filters.state, filters.code, filters.coder, filters.score], ["open", "skills", "", 0.5]);
  });

  for (const change of [{ state: "open" }, { code: "skills" }, { coder: "ben" }, { score: 0.05 }]) {
    it(`says that it may hide something: ${JSON.stringify(change)}`, () => {
      filters.set(change);
      assert.equal(filters.narrowed, true);
    });
  }

  it("shows everything again when it is cleared, and leaves the order of walking", () => {
    filters.set({ state: "open", code: "skills", coder: "ben", score: 0.5, order: "next" });
    filters.clear();
    assert.deepEqual(shown(), ALL);
    assert.equal(filters.narrowed, false);
    assert.equal(filters.order, "next");
  });
});

describe("what may be chosen in a filter", () => {
  it("is each code in use and those above it, in the order of the codebook", () => {
    assert.deepEqual(filters.usedCodes.map(({ id }) => id), ["capability", "physical", "skills", "motivation", "reflective", "opportunity"]);
    model.load({ ...transcript(), codings: [], suggestions: [suggestion("new", "skills", 0.9)] });
    assert.deepEqual(filters.usedCodes.map(({ id }) => id), ["capability", "physical", "skills"]);
  });

  it("is each coder once, by name, without the model", () => assert.deepEqual(filters.coders, ["ada", "ben"]));
});
