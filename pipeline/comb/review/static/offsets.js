/** Code points to UTF-16 units and back, and the edges of words, sentences and what a reader takes for one character. */

/** Converts offsets of one text. The server counts code points; JavaScript's strings count UTF-16 units. */
export class Offsets {
  /** @param {string} text */
  constructor(text) {
    this.length = text.length;
    /** Code-point offsets of the characters that take two units, in order. @type {number[]} */
    this.wide = [];
    let point = 0;
    for (let unit = 0; unit < text.length; unit += 1, point += 1) {
      const code = text.charCodeAt(unit);
      if (code >= 0xd800 && code < 0xdc00 && unit + 1 < text.length) {
        const next = text.charCodeAt(unit + 1);
        if (next >= 0xdc00 && next < 0xe000) {
          this.wide.push(point);
          unit += 1;
        }
      }
    }
  }

  /** @param {number} point @returns {number} the UTF-16 offset of a code-point offset */
  toUnit(point) {
    return point + countBelow(this.wide, (value) => value < point);
  }

  /** @param {number} unit @returns {number} the code-point offset of a UTF-16 offset; inside a pair, that of its start */
  toPoint(unit) {
    return unit - countBelow(this.wide, (value, index) => value + index < unit);
  }
}

/**
 * How many leading items satisfy a test that holds for a prefix of them.
 * @template T
 * @param {ArrayLike<T>} items
 * @param {(item: T, index: number) => boolean} test
 * @returns {number}
 */
export function countBelow(items, test) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(items[middle], middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const words = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * Widen a span so that it cuts no character as a reader sees it: an emoji of several code points, a letter and its accent.
 * @param {string} text
 * @param {number} from
 * @param {number} to
 * @returns {{from: number, to: number}}
 */
export function wholeCharacters(text, from, to) {
  return { from: edge(text, from, false), to: edge(text, to, true) };
}

/** @param {string} text @param {number} at @param {boolean} forward */
function edge(text, at, forward) {
  // No character goes over the end of a line; anywhere else a cut may fall into one, and shift what follows.
  const base = at > 0 ? text.lastIndexOf("\n", at - 1) + 1 : 0;
  const end = text.indexOf("\n", at);
  const line = text.slice(base, end < 0 ? undefined : end + 1);
  const inside = graphemes.segment(line).containing(at - base);
  if (!inside || inside.index === at - base) return at;
  return base + inside.index + (forward ? inside.segment.length : 0);
}

/**
 * Trim white space off both ends of a span.
 * @param {string} text
 * @param {number} from
 * @param {number} to
 */
export function trimmed(text, from, to) {
  while (from < to && /\s/u.test(text[from])) from += 1;
  while (to > from && /\s/u.test(text[to - 1])) to -= 1;
  return { from, to };
}

/**
 * The edges of words between two offsets: where each word starts, or where each ends.
 * @param {string} text
 * @param {number} from
 * @param {number} to
 * @param {"start"|"end"} which
 * @returns {number[]}
 */
export function wordEdges(text, from, to, which) {
  const edges = [];
  for (const part of words.segment(text.slice(from, to))) {
    if (part.isWordLike) edges.push(from + part.index + (which === "end" ? part.segment.length : 0));
  }
  return edges;
}
