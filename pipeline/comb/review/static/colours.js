/** The codebook's colours, made visible on light and on dark paper (contrast 3:1 at least, WCAG 1.4.11). */

const ENOUGH = 3.2;
const dark = matchMedia("(prefers-color-scheme: dark)");
/** @type {Map<string, string>} */
const known = new Map();
dark.addEventListener("change", () => known.clear());

/** Call back when the reader's system turns dark or light. @param {() => void} callback */
export const onScheme = (callback) => dark.addEventListener("change", callback);

const GREY = "#777777";

/** @param {string|undefined} color "#RRGGBB"; grey where a code is not in the codebook @returns {string} the same hue, as light or dark as the paper needs */
export function legible(color) {
  const asked = color || GREY;
  let made = known.get(asked);
  if (!made) {
    made = shade(asked);
    known.set(asked, made);
  }
  return made;
}

/** @param {string} color */
function shade(color) {
  const paper = dark.matches ? [23, 24, 27] : [251, 250, 247];
  const towards = dark.matches ? 255 : 0;
  const rgb = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  for (let part = 0; part < 1; part += 0.04) {
    const mixed = rgb.map((value) => Math.round(value + (towards - value) * part));
    if (contrast(mixed, paper) >= ENOUGH) return `rgb(${mixed.join(" ")})`;
  }
  return dark.matches ? "#fff" : "#000";
}

/** @param {number[]} a @param {number[]} b @returns {number} contrast ratio after WCAG 2 */
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** @param {number[]} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
