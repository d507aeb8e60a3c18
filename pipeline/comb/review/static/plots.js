/** Small pictures of figures, drawn from the numbers that stand beside them in a table. */

import { html, nothing, svg } from "./vendor/lit-html.js";

/** @typedef {[number|null, number|null, number|null]} Numbers  value, and the limits of its 95% interval */
/** @typedef {import("./types.js").CurvePoint} CurvePoint */

/** @param {number|null|undefined} value */
export const figure = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

/** A figure with its interval, as text. @param {Numbers} numbers */
export function spread([value, low, high]) {
  if (value === null) return html`<span class="hint">not measurable</span>`;
  return html`<span class="figure">${figure(value)}${low === null ? nothing : html` <small>${figure(low)} to ${figure(high)}</small>`}</span>`;
}

/** A dot with its interval, on an axis from 0 to 1; the dashed line is what is needed. @param {Numbers} numbers @param {number} needed @param {boolean} open */
export function whisker([value, low, high], needed, open) {
  if (value === null) return nothing;
  /** @param {number|null} x */
  const at = (x) => 5 + 90 * Math.min(Math.max(x ?? 0, 0), 1);
  return html`<svg class="whisker" viewBox="0 0 100 12" aria-hidden="true">
    <line class="axis" x1="5" x2="95" y1="6" y2="6"></line>
    <line class="needed-line" x1=${at(needed)} x2=${at(needed)} y1="1" y2="11"></line>
    ${low === null ? nothing : svg`<line class="bar" x1=${at(low)} x2=${at(high)} y1="6" y2="6"></line>`}
    <circle class=${open ? "dot" : "dot closed"} cx=${at(value)} cy="6" r="3.2"></circle></svg>`;
}

const [WIDE, HIGH, LEFT, LOW, TOP] = [480, 256, 40, 30, 24];

/** The learning curve: dots and bars measured, the dashed line and the band forecast. @param {CurvePoint[]} points @param {string} label */
export function curveChart(points, label) {
  const most = Math.max(...points.map((point) => point.transcripts), 1);
  const top = Math.max(0.1, Math.ceil(10 * Math.max(...points.flatMap((point) => point.kappa.map((value) => value ?? 0)))) / 10);
  /** @param {number} n */
  const x = (n) => LEFT + ((WIDE - LEFT - 10) * n) / most;
  /** @param {number|null} kappa */
  const y = (kappa) => HIGH - LOW - ((HIGH - LOW - TOP) * Math.max(kappa ?? 0, 0)) / top;
  const measured = points.filter((point) => point.kind === "measured" && point.kappa[0] !== null);
  const last = measured.at(-1);
  const ahead = [...(last ? [last] : []), ...points.filter((point) => point.kind === "forecast" && point.kappa[0] !== null)];
  /** @param {CurvePoint[]} list @param {0|1|2} side */
  const path = (list, side) => list.map((point) => `${x(point.transcripts)},${y(point.kappa[side] ?? point.kappa[0])}`);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * top);
  return html`<svg class="chart" viewBox="0 0 ${WIDE} ${HIGH}" role="img" aria-label=${label}>
    ${marks.map((mark) => svg`<line class="grid" x1=${LEFT} x2=${WIDE - 10} y1=${y(mark)} y2=${y(mark)}></line><text x=${LEFT - 6} y=${y(mark) + 4} text-anchor="end">${mark.toFixed(2)}</text>`)}
    ${[...new Set(points.map((point) => point.transcripts))].map((n) => svg`<text x=${x(n)} y=${HIGH - LOW + 16} text-anchor="middle">${n}</text>`)}
    <text x=${WIDE - 10} y=${HIGH - 2} text-anchor="end">coded transcripts</text><text x="4" y="9">kappa</text>
    ${ahead.length > 1 ? svg`<polygon class="ahead" points=${[...path(ahead, 1), ...path(ahead, 2).reverse()].join(" ")}></polygon>
      <polyline class="line forecast" points=${path(ahead, 0).join(" ")}></polyline>` : nothing}
    <polyline class="line" points=${path(measured, 0).join(" ")}></polyline>
    ${measured.map((point) => svg`<line class="bar" x1=${x(point.transcripts)} x2=${x(point.transcripts)} y1=${y(point.kappa[1])} y2=${y(point.kappa[2])}></line>
      <circle class="dot" cx=${x(point.transcripts)} cy=${y(point.kappa[0])} r="3.5"></circle>`)}</svg>`;
}

/** A bar from 0 to 1. @param {number|null} value */
export const bar = (value) => html`<svg class="whisker" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
  <rect class="track" x="0" y="3" width="100" height="6"></rect><rect class="decided" x="0" y="3" width=${100 * Math.min(value ?? 0, 1)} height="6"></rect></svg>`;
