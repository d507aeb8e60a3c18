/** The codebook's colours, which the server has made visible on light and on dark paper. */

const dark = matchMedia("(prefers-color-scheme: dark)");
const GREY = { light: "#6B6B6B", dark: "#9A9A9A" };

/** Call back when the reader's system turns dark or light. @param {() => void} callback */
export const onScheme = (callback) => dark.addEventListener("change", callback);

/** @param {import("./types.js").Colour|undefined} color  grey where a code is not in the codebook @returns {string} */
export const legible = (color) => (color || GREY)[dark.matches ? "dark" : "light"];
