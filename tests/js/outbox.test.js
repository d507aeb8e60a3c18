// What a coder decides is sent once, in order, and is never lost: not when the server is away, and not by a reload.
import assert from "node:assert/strict";
import { beforeEach, describe, it, mock } from "node:test";

import { Outbox } from "../../pipeline/comb/review/static/outbox.js";
import { Server, Storage, settled, turn } from "./fake_server.js";
import { Drawer, openDrawer, openDrawers } from "../../pipeline/comb/review/static/unsent.js";

const code = (name) => ({ act: "code", start: 0, end: 4, code: name });
const conflict = { status: 409, body: { error: "changed", version: 7, transcript: { id: "t-01" } } };

let server;
let storage;
/** What the page shows; a reply raises it, as the page's model does. */
let shown;

const OWNER = { study: "a study", coder: "ada" };

function open({ transcript = "t-01", owner = OWNER, window } = {}) {
  return from(new Drawer(owner, transcript, window));
}

function from(drawer) {
  const outbox = new Outbox(drawer, () => shown);
  const events = [];
  for (const name of ["reply", "failed", "refused", "conflict"]) {
    outbox.addEventListener(name, (event) => events.push([name, event.detail.act?.code ?? event.detail.status ?? event.detail.act]));
  }
  outbox.addEventListener("reply", (event) => (shown = event.detail.reply.version));
  return { outbox, events };
}

const kept = () => [...storage.items.values()].flatMap((text) => JSON.parse(text)).map(({ act }) => act.code);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  server = new Server();
  storage = new Storage();
  shown = 0;
  globalThis.fetch = server.fetch.bind(server);
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
});

describe("an outbox whose server answers", () => {
  it("sends one act, and tells what the server answered", async () => {
    const { outbox } = open();
    assert.deepEqual(await outbox.push(code("a")), { version: 1, codings: [], suggestions: [], removed: [] });
    const [{ path, headers, acts: [act] }] = server.requests;
    assert.deepEqual([path, headers], ["/api/transcripts/t-01/acts", { "X-Comb": "1", "Content-Type": "application/json" }]);
    assert.match(act.id, /^[0-9a-f]{32}$/);
    assert.deepEqual(act, { base: 0, id: act.id, window: outbox.drawer.window, ...code("a") });
    assert.equal(outbox.size, 0);
  });

  it("sends acts in the order in which they were done, never two at once", async () => {
    const { outbox } = open();
    await Promise.all(["a", "b", "c", "d"].map((name) => outbox.push(code(name))));
    assert.deepEqual(server.committed, ["a", "b", "c", "d"]);
    assert.equal(server.most, 1);
  });

  it("keeps the order when acts come while one is under way", async () => {
    const { outbox } = open();
    const first = outbox.push(code("a"));
    await turn();
    await Promise.all([first, outbox.push(code("b")), outbox.flush(), outbox.push(code("c")), outbox.flush()]);
    await settled();
    assert.deepEqual(server.committed, ["a", "b", "c"]);
    assert.equal(server.most, 1);
  });

  it("bases each act on what the coder saw when it was done", async () => {
    const { outbox } = open();
    await outbox.push(code("a"));
    await Promise.all(["b", "c"].map((name) => outbox.push(code(name))));
    assert.deepEqual(server.sent.map(({ base }) => base), [0, 1, 1]);
  });

  it("sends what has waited together, twenty at most", async () => {
    const { outbox } = open();
    const names = Array.from({ length: 45 }, (_, index) => `c${index}`);
    await Promise.all(names.map((name) => outbox.push(code(name))));
    assert.deepEqual(server.committed, names);
    assert.deepEqual(server.requests.map(({ acts }) => acts.length), [1, 20, 20, 4]);
    assert.equal(server.requests[1].path, "/api/transcripts/t-01/queue");
  });

  it("sends again what the server did not come to", async () => {
    const { outbox } = open();
    server.next = ["commit", { most: 1 }];
    await Promise.all(["a", "b", "c", "d"].map((name) => outbox.push(code(name))));
    assert.deepEqual(server.committed, ["a", "b", "c", "d"]);
    assert.deepEqual(server.requests.map(({ acts }) => acts.length), [1, 3, 1, 1]);
  });

  it("tells each act's own answer to who did it", async () => {
    const { outbox } = open();
    const replies = await Promise.all(["a", "b", "c"].map((name) => outbox.push(code(name))));
    assert.deepEqual(replies.map(({ version }) => version), [1, 2, 3]);
  });

  it("sends undo and redo to their own addresses", async () => {
    const { outbox } = open({ transcript: "ward 3/é" });
    await outbox.push({ act: "undo" });
    await outbox.push({ act: "redo" });
    const at = "/api/transcripts/ward%203%2F%C3%A9";
    assert.deepEqual(server.requests.map(({ path }) => path), [`${at}/undo`, `${at}/redo`]);
    assert.deepEqual(server.sent.map((act) => Object.keys(act).sort()), Array(2).fill(["base", "id", "window"]));
  });
});

