/** A codebook that somebody changes while the page is open is taken in without a reload. */

import { get } from "./api.js";
import { say } from "./say.js";

const EVERY = 20000;

/** @param {import("./app.js").App} app @param {() => void} redraw */
export function followCodebook(app, redraw) {
  let known = JSON.stringify(app.model.codebook);
  const look = async () => {
    if (document.visibilityState === "hidden") return;
    const codebook = await get("/api/codebook").catch(() => null);
    const now = JSON.stringify(codebook);
    if (!codebook || now === known) return;
    known = now;
    app.model.takeCodebook(codebook);
    redraw();
    say("The codebook has changed; this page now shows the new version.");
  };
  addEventListener("focus", () => void look());
  document.addEventListener("visibilitychange", () => void look());
  setInterval(() => void look(), EVERY);
}
