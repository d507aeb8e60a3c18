/** A thin map of the whole transcript: where suggestions and codings lie, and where the window is. Click or drag to go there. */

import { legible } from "./colours.js";

/** Event "go" (detail: offset). */
export class Overview extends EventTarget {
  /** @param {HTMLCanvasElement} canvas @param {import("./model.js").Model} model @param {import("./document.js").Document} doc */
  constructor(canvas, model, doc) {
    super();
    this.canvas = canvas;
    this.model = model;
    this.doc = doc;
    this.waiting = false;
    /** The marks, drawn once; only the frame moves when the page scrolls. */
    this.marks = document.createElement("canvas");
    addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && this.#go(event));
  }

  /** @param {PointerEvent} event */
  #go(event) {
    const box = this.canvas.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    this.dispatchEvent(new CustomEvent("go", { detail: Math.floor(part * (this.model.text.length - 1)) }));
  }

  #soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.#frame();
    });
  }

  /** Draw the marks that the filter shows, codings left and suggestions right, then the frame. */
  draw() {
    const ratio = devicePixelRatio || 1;
    const width = Math.round(this.canvas.clientWidth * ratio);
    const height = Math.round(this.canvas.clientHeight * ratio);
    for (const canvas of [this.canvas, this.marks]) Object.assign(canvas, { width, height });
    const context = this.marks.getContext("2d");
    const scale = height / Math.max(1, this.model.text.length);
    const least = Math.max(1.5, ratio);
    context.globalAlpha = 0.35;
    context.fillStyle = "#888888";
    for (const turn of this.model.turns) {
      if (turn.role === "participant") context.fillRect(0, turn.from * scale, 2 * ratio, Math.max(0.5, (turn.to - turn.from) * scale - 0.5));
    }
    const half = (width - 6 * ratio) / 2;
    for (const mark of this.model.ordered) {
      if (!this.doc.shown(mark) || mark.state === "rejected") continue;
      context.globalAlpha = mark.kind === "coding" ? 1 : 0.6;
      context.fillStyle = legible(this.model.codes.get(mark.code)?.color);
      const left = mark.kind === "coding" ? 4 * ratio : 5 * ratio + half;
      context.fillRect(left, mark.from * scale, half, Math.max(least, (mark.to - mark.from) * scale));
    }
    this.#frame();
  }

  #frame() {
    const { width, height } = this.canvas;
    if (!width || !height || !this.doc.leaves.length) return;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    context.drawImage(this.marks, 0, 0);
    const { from, to } = this.doc.visible();
    const scale = height / Math.max(1, this.model.text.length);
    const ink = getComputedStyle(this.canvas).color;
    context.strokeStyle = ink;
    context.fillStyle = ink;
    context.lineWidth = Math.max(1, devicePixelRatio);
    const tall = Math.max(6 * context.lineWidth, (to - from) * scale);
    context.globalAlpha = 0.12;
    context.fillRect(0, from * scale, width, tall);
    context.globalAlpha = 0.9;
    context.strokeRect(0.5, from * scale + 0.5, width - 1, tall - 1);
    context.globalAlpha = 1;
  }
}
