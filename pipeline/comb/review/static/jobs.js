/** A job of the workspace: started, followed while it runs, cancelled, and what came of it. */

import { get, post, whatWentWrong } from "./api.js";
import { alarm, calm, say } from "./say.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Job} Job */

const PAUSE = 700;
/** @type {Record<string, [string, string]>} */
const MARKS = { waiting: ["·", "waiting"], running: ["▸", "running"], done: ["✓", "done"], skipped: ["✓", "up to date already"] };

/** Follows the study's job for a page that draws it. */
export class Follower {
  /** @param {(job: Job|null) => void} draw @param {(job: Job) => void} ended  called once when a job has ended */
  constructor(draw, ended) {
    this.draw = draw;
    this.ended = ended;
    /** @type {Job|null} */
    this.job = null;
    this.timer = 0;
  }

  /** Take the job as the server told it. @param {Job|null} job */
  take(job) {
    const before = this.job;
    this.job = job;
    clearTimeout(this.timer);
    if (job?.state === "running") this.timer = setTimeout(() => void this.ask(), PAUSE);
    this.draw(job);
    if (!job || before?.number !== job.number || before.state !== "running" || job.state === "running") return;
    say({ done: `${job.name}: done.`, failed: `${job.name} stopped.`, cancelled: `${job.name} was cancelled.`, running: "" }[job.state]);
    this.ended(job);
  }

  async ask() {
    try {
      this.take((await get("/api/jobs")).job);
    } catch {
      this.timer = setTimeout(() => void this.ask(), 5 * PAUSE);
    }
  }

  /** @param {string} kind @param {Record<string, unknown>} [options] */
  async start(kind, options = {}) {
    await this.guarded(async () => {
      say("Writing the codings to the study’s files…");
      const { job, notes } = await post("/api/jobs", { kind, ...options });
      say(notes.length ? notes.join(" ") : `${job.name} has started.`);
      this.take(job);
    });
  }

  async cancel() {
    await this.guarded(async () => this.take((await post("/api/jobs/cancel")).job));
  }

  get running() {
    return this.job?.state === "running";
  }

  /** @param {() => Promise<void>} run */
  async guarded(run) {
    calm();
    try {
      await run();
    } catch (error) {
      alarm(...whatWentWrong(error));
    }
  }
}

/** @param {Follower} follower @param {readonly string[]} kinds  kinds of jobs that the page is about @param {boolean} lead */
export function jobCard(follower, kinds, lead) {
  const job = follower.job;
  if (!job || (!kinds.includes(job.kind) && job.state !== "running")) return nothing;
  return html`<section class="card job" aria-label=${job.name}>
    <div class="row"><h2>${heading(job)}</h2>${job.state === "running" && lead
      ? html`<span class="commands"><button type="button" @click=${() => void follower.cancel()}>Cancel</button></span>`
      : nothing}</div>
    ${job.state === "running" ? running(job) : nothing}
    ${job.state === "cancelled" ? html`<p>Nothing is lost: all files are intact, and finished steps are kept.</p>` : nothing}
    ${job.error ? failure(job.error) : nothing}
    ${job.result.map((sentence) => html`<p>${sentence}</p>`)}
    ${job.notes.length ? html`<details><summary>Notes</summary>${job.notes.map((note) => html`<p>${note}</p>`)}</details>` : nothing}
  </section>`;
}

/** @param {Job} job */
function heading(job) {
  return { running: `${job.name}…`, done: `${job.name}: done`, failed: `${job.name} stopped`, cancelled: `${job.name} was cancelled` }[job.state];
}

/** @param {Job} job */
function running(job) {
  const now = job.steps.find((step) => step.state === "running");
  return html`<progress max="1" .value=${job.fraction} aria-label="Progress"></progress>
    <p class="hint">${Math.round(job.fraction * 100)}%${now ? ` · ${now.words}` : ""}${job.words ? ` · ${job.words}` : ""}</p>
    <ol class="steps">${job.steps.map((step) => {
      const [mark, words] = MARKS[step.state];
      return html`<li class=${step.state}><span class="mark" aria-hidden="true">${mark}</span>${step.words}<span class="away">: ${words}</span></li>`;
    })}</ol>
    <p class="hint">You can go on coding meanwhile; new codings will be used next time.</p>`;
}

/** @param {NonNullable<Job["error"]>} error */
function failure(error) {
  return html`<p class="wrong"><strong>${error.where ? `${error.where}: ` : ""}${error.what}.</strong> ${error.remedy}</p>
    ${error.details.length ? html`<ul>${error.details.map((line) => html`<li>${line}</li>`)}</ul>` : nothing}`;
}
