/** What is about to be added: the files that were sent, what the server understood of them, and what was chosen and corrected. */

import { post, send } from "./api.js";

/**
 * @typedef {import("./types.js").Role} Role
 * @typedef {import("./types.js").Speaker} Speaker
 *
 * @typedef {{id: string, file: string, turns: number, segments: number, words: number, language: string, speakers: Speaker[], fresh: boolean,
 *   there: string, same: boolean, copies: string[]}} Transcript
 * @typedef {{transcript: string, spans: [number, number][], before: string, words: string, after: string}} Passage
 * @typedef {{row: number, of: string, transcript: string, quote: string, code: string, coder: string, problems: string[], remedies: string[], names: string[], passages: Passage[]}} RowToFix
 * @typedef {{row: number, quote: string, passage: Passage}} RepairedQuote
 * @typedef {{written: string, rows: number, nearest: string[]}} UnknownCode
 * @typedef {{file: string, rows: number, placed: number, coders: string[], codes: string[], unknown: UnknownCode[], to_fix: RowToFix[], later: number, transcripts: string[], by_column: boolean,
 *   repaired: RepairedQuote[], spellings: string[]}} Codings
 * @typedef {{file: string, what: string, remedy: string, details: string[], header: string[]}} Problem
 * @typedef {{files: string[], kinds: Record<string, string>, transcripts: Transcript[], codings: Codings[], problems: Problem[], notes: string[], names: number, ready: boolean}} Preview
 *
 * @typedef {{row: number, cells: Record<string, string>, transcript: string, spans: [number, number][]}} Fix
 * @typedef {{name: string, kind: string, fresh: boolean, encoding: string, coder: string, transcript: string, columns: Record<string, string>, participants: string[],
 *   codes: Record<string, string>, transcripts: Record<string, string>, rows: Fix[], left_out: number[], to_correct: number[]}} Handling
 * @typedef {{id: string, name: string}} Code
 * @typedef {{name: string, file: File}} Chosen  a file, under its own name or that of its place in a folder
 */

export class Adding {
  batch = "";
  most = 0;
  readable = "";
  /** @type {Code[]} */
  codes = [];
  /** By name. @type {Map<string, File>} */
  files = new Map();
  /** @type {Map<string, Handling>} */
  handlings = new Map();
  /** What a person says of a speaker, by transcript and speaker. @type {Map<string, Role>} */
  roles = new Map();
  /** @type {Preview|null} */
  preview = null;
  /** Files that were refused, with why. @type {{name: string, why: string}[]} */
  refused = [];
  /** What is being done; empty while nothing is. */
  busy = "";

  /** The server's place for the files, once it was asked for. @type {Promise<void>|null} */
  #begun = null;

