/**
 * The nouns of the page, as the server sends them. Offsets of the server count Unicode code points; those named
 * `from` and `to` on this page count UTF-16 units, as JavaScript's strings do (offsets.js converts).
 *
 * @typedef {"barrier"|"facilitator"|"both"|""} Valence
 *
 * @typedef {object} Code
 * @property {string} id
 * @property {string} name
 * @property {string} color  "#RRGGBB"
 * @property {string} level
 * @property {string|null} parent
 * @property {string} definition
 * @property {string} include
 * @property {string} exclude
 * @property {string[]} examples
 *
 * @typedef {object} Codebook
 * @property {string} name
 * @property {string} behaviour
 * @property {boolean} exclusive
 * @property {Code[]} codes
 *
 * @typedef {object} Turn
 * @property {string} speaker
 * @property {"participant"|"interviewer"|"other"} role
 * @property {number} start
 * @property {number} end
 * @property {number|null} time  seconds
 *
 * @typedef {object} Coding
 * @property {string} id
 * @property {number} start
 * @property {number} end
 * @property {string} code
 * @property {Valence} valence
 * @property {string} coder
 * @property {string} memo
 * @property {string} origin
 * @property {number|null} score
 * @property {string} model
 * @property {string} at
 *
 * @typedef {object} Suggestion
 * @property {string} id
 * @property {number} start
 * @property {number} end
 * @property {string} code
 * @property {Valence} valence
 * @property {number} score
 * @property {number} threshold
 * @property {number} rank
 * @property {string} model
 * @property {{segment: string, text: string, code: string, similarity: number}[]} [evidence]
 * @property {{code: string, score: number}|null} [rival]
 * @property {string[]} [words]  that weigh most for the code
 * @property {{verdict: string, coder: string, at: string, coding: string|null}|null} decision
 * @property {boolean} seen
 *
 * @typedef {object} Transcript
 * @property {string} id
 * @property {number} version
 * @property {"open"|"blind"|"audit"} mode
 * @property {boolean} finished
 * @property {string} text
 * @property {Turn[]} turns
 * @property {[number, number, number][]} segments
 * @property {Coding[]} codings
 * @property {Suggestion[]} suggestions
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 * @property {[number, number][]|null} audit
 * @property {[number, number, number][]} next  start, end and rank of segments that `comb next` proposes
 *
 * @typedef {object} Reply  What the server answers to an act.
 * @property {number} version
 * @property {Coding[]} codings
 * @property {string[]} removed
 * @property {Suggestion[]} suggestions
 * @property {boolean} finished
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 *
 * @typedef {object} Mark  A suggestion or a coding as the page shows it.
 * @property {string} key  "s" or "c" and the id
 * @property {"suggestion"|"coding"} kind
 * @property {number} from
 * @property {number} to
 * @property {string} code
 * @property {Valence} valence
 * @property {"unseen"|"seen"|"rejected"|"decided"|"coded"} state
 * @property {string} coder
 * @property {number|null} score
 * @property {Suggestion|Coding} object
 *
 * @typedef {{from: number, to: number}} Span
 *
 * @typedef {Record<string, unknown> & {act: string}} Act
 */

export {};