describe("an outbox whose server is away", () => {
  for (const [trouble, how] of [
    ["no answer", "away"],
    ["an error of its own", { status: 500, body: {} }],
    ["a gateway's error", { status: 502, body: {} }],
    ["signed out", { status: 401, body: {} }],
  ]) {
    it(`keeps everything, in order, and sends it later (${trouble})`, async () => {
      server.next = [how];
      const { outbox, events } = open();
      const all = Promise.all(["a", "b", "c"].map((name) => outbox.push(code(name))));
      await settled();
      assert.deepEqual(server.committed, []);
      assert.equal(outbox.size, 3);
      assert.deepEqual(kept(), ["a", "b", "c"]);
      assert.equal(events.length, 1);
      assert.equal(events[0][0], "failed");
      mock.timers.tick(1000);
      await all;
      assert.deepEqual(server.committed, ["a", "b", "c"]);
    });
  }

  it("waits longer each time, up to half a minute, and tries quickly again after a success", async () => {
    server.next = Array(7).fill("away");
    const { outbox } = open();
    const done = outbox.push(code("a"));
    for (const pause of [1000, 2000, 5000, 10000, 30000, 30000, 30000]) {
      await settled();
      const tries = server.requests.length;
      mock.timers.tick(pause - 1);
      await settled();
      assert.equal(server.requests.length, tries, `not before ${pause} ms`);
      mock.timers.tick(1);
      await settled();
      assert.equal(server.requests.length, tries + 1, `after ${pause} ms`);
    }
    await done;
    server.next = ["away"];
    const again = outbox.push(code("b"));
    await settled();
    mock.timers.tick(1000);
    await again;
    assert.deepEqual(server.committed, ["a", "b"]);
  });

  it("tries again with the same base: what the coder had seen has not changed", async () => {
    server.next = ["away", "away"];
    const { outbox } = open();
    const done = outbox.push(code("a"));
    await settled();
    shown = 7;
    mock.timers.tick(1000);
    await settled();
    mock.timers.tick(2000);
    await done;
    assert.deepEqual(server.sent.map(({ base }) => base), [0, 0, 0]);
    assert.equal(new Set(server.sent.map(({ id }) => id)).size, 1);
  });

  it("lets the server know an act again whose answer was lost", async () => {
    server.next = ["reply lost"];
    const { outbox, events } = open();
    void outbox.push(code("a"));
    await settled();
    mock.timers.tick(1000);
    await settled();
    assert.deepEqual(events.map(([name]) => name), ["failed", "reply"]);
    assert.deepEqual(server.committed, ["a"], "it is done once");
  });

  for (const status of [200, 404]) {
    it(`loses nothing to another program that has taken the address (${status})`, async () => {
      globalThis.document = { body: { dataset: { study: "a study" } } };
      server.next = [{ status, body: {} }];
      const { outbox } = open();
      void outbox.push(code("a"));
      await settled();
      delete globalThis.document;
      assert.deepEqual(kept(), ["a"]);
      mock.timers.tick(1000);
      await settled();
      assert.deepEqual(server.committed, ["a"]);
    });
  }

  it("waits for one pause at a time, the last", async () => {
    server.next = ["away", "away"];
    const { outbox } = open();
    void outbox.push(code("a"));
    await settled();
    void outbox.push(code("b")); // tries at once, and fails again
    await settled();
    mock.timers.tick(1000);
    await settled();
    assert.equal(server.requests.length, 2);
    mock.timers.tick(1000);
    await settled();
    assert.deepEqual(server.committed, ["a", "b"]);
  });

  it("does not send twice when the next act comes before the pause is over", async () => {
    server.next = ["away"];
    const { outbox } = open();
    const first = outbox.push(code("a"));
    await settled();
    const second = outbox.push(code("b"));
    await settled();
    mock.timers.tick(60000);
    await Promise.all([first, second]);
    await settled();
    assert.deepEqual(server.committed, ["a", "b"]);
    assert.deepEqual(server.requests.map(({ acts }) => acts.length), [1, 2]);
  });
});

