// What a lead settles waits in an outbox of its own, and goes where it belongs.
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { Outbox } from "../../pipeline/comb/review/static/outbox.js";
import { Server, Storage, settled } from "./fake_server.js";
import { CONSENSUS, Drawer } from "../../pipeline/comb/review/static/unsent.js";

const settle = { act: "adjudicate", start: 0, end: 4, codes: [] };
let server;

const open = () => new Outbox(new Drawer({ study: "a study", coder: "ada" }, "t-01", "w", CONSENSUS), () => 0);

beforeEach(() => {
  server = new Server();
  globalThis.fetch = server.fetch.bind(server);
  Object.defineProperty(globalThis, "localStorage", { value: new Storage(), configurable: true });
});

describe("an outbox of the consensus", () => {
  it("sends what was settled, and its undo, where they belong", async () => {
    const outbox = open();
    await outbox.push(settle);
    await outbox.push({ act: "undo", coder: CONSENSUS });
    assert.deepEqual(server.requests.map(({ path }) => path), ["adjudicate", "undo"].map((rest) => `/api/transcripts/t-01/${rest}`));
  });

  it("waits for the coder at a conflict, which comes without a transcript", async () => {
    server.next = [{ status: 409, body: { error: "changed", version: 7 } }];
    const outbox = open();
    let asked = 0;
    outbox.addEventListener("conflict", () => (asked += 1));
    void outbox.push(settle);
    await settled();
    assert.deepEqual([asked, outbox.size], [1, 1]);
  });
});
