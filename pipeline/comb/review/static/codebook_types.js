/**
 * The codebook as its page gets it.
 *
 * @typedef {import("./types.js").Code & {own_color: string, mine: number}} PageCode
 *   A code with its colour as the file has it, and how often the coder has used it.
 *
 * @typedef {{version: number, at: string, by: string, what: string, why: string}} Version
 *
 * @typedef {{at: string, by: string, code: string, text: string}} Proposal  A note to the lead.
 *
 * @typedef {object} CodebookPage
 * @property {string} name
 * @property {string} behaviour
 * @property {boolean} exclusive
 * @property {PageCode[]} codes
 * @property {string[]} levels
 * @property {string} digest  tells this codebook from the one that the file has meanwhile
 * @property {string[]} palette
 * @property {boolean} lead
 * @property {string[]} trained  the codes that the model knows
 * @property {Record<string, string[]>} splits  by code that is being split: the new codes
 * @property {string} undo  what the last change was; empty if there is none to undo
 * @property {Version[]} versions  the newest first
 * @property {Proposal[]} proposals
 *
 * @typedef {object} Done  What a change did, or would do.
 * @property {string} what
 * @property {string[]} notes
 * @property {string} digest
 * @property {boolean} follow  whether codings get another code
 *
 * @typedef {object} Passage  A passage of a code that is being split.
 * @property {string} coding
 * @property {string} transcript
 * @property {string} coder
 * @property {string} valence
 * @property {string} memo
 * @property {string} quote
 * @property {string} before
 * @property {string} after
 *
 * @typedef {Record<string, unknown>} Edit
 */

export {};