describe("an outbox that is reloaded", () => {
  it("has kept what waits, while the first is under way", async () => {
    const { outbox } = open();
    for (const name of ["a", "b", "c"]) void outbox.push(code(name));
    assert.deepEqual(kept(), ["a", "b", "c"]);
    await settled();
  });

  it("forgets an act as soon as it is committed, and not before", async () => {
    const { outbox } = open();
    const first = outbox.push(code("a"));
    void outbox.push(code("b"));
    assert.deepEqual(kept(), ["a", "b"]);
    await first;
    assert.deepEqual(kept(), ["b"]);
    await settled();
    assert.equal(storage.items.size, 0);
  });

  it("sends what waited, in order, with ids and bases of before", async () => {
    server.next = ["away"];
    const { outbox } = open({ window: "w" });
    for (const name of ["a", "b"]) void outbox.push(code(name));
    await settled();
    const before = outbox.waiting.map(({ id }) => id);
    mock.timers.reset(); // the page is gone, and its timers with it
    mock.timers.enable({ apis: ["setTimeout"] });
    shown = 5;
    const after = open({ window: "w" }).outbox;
    assert.deepEqual(after.waiting.map(({ id }) => id), before);
    await after.push(code("c"));
    assert.deepEqual(server.committed, ["a", "b", "c"]);
    assert.deepEqual(server.sent.slice(-3).map(({ base, window }) => [base, window]), [[0, "w"], [0, "w"], [5, "w"]]);
  });

  it("takes over what closed windows left, in the order in which it was done", async () => {
    for (const [window, name, at] of [["w1", "b", 2], ["w2", "a", 1]]) new Drawer(OWNER, "t-01", window).write([{ act: code(name), id: name, base: 0, window, at }]);
    new Drawer(OWNER, "t-01", "w3", "consensus").write([{ act: { act: "adjudicate" }, id: "c", base: 0, window: "w3", at: 3 }]);
    assert.deepEqual((await openDrawers(OWNER)).map(({ transcript, about }) => [transcript, about]), [["t-01", ""], ["t-01", "consensus"]]);
    const { outbox } = from(await openDrawer(OWNER, "t-01"));
    await outbox.flush();
    assert.deepEqual(server.committed, ["a", "b"]);
    assert.deepEqual([...storage.items.values()].flatMap((text) => JSON.parse(text)).map(({ id }) => id), ["c"], "what was settled waits for its own page");
  });

  it("holds each study's, coder's and transcript's acts apart", async () => {
    server.next = ["away"];
    const { outbox } = open();
    void outbox.push(code("a"));
    await settled();
    for (const [owner, transcript] of [[{ ...OWNER, study: "another" }, "t-01"], [{ ...OWNER, coder: "ben" }, "t-01"], [OWNER, "t-02"]]) {
      assert.equal((await openDrawer(owner, transcript)).read().length, 0);
    }
    assert.equal((await openDrawer(OWNER, "t-01")).read().length, 1);
  });

  for (const broken of ["{", "null", "7", '{"act": 1}', '"a"']) {
    it(`starts empty where what was kept cannot be read: ${broken}`, async () => {
      storage.setItem(new Drawer(OWNER, "t-01", "w").key, broken);
      const { outbox } = from(await openDrawer(OWNER, "t-01"));
      assert.equal(outbox.size, 0);
      await outbox.push(code("a"));
      assert.deepEqual(server.committed, ["a"]);
    });
  }

  it("sends acts all the same where the storage is full", async () => {
    storage.full = true;
    const { outbox } = open();
    const all = Promise.all([outbox.push(code("a")), outbox.push(code("b"))]);
    assert.equal(outbox.kept, false, "and knows that the browser keeps nothing");
    await all;
    assert.deepEqual(server.committed, ["a", "b"]);
  });

  it("does no act twice that was kept before the storage was full", async () => {
    const { outbox } = open();
    const first = outbox.push(code("a"));
    storage.full = true;
    void outbox.push(code("b"));
    await first;
    void open({ window: outbox.drawer.window }).outbox.flush();
    await settled();
    assert.deepEqual(server.committed, ["a", "b"]);
  });
});