  /** Have the server make a place for the files: once, unless that fails. */
  begin() {
    this.#begun ??= post("/api/add").then(
      (place) => void Object.assign(this, place),
      (error) => {
        this.#begun = null;
        throw error;
      },
    );
    return this.#begun;
  }

  /** @param {Chosen[]} chosen @param {() => void} draw */
  async take(chosen, draw) {
    await this.begin();
    for (const [index, { name, file }] of chosen.entries()) {
      this.busy = `Sending ${index + 1} of ${chosen.length}: ${name}`;
      draw();
      if (file.size > this.most) {
        this.refused.push({ name, why: `larger than ${Math.round(this.most / 1e6)} MB` });
        continue;
      }
      try {
        const done = await send(this.path("files"), file, name);
        this.files.set(done.name.split("/")[0], file);
      } catch (error) {
        const { message, remedy = "" } = /** @type {import("./api.js").ApiError} */ (error);
        this.refused.push({ name, why: `${message}. ${remedy}` });
      }
    }
  }

  /** Ask what the server understands of the files as they are handled now. */
  async look() {
    try {
      this.preview = this.files.size ? await post(this.path("preview"), this.asked()) : null;
    } finally {
      this.busy = "";
    }
  }

  /** @returns {Promise<{notes: string[], transcripts: string[]}>} */
  async apply() {
    return post(this.path("apply"), this.asked());
  }

  async discard() {
    await post(this.path("discard"));
  }

  /** @param {string} name */
  async remove(name) {
    await post(this.path("remove"), { name });
    this.files.delete(name);
    this.handlings.delete(name);
  }

  /** Send a file once more, under another name. @param {string} name @param {string} other */
  async rename(name, other) {
    const file = this.files.get(name);
    if (!file || !other || other === name) return;
    const done = await send(this.path("files"), file, other);
    await this.remove(name);
    this.files.set(done.name, file);
  }

  /** @param {string} name @returns {Handling} how a file is to be brought in, to be changed */
  of(name) {
    const known = this.handlings.get(name);
    if (known) return known;
    /** @type {Handling} */
    const made = { name, kind: "", fresh: false, encoding: "", coder: "", transcript: "", columns: {}, participants: [], codes: {}, transcripts: {}, rows: [], left_out: [], to_correct: [] };
    this.handlings.set(name, made);
    return made;
  }

  /** @param {Transcript} transcript @param {Speaker} speaker @returns {Role|null} */
  role(transcript, speaker) {
    return this.roles.get(key(transcript.id, speaker.speaker)) ?? speaker.role;
  }

  /** @param {Transcript} transcript @param {Speaker} speaker */
  confirmed(transcript, speaker) {
    return speaker.source !== "proposed" || this.roles.has(key(transcript.id, speaker.speaker));
  }

  /** @param {Transcript} transcript @param {Speaker} speaker @param {Role} role */
  say(transcript, speaker, role) {
    this.roles.set(key(transcript.id, speaker.speaker), role);
  }

  /** Confirm all roles as they are proposed. */
  confirmAll() {
    for (const one of this.preview?.transcripts ?? [])
      for (const speaker of one.speakers) {
        const role = this.role(one, speaker);
        if (role && !this.confirmed(one, speaker)) this.say(one, speaker, role);
      }
  }

  /** Speakers of whom nobody has said who they are. */
  get open() {
    return (this.preview?.transcripts ?? []).flatMap((one) => one.speakers.filter((speaker) => !this.confirmed(one, speaker)));
  }

  /** Correct one row, or take back that it was left. @param {string} file @param {number} row @param {Partial<Fix>} change */
  fix(file, row, change) {
    const given = this.of(file);
    const old = given.rows.find((one) => one.row === row) ?? { row, cells: {}, transcript: "", spans: [] };
    given.rows = [...given.rows.filter((one) => one.row !== row), { ...old, ...change, cells: { ...old.cells, ...change.cells } }];
  }

  /** @param {string} file @returns {number} how many rows and codes were corrected or set aside */
  corrected(file) {
    const given = this.of(file);
    return given.rows.length + given.left_out.length + given.to_correct.length + Object.keys(given.codes).length + Object.keys(given.transcripts).length;
  }

  /** @param {string} file */
  takeBack(file) {
    Object.assign(this.of(file), { rows: [], left_out: [], to_correct: [], codes: {}, transcripts: {} });
  }

  asked() {
    const there = new Set((this.preview?.transcripts ?? []).flatMap((one) => one.speakers.map((speaker) => key(one.id, speaker.speaker))));
    const speakers = [...this.roles].filter(([name]) => there.has(name)).map(([name, role]) => {
      const [transcript, speaker] = name.split("\u0000");
      return { transcript, speaker, role };
    });
    return { files: [...this.handlings.values()].filter((one) => this.files.has(one.name)), speakers };
  }

  /** @param {string} rest */
  path(rest) {
    return `/api/add/${this.batch}/${rest}`;
  }
}

/** @param {string} transcript @param {string} speaker */
const key = (transcript, speaker) => `${transcript}\u0000${speaker}`;
