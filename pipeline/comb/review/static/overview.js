/** A thin map of the whole transcript: where suggestions and codings lie, and where the window is. Click or drag to go there. */

import { legible } from "./colours.js";
import { oncePerFrame } from "./frames.js";

const LEAST = 10;

/** Event "go" (detail: offset). */
export class Overview extends EventTarget {
  /** @param {HTMLElement} box @param {import("./model.js").Model} model @param {import("./document.js").Document} doc */
  constructor(box, model, doc) {
    super();
    this.box = box;
    this.model = model;
    this.doc = doc;
    this.canvas = /** @type {HTMLCanvasElement} */ (box.querySelector("canvas"));
    this.frame = /** @type {HTMLElement} */ (box.querySelector(".frame"));
    addEventListener("scroll", oncePerFrame(() => this.#place()), { passive: true });
    /** Redraw the marks soon. */
    this.draw = oncePerFrame(() => this.#paint());
    new ResizeObserver(this.draw).observe(box);
    box.addEventListener("pointerdown", (event) => {
      box.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    box.addEventListener("pointermove", (event) => event.buttons && this.#go(event));
  }

  /** @param {PointerEvent} event */
  #go(event) {
    const { top, height } = this.box.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientY - top) / height));
    this.dispatchEvent(new CustomEvent("go", { detail: Math.floor(part * (this.model.text.length - 1)) }));
  }

  /** Codings left and suggestions right, as the filter shows them; a thin line where participants speak. */
  #paint() {
    const ratio = devicePixelRatio || 1;
    const width = Math.round(this.box.clientWidth * ratio);
    const height = Math.round(this.box.clientHeight * ratio);
    if (!width || !height) return;
    Object.assign(this.canvas, { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const scale = height / Math.max(1, this.model.text.length);
    context.globalAlpha = 0.35;
    context.fillStyle = "#888888";
    for (const turn of this.model.turns) {
      if (turn.role === "participant") context.fillRect(0, turn.from * scale, 2 * ratio, Math.max(0.5, (turn.to - turn.from) * scale - 0.5));
    }
    const half = (width - 6 * ratio) / 2;
    for (const mark of this.model.ordered) {
      if (mark.state === "rejected" || !this.doc.shown(mark)) continue;
      context.globalAlpha = mark.kind === "coding" ? 1 : 0.6;
      context.fillStyle = legible(this.model.codes.get(mark.code)?.color);
      const left = mark.kind === "coding" ? 4 * ratio : 5 * ratio + half;
      context.fillRect(left, mark.from * scale, half, Math.max(1.5, (mark.to - mark.from) * scale));
    }
    this.#place();
  }

  /** Put the frame around what the window shows. */
  #place() {
    const height = this.box.clientHeight;
    if (!height || !this.doc.leaves.length) return;
    const { from, to } = this.doc.visible();
    const scale = height / Math.max(1, this.model.text.length);
    const tall = Math.max(LEAST, (to - from) * scale);
    this.frame.style.height = `${tall}px`;
    this.frame.style.transform = `translateY(${Math.min(height - tall, from * scale)}px)`;
  }
}
