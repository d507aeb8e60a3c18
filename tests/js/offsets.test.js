// The server counts Unicode code points, the browser UTF-16 units. A wrong conversion puts a code on other words.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Offsets, countBelow, trimmed, wholeCharacters, wordEdges } from "../../pipeline/comb/review/static/offsets.js";

const TEXTS = {
  empty: "",
  ascii: "I never had the time.",
  accents: "Zoë wasn’t à l’aise",
  "a letter and a combining accent": "cafe\u0301 now",
  "an emoji first": "😀 so glad",
  "an emoji last": "so glad 😀",
  "emoji side by side": "😀😀😀",
  "a family, which is seven code points": "we are 👨‍👩‍👧‍👦 four",
  flags: "from 🇳🇱 to 🇬🇧",
  "Chinese beyond the basic plane": "𠮷野家 𠮷",
  "half a pair": "a\ud83d b\ude00 c",
  "two second halves": "a\ude00\ude01b",
  "half a pair before a whole one": "\ud83d😀",
};

/** @returns {string[]} the code points of a text, as an independent reading of it */
const points = (text) => Array.from(text);

for (const [name, text] of Object.entries(TEXTS)) {
  describe(`Offsets of ${name}`, () => {
    const offsets = new Offsets(text);
    const all = points(text);

    it("turns each code-point offset into the unit at which that code point starts", () => {
      for (let point = 0; point <= all.length; point += 1) {
        assert.equal(offsets.toUnit(point), all.slice(0, point).join("").length, `point ${point}`);
      }
    });

    it("turns that unit back into the code-point offset", () => {
      for (let point = 0; point <= all.length; point += 1) assert.equal(offsets.toPoint(offsets.toUnit(point)), point);
    });

    it("takes the inside of a pair for the start of its character", () => {
      all.forEach((character, point) => {
        if (character.length === 2) assert.equal(offsets.toPoint(offsets.toUnit(point) + 1), point);
      });
    });

    it("gives the same words as the server cuts", () => {
      for (let start = 0; start <= all.length; start += 1) {
        for (let end = start; end <= all.length; end += 1) {
          assert.equal(text.slice(offsets.toUnit(start), offsets.toUnit(end)), all.slice(start, end).join(""));
        }
      }
    });
  });
}

describe("Offsets of a long text", () => {
  it("agrees with counting from the start, at thousands of places", () => {
    const parts = ["a", "é", "e\u0301", "\n", " ", "😀", "𠮷", "🇳🇱", "文"];
    let seed = 7;
    const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
    const all = points(Array.from({ length: 4000 }, () => parts[random(parts.length)]).join(""));
    const offsets = new Offsets(all.join(""));
    let unit = 0;
    all.forEach((character, point) => {
      assert.equal(offsets.toUnit(point), unit);
      assert.equal(offsets.toPoint(unit), point);
      unit += character.length;
    });
    assert.equal(offsets.toUnit(all.length), unit);
    assert.equal(offsets.length, unit);
  });
});

describe("countBelow", () => {
  const isBelow = (limit) => (value) => value < limit;

  it("counts the leading items that pass", () => {
    for (let limit = -1; limit <= 6; limit += 1) assert.equal(countBelow([0, 1, 2, 3, 4], isBelow(limit)), Math.min(5, Math.max(0, limit)));
  });

  it("is 0 for no items", () => assert.equal(countBelow([], () => true), 0));

  it("passes each item's own index", () => {
    countBelow(["a", "b", "c"], (item, index) => {
      assert.equal(item, "abc"[index]);
      return true;
    });
  });
});

describe("wholeCharacters", () => {
  const whole = (text, from, to) => {
    const span = wholeCharacters(text, from, to);
    return text.slice(span.from, span.to);
  };

  it("leaves a span that cuts nothing as it is", () => {
    assert.deepEqual(wholeCharacters("one two", 4, 7), { from: 4, to: 7 });
    assert.deepEqual(wholeCharacters("one two", 0, 7), { from: 0, to: 7 });
  });

  it("cuts no emoji, whichever end falls into it", () => {
    assert.equal(whole("a😀b", 2, 4), "😀b");
    assert.equal(whole("a😀b", 0, 2), "a😀");
  });

  it("keeps a letter and its accent together", () => {
    assert.equal(whole("cafe\u0301 now", 0, 4), "cafe\u0301");
    assert.equal(whole("cafe\u0301 now", 4, 9), "e\u0301 now");
  });

  it("keeps a family and a flag whole", () => {
    const family = "👨‍👩‍👧‍👦";
    for (let at = 1; at < family.length; at += 1) assert.equal(whole(`x${family}y`, 1, 1 + at), family);
    assert.equal(whole("x🇳🇱y", 3, 6), "🇳🇱y");
  });

  it("does so far into a text, in a row of flags as long as you like", () => {
    const flags = 60;
    const text = `${"word ".repeat(100)}${"🇳🇱".repeat(flags)} end`;
    for (let flag = 0; flag < flags; flag += 1) {
      const at = 500 + 4 * flag;
      assert.deepEqual(wholeCharacters(text, at + 2, at + 4), { from: at, to: at + 4 }, `flag ${flag}`);
    }
  });

  it("does so where a letter carries more accents than anybody writes", () => {
    const letter = `o${"\u0301".repeat(200)}`;
    assert.equal(whole(`n${letter}t`, 150, 203), `${letter}t`);
    assert.equal(whole(`n${letter}t`, 0, 20), `n${letter}`);
  });

  it("takes a line's end for one character", () => assert.equal(whole("a\r\nb", 2, 4), "\r\nb"));
});

describe("trimmed", () => {
  it("takes white space off both ends", () => assert.deepEqual(trimmed("  one two \n", 0, 11), { from: 2, to: 9 }));
  it("knows the space that does not break", () => assert.deepEqual(trimmed("\u00a0one\u2003", 0, 5), { from: 1, to: 4 }));
  it("leaves what is inside", () => assert.deepEqual(trimmed("one  two", 0, 8), { from: 0, to: 8 }));
  it("ends empty where there is nothing but white space", () => {
    const { from, to } = trimmed(" \n ", 0, 3);
    assert.equal(from, to);
  });
  it("stays within the span", () => assert.deepEqual(trimmed("a b c", 1, 4), { from: 2, to: 3 }));
});

describe("wordEdges", () => {
  const text = "So, it’s fine – don't";

  it("tells where words start, and not where commas do", () => {
    assert.deepEqual(wordEdges(text, 0, text.length, "start").map((at) => text.slice(at, at + 2)), ["So", "it", "fi", "do"]);
  });

  it("tells where words end", () => {
    assert.deepEqual(wordEdges(text, 0, text.length, "end").map((at) => text.slice(at - 2, at)), ["So", "’s", "ne", "'t"]);
  });

  it("counts from the start of the text, not of the part", () => assert.deepEqual(wordEdges("one two", 4, 7, "start"), [4]));
});