describe("an outbox in a conflict", () => {
  const stopped = async () => {
    server.next = [conflict];
    const made = open();
    const results = ["a", "b"].map((name) => made.outbox.push(code(name)));
    await settled();
    return { ...made, results };
  };

  it("stops, keeps everything, and says what it is about", async () => {
    const { outbox, events } = await stopped();
    assert.deepEqual(events, [["conflict", "a"]]);
    assert.deepEqual(kept(), ["a", "b"]);
    void outbox.push(code("c"));
    void outbox.flush();
    await settled();
    mock.timers.tick(60000);
    await settled();
    assert.equal(server.requests.length, 1);
  });

  it("does the act against what is there now, when the coder says so", async () => {
    const { outbox, results } = await stopped();
    shown = 4;
    server.version = 4;
    void outbox.resume();
    await Promise.all(results);
    assert.deepEqual(server.committed, ["a", "b"]);
    assert.deepEqual(server.sent.map(({ base }) => base), [0, 4, 0]);
  });

  it("drops that act, and no other, when the coder says so", async () => {
    const { outbox, results } = await stopped();
    shown = 4;
    server.version = 4;
    void outbox.drop();
    assert.equal(await results[0], null);
    assert.equal((await results[1]).version, 5);
    assert.deepEqual(server.committed, ["b"]);
    assert.equal(storage.items.size, 0);
  });
});

describe("an outbox whose act is refused", () => {
  for (const status of [400, 403, 404, 409]) {
    it(`drops it, says so, and goes on (${status})`, async () => {
      server.next = [{ status, body: { error: "no" } }];
      const { outbox, events } = open();
      const results = await Promise.all([outbox.push(code("a")), outbox.push(code("b"))]);
      assert.equal(results[0], null);
      assert.deepEqual(server.committed, ["b"]);
      assert.deepEqual(events, [["refused", "a"], ["reply", "b"]]);
    });
  }

  for (const status of [408, 429]) {
    it(`keeps it where the server only wants to be asked later (${status})`, async () => {
      server.next = [{ status, body: {} }];
      const { outbox } = open();
      const done = outbox.push(code("a"));
      await settled();
      assert.deepEqual(kept(), ["a"]);
      mock.timers.tick(1000);
      await done;
      assert.deepEqual(server.committed, ["a"]);
    });
  }
});

describe("what an outbox says of itself", () => {
  it("says each time that what waits has changed", async () => {
    const { outbox } = open();
    const sizes = [];
    outbox.addEventListener("change", () => sizes.push(outbox.size));
    await Promise.all([outbox.push(code("a")), outbox.push(code("b"))]);
    assert.equal(Math.max(...sizes), 2);
    assert.equal(sizes.at(-1), 0);
  });
});
