/**
 * What the server says of the team and its work.
 *
 * @typedef {{name: string, role: "lead"|"coder"|"reader", created_at: string}} Member
 *
 * @typedef {object} Work  A transcript and who codes it.
 * @property {string} id
 * @property {number} segments
 * @property {Record<string, boolean>} assigned  by coder: whether it was drawn
 * @property {Record<string, string>} states  by coder: finished, begun, assigned
 * @property {Record<string, string>} modes  by coder: how the coder reads it
 *
 * @typedef {object} Team
 * @property {boolean} team
 * @property {string} mode
 * @property {Member[]} people
 * @property {string[]} coders
 * @property {string[]} attributes
 * @property {string} problem
 * @property {Work[]} transcripts
 *
 * @typedef {{transcript: string, coders: string[], added: string[], stratum: string}} Drawn
 * @typedef {{drawn: Drawn[], already: number, wanted: number, reached: number, of: number}} Sample
 * @typedef {{a: string, b: string, transcripts: number, open: number, where: {transcript: string, open: number}[]}} Pair
 * @typedef {{transcript: string, coder: string, mode?: string}} Assignment
 */

export {};
