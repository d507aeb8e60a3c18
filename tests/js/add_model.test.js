/** What is about to be added. */

import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { Adding } from "../../pipeline/comb/review/static/add_model.js";

const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});

describe("files that are chosen before the server has made a place for them", () => {
  it("wait for it, and are not refused", async () => {
    /** @type {string[]} */
    const asked = [];
    globalThis.fetch = async (address) => {
      asked.push(String(address));
      if (String(address) !== "/api/add") return Response.json({ name: "P01.txt" });
      await new Promise((resolve) => setTimeout(resolve, 20));
      return Response.json({ batch: "b1", most: 1000, readable: "", codes: [] });
    };
    const adding = new Adding();
    const begun = adding.begin();
    await adding.take([{ name: "P01.txt", file: new File(["Why?"], "P01.txt") }], () => {});
    await begun;
    assert.deepEqual(adding.refused, []);
    assert.deepEqual([...adding.files.keys()], ["P01.txt"]);
    assert.deepEqual(asked, ["/api/add", "/api/add/b1/files"]);
  });

  it("may be chosen again after the server did not answer", async () => {
    let down = true;
    globalThis.fetch = async (address) => {
      if (down) throw new TypeError("no answer");
      return Response.json(String(address) === "/api/add" ? { batch: "b1", most: 1000, readable: "", codes: [] } : { name: "P01.txt" });
    };
    const adding = new Adding();
    const chosen = [{ name: "P01.txt", file: new File(["Why?"], "P01.txt") }];
    await assert.rejects(adding.begin());
    await assert.rejects(adding.take(chosen, () => {}));
    down = false;
    await adding.take(chosen, () => {});
    assert.deepEqual([...adding.files.keys()], ["P01.txt"]);
  });
});
