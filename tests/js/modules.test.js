// The reading page asks for all its modules at once. One that is not in that list is found late; one too many is fetched for nothing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

const review = new URL("../../pipeline/comb/review/", import.meta.url);
const read = (path) => readFileSync(new URL(path, review), "utf8");

/** @returns {Set<string>} the module and all that it imports */
function reached(module, found = new Set()) {
  if (found.has(module)) return found;
  found.add(module);
  for (const [, name] of read(`static/${module}.js`).matchAll(/^import .* from "\.\/(.+)\.js";$/gm)) reached(name, found);
  return found;
}

it("the reading page fetches ahead just the modules that it is made of", () => {
  const list = /for module in \[([^\]]+)\]/.exec(read("templates/modules.html"))[1];
  const listed = [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual(listed.sort(), [...reached("transcript")].sort());
});
