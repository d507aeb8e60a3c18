// What the page shows before the server has answered is what the server will say.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Foresight, standing } from "../../pipeline/comb/review/static/foresee.js";

const suggestion = (id, start, code, more = {}) => ({ id, start, end: start + 9, code, valence: "barrier", score: 0.8, model: "m", decision: null, seen: false, ...more });
const coding = (id, start, code, more = {}) => ({ id, start, end: start + 9, code, valence: "", coder: "ada", memo: "", origin: "hand", score: null, model: "", at: "", ...more });

let number = 0;
const entry = (act) => ({ act, id: `id${(number += 1)}`, base: 0, window: "w", at: 0 });

function foresee(acts, { suggestions = [], codings = [], exclusive = false } = {}) {
  number = 0;
  const find = (items) => (id) => items.find((item) => item.id === id);
  const known = { coding: find(codings), suggestion: find(suggestions), codings: () => codings, suggestions: () => suggestions };
  const seen = new Foresight(known, "ada", exclusive).take(acts.map(entry));
  return {
    finished: seen.finished,
    codings: Object.fromEntries([...seen.codings].map(([id, one]) => [id, one && `${one.start}:${one.code}:${one.valence}:${one.memo}`])),
    decided: Object.fromEntries([...seen.suggestions].map(([id, one]) => [id, one.decision && `${one.decision.verdict}:${one.decision.coding}`])),
  };
}

const A = suggestion("a", 0, "x");
const B = suggestion("b", 0, "y");

describe("acts on their way", () => {
  it("accept makes a coding with the act's id, so that the next act can name it", () => {
    const found = foresee([{ act: "accept", suggestion: "a" }, { act: "valence", coding: "id1", valence: "both" }], { suggestions: [A] });
    assert.deepEqual(found.codings, { id1: "0:x:both:" });
    assert.deepEqual(found.decided, { a: "changed:id1" });
  });

  it("a valence where none was suggested leaves the suggestion accepted", () => {
    const open = suggestion("a", 0, "x", { valence: "" });
    for (const first of [[], [{ act: "accept", suggestion: "a" }]]) {
      const found = foresee([...first, { act: "valence", suggestion: "a", valence: "barrier" }], { suggestions: [open] });
      assert.match(found.decided.a, /^accepted:/);
    }
  });

  it("accept takes the coding that is there already", () => {
    const found = foresee([{ act: "accept", suggestion: "a" }], { suggestions: [A], codings: [coding("mine", 0, "x")] });
    assert.deepEqual([found.codings, found.decided], [{}, { a: "accepted:mine" }]);
  });

  it("reject takes back what was accepted before", () => {
    const found = foresee([{ act: "accept", suggestion: "a" }, { act: "reject", suggestion: "a", memo: "no" }], { suggestions: [A] });
    assert.deepEqual([found.codings, found.decided], [{ id1: null }, { a: "rejected:null" }]);
  });

  it("one code for each passage: the one before makes room", () => {
    const found = foresee([{ act: "accept", suggestion: "a" }, { act: "accept", suggestion: "b" }], { suggestions: [A, B], exclusive: true });
    assert.deepEqual([found.codings, found.decided], [{ id1: null, id2: "0:y:barrier:" }, { a: null, b: "accepted:id2" }]);
  });

  it("a memo stands with the coding that its suggestion became", () => {
    const found = foresee([{ act: "accept", suggestion: "a" }, { act: "memo", suggestion: "a", memo: "why" }], { suggestions: [A] });
    assert.deepEqual(found.codings, { id1: "0:x:barrier:why" });
  });

  it("a coding of which one is unsure, and the memo on the transcript", () => {
    const known = { coding: () => undefined, suggestion: (id) => (id === "a" ? A : undefined), codings: () => [], suggestions: () => [A] };
    const acts = [{ act: "accept", suggestion: "a" }, { act: "unsure", suggestion: "a", unsure: true }, { act: "note", memo: "tired" }];
    const seen = new Foresight(known, "ada", false).take(acts.map(entry));
    assert.deepEqual([[...seen.codings.values()].map((one) => one.unsure), seen.memo], [["yes"], "tired"]);
  });

  it("another code, another passage, and away with it", () => {
    const acts = [{ act: "code", start: 3, end: 9, code: "x" }, { act: "recode", coding: "id1", code: "y" }, { act: "span", coding: "id1", start: 4, end: 9 }];
    assert.deepEqual(foresee(acts).codings, { id1: "4:y::" });
    assert.deepEqual(foresee([...acts, { act: "uncode", coding: "id1" }]).codings, { id1: null });
  });

  it("finishing closes the transcript", () => {
    assert.equal(foresee([{ act: "finish" }]).finished, true);
    assert.equal(foresee([{ act: "finish" }, { act: "undo" }]).finished, null);
  });

  it("undo takes back the last act on its way, redo brings it again, a new act ends redoing", () => {
    const kinds = (...acts) => standing(acts.map((act) => entry({ act }))).done.map(({ act }) => act.act);
    assert.deepEqual(kinds("accept", "reject", "undo"), ["accept"]);
    assert.deepEqual(kinds("accept", "undo", "redo"), ["accept"]);
    assert.deepEqual(kinds("accept", "undo", "seen", "reject", "redo"), ["reject"]);
    assert.deepEqual(kinds("undo", "accept"), ["accept"], "what the server must undo is not foreseen");
  });
});
