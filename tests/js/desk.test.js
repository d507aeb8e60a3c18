// What digits mean, which transcript comes next, which keys a person may set: decided in the browser alone.
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

const kept = new Map();
globalThis.localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};
const { bind, bound, nameOf, reset, shownKey, shownName } = await import("../../pipeline/comb/review/static/bindings.js");
const { nextOf } = await import("../../pipeline/comb/review/static/next_up.js");
const { QuickCodes } = await import("../../pipeline/comb/review/static/quick.js");

const mark = (kind, code, from, to, more = {}) => ({ key: `${kind}${code}${from}`, kind, code, from, to, coder: "ada", object: {}, ...more });
const modelOf = (marks, codes = ["top", "a", "b", "c", "d"]) => ({
  me: { coder: "ada" },
  codes: new Map(codes.map((id) => [id, { id, level: id === "top" ? "upper" : "lower", parent: id === "top" ? null : "top" }])),
  marks: new Map(marks.map((one) => [one.key, one])),
});
const at = (key, from, to, code) => ({ key, from, to, code });

describe("digits", () => {
  it("are the likeliest codes of the passage first, then the last used, then the most used, then the codebook", () => {
    const marks = [mark("suggestion", "b", 0, 9, { score: 0.9 }), mark("suggestion", "c", 20, 29, { score: 0.9 }), mark("coding", "d", 40, 49)];
    const quick = new QuickCodes(modelOf(marks));
    quick.use("a");
    assert.deepEqual(quick.list(at("x", 0, 9)), ["b", "a", "d", "c"]);
  });

  it("are of the level that is in use, before others", () => {
    const quick = new QuickCodes(modelOf([mark("coding", "top", 40, 49)], ["a", "top", "b"]));
    assert.deepEqual(quick.list(at("x", 0, 9)), ["top", "a", "b"]);
  });

  it("leave out the code that the passage has, and those above others", () => {
    assert.deepEqual(new QuickCodes(modelOf([])).list(at("x", 0, 9, "a")), ["b", "c", "d"]);
  });

  it("take the next likely code of a suggestion", () => {
    const one = mark("suggestion", "a", 0, 9, { score: 0.9, object: { rival: { code: "d", score: 0.4 } } });
    assert.equal(new QuickCodes(modelOf([one])).list(at(one.key, 0, 9, "a"))[0], "d");
  });

  it("keep their meaning while one passage is looked at", () => {
    const quick = new QuickCodes(modelOf([]));
    const before = quick.list(at("x", 0, 9));
    quick.use("d");
    assert.deepEqual(quick.list(at("x", 0, 9)), before);
    assert.equal(quick.list(at("y", 10, 19))[0], "d");
  });

  it("do not know others' codings", () => {
    const theirs = mark("coding", "d", 0, 9, { coder: "ben" });
    assert.deepEqual(new QuickCodes(modelOf([theirs])).list(at("x", 0, 9)), ["a", "b", "c", "d"]);
  });

  it("forget a code that the codebook does not have any more", () => {
    const model = modelOf([]);
    const quick = new QuickCodes(model);
    quick.list(at("x", 0, 9));
    model.codes.delete("a");
    assert.deepEqual(quick.list(at("x", 0, 9)), ["b", "c", "d"]);
  });
});

describe("the next transcript", () => {
  const item = (id, more = {}) => ({ id, finished: false, rank: null, ...more });

  it("is the one that is assigned", () => {
    assert.equal(nextOf([item("a", { finished: true }), item("b", { rank: 1 }), item("c", { assigned: true })], "a"), "c");
  });

  it("is what comb next ranks first", () => {
    assert.equal(nextOf([item("b", { rank: 1 }), item("a", { rank: 2, finished: true }), item("c")], "a"), "b");
  });

  it("is the one after, and at the end the first that is left", () => {
    assert.equal(nextOf([item("a"), item("b", { finished: true }), item("c")], "b"), "c");
    assert.equal(nextOf([item("a"), item("b", { finished: true })], "b"), "a");
  });

  it("is none where all are finished", () => assert.equal(nextOf([item("a", { finished: true })], "a"), null));
});

describe("own keys", () => {
  const table = [
    { id: "A", keys: ["a"], shown: "A", name: "accept", group: "", fixed: false, run() {} },
    { id: "X", keys: ["x", "Delete"], shown: "X", name: "remove", group: "", fixed: false, run() {} },
  ];
  beforeEach(() => kept.clear());

  it("are kept, keep the other keys of the same command, and are shown", () => {
    assert.equal(bind("s", table, table[1], "G"), "");
    assert.deepEqual(bound("s", table).map((one) => one.keys), [["a"], ["G", "Delete"]]);
    assert.deepEqual([shownKey("s", "X"), shownKey("other", "X")], ["Shift G", "X"]);
    reset("s");
    assert.equal(shownKey("s", "X"), "X");
  });

  it("are refused where another command has the key, or the browser needs it", () => {
    assert.match(bind("s", table, table[0], "x"), /^X is already used for “remove”\./);
    for (const name of ["Tab", "Shift+Tab", "Ctrl+c", "?", " ", "Enter"]) assert.match(bind("s", table, table[0], name), /cannot be used/);
    assert.equal(kept.size, 0);
  });

  it("may swap, one after the other", () => {
    bind("s", table, table[0], "y");
    assert.equal(bind("s", table, table[1], "a"), "");
    assert.deepEqual(bound("s", table).map((one) => one.keys[0]), ["y", "a"]);
  });

  it("survive what somebody else has put there", () => {
    kept.set("comb:keys:s", "[1");
    assert.deepEqual(bound("s", table).map((one) => one.keys[0]), ["a", "x"]);
  });
});

describe("the name of a key", () => {
  const press = (key, more = {}) => nameOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

  it("does not depend on Caps Lock", () => {
    assert.deepEqual([press("a"), press("A"), press("A", { shiftKey: true }), press("a", { shiftKey: true })], ["a", "a", "A", "A"]);
  });

  it("of a sign is the sign, however it is typed", () => assert.deepEqual([press("+", { shiftKey: true }), press("+"), press("?", { shiftKey: true })], ["+", "+", "?"]));

  it("with Ctrl or Alt", () => assert.deepEqual([press("Z", { ctrlKey: true, shiftKey: true }), press("z", { ctrlKey: true }), press("q", { altKey: true })], ["Ctrl+Shift+z", "Ctrl+z", ""]));

  it("is shown as people read it", () => assert.deepEqual(["j", "J", "-", "ArrowUp", "Ctrl+z"].map(shownName), ["J", "Shift J", "-", "ArrowUp", "Ctrl z"]));
});
