// What a coder decides is sent once, in order, and is never lost: not when the server is away, and not by a reload.
import assert from "node:assert/strict";
import { beforeEach, describe, it, mock } from "node:test";

import { Outbox } from "../../pipeline/comb/review/static/outbox.js";

/** The tab's own storage, which outlives a reload. */
class Storage {
  constructor() {
    this.items = new Map();
    this.full = false;
  }

  getItem(key) {
    return this.items.get(key) ?? null;
  }

  setItem(key, value) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.items.set(key, value);
  }

  removeItem(key) {
    this.items.delete(key);
  }
}

/** A server that commits what it is sent; `next` says how it treats the requests to come. */
class Server {
  constructor() {
    this.requests = [];
    this.committed = [];
    this.version = 0;
    this.next = [];
    this.running = 0;
    this.most = 0;
  }

  async fetch(path, { body, headers }) {
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    const sent = JSON.parse(body);
    this.requests.push({ path, headers, ...sent });
    await turn();
    this.running -= 1;
    const how = this.next.shift() ?? "commit";
    if (how === "away") throw new TypeError("fetch failed");
    if (typeof how === "object") return Response.json(how.body, { status: how.status });
    this.version += 1;
    this.committed.push(sent.code ?? sent.act ?? path);
    if (how === "reply lost") throw new TypeError("fetch failed");
    return Response.json(this.reply());
  }

  reply() {
    return { version: this.version, codings: [], suggestions: [], removed: [] };
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function settled() {
  for (let step = 0; step < 60; step += 1) await turn();
}

const code = (name) => ({ act: "code", start: 0, end: 4, code: name });
const conflict = { status: 409, body: { error: "changed", transcript: { id: "t-01" } } };

let server;
let storage;
/** What the page shows; a reply raises it, as the page's model does. */
let shown;

function open({ transcript = "t-01", coder = "ada" } = {}) {
  const outbox = new Outbox(transcript, coder, () => shown);
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
  Object.defineProperty(globalThis, "sessionStorage", { value: storage, configurable: true });
});

describe("an outbox whose server answers", () => {
  it("sends one act, and tells what the server answered", async () => {
    const { outbox } = open();
    assert.deepEqual(await outbox.push(code("a")), { version: 1, codings: [], suggestions: [], removed: [] });
    assert.deepEqual(server.requests, [
      { path: "/api/transcripts/t-01/acts", headers: { "X-Comb": "1", "Content-Type": "application/json" }, base: 0, ...code("a") },
    ]);
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

  it("bases each act on what the one before left", async () => {
    const { outbox } = open();
    await Promise.all(["a", "b", "c"].map((name) => outbox.push(code(name))));
    assert.deepEqual(server.requests.map(({ base }) => base), [0, 1, 2]);
  });

  it("tells each act's own answer to who did it", async () => {
    const { outbox } = open();
    const replies = await Promise.all(["a", "b", "c"].map((name) => outbox.push(code(name))));
    assert.deepEqual(replies.map(({ version }) => version), [1, 2, 3]);
  });

  it("sends undo and redo to their own addresses, with nothing but the base", async () => {
    const { outbox } = open({ transcript: "ward 3/é" });
    await outbox.push({ act: "undo" });
    await outbox.push({ act: "redo" });
    const sent = server.requests.map(({ path, headers, ...rest }) => [path, Boolean(headers), rest]);
    const at = "/api/transcripts/ward%203%2F%C3%A9";
    assert.deepEqual(sent, [[`${at}/undo`, true, { base: 0 }], [`${at}/redo`, true, { base: 1 }]]);
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
    assert.deepEqual(server.requests.map(({ base }) => base), [0, 0, 0]);
  });

  it("lets the server know an act again whose answer was lost", async () => {
    server.next = ["reply lost", conflict];
    const { outbox, events } = open();
    void outbox.push(code("a"));
    await settled();
    mock.timers.tick(1000);
    await settled();
    assert.deepEqual(server.requests.map(({ base, code: name }) => [base, name]), [[0, "a"], [0, "a"]]);
    assert.deepEqual(events.map(([name]) => name), ["failed", "conflict"]);
    assert.deepEqual(server.committed, ["a"], "the server had it, and is not told to do it against a newer version");
  });

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
    assert.equal(server.requests.length, 3);
  });
});

describe("an outbox that is reloaded", () => {
  it("has kept what waits, while the first is under way", async () => {
    const { outbox } = open();
    for (const name of ["a", "b", "c"]) void outbox.push(code(name));
    assert.deepEqual(kept(), ["a", "b", "c"]);
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

  it("sends what waited, in order and with the base of before", async () => {
    server.next = ["away"];
    const { outbox } = open();
    for (const name of ["a", "b"]) void outbox.push(code(name));
    await settled();
    mock.timers.reset(); // the page is gone, and its timers with it
    mock.timers.enable({ apis: ["setTimeout"] });
    shown = 5;
    const after = open().outbox;
    assert.equal(after.size, 2);
    void after.push(code("c"));
    await settled();
    assert.deepEqual(server.committed, ["a", "b", "c"]);
    assert.deepEqual(server.requests.slice(1).map(({ base }) => base), [0, 1, 2]);
  });

  it("holds each coder's and each transcript's acts apart", async () => {
    server.next = ["away"];
    const { outbox } = open();
    void outbox.push(code("a"));
    await settled();
    assert.equal(open({ transcript: "t-02" }).outbox.size, 0);
    assert.equal(open({ coder: "ben" }).outbox.size, 0);
    assert.equal(open().outbox.size, 1);
  });

  for (const broken of ["{", "null", "7", '{"act": 1}', '"a"']) {
    it(`starts empty where what was kept cannot be read: ${broken}`, async () => {
      storage.setItem("comb:outbox:ada:t-01", broken);
      const { outbox } = open();
      assert.equal(outbox.size, 0);
      await outbox.push(code("a"));
      assert.deepEqual(server.committed, ["a"]);
    });
  }

  it("sends acts all the same where the storage is full", async () => {
    storage.full = true;
    const { outbox } = open();
    await Promise.all([outbox.push(code("a")), outbox.push(code("b"))]);
    assert.deepEqual(server.committed, ["a", "b"]);
  });

  it("sends no act again that was kept before the storage was full", async () => {
    const { outbox } = open();
    const first = outbox.push(code("a"));
    storage.full = true;
    void outbox.push(code("b"));
    await first;
    void open().outbox.flush();
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
    assert.deepEqual(server.requests.map(({ base }) => base), [0, 4, 5]);
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
