/**
 * The nouns of the page, as the server sends them. Offsets of the server count Unicode code points; those named
 * `from` and `to` on this page count UTF-16 units, as JavaScript's strings do (offsets.js converts).
 *
 * @typedef {"barrier"|"facilitator"|"both"|""} Valence
 *
 * @typedef {"open"|"blind"|"audit"} Mode
 *
 * @typedef {object} Me  Who is signed in.
 * @property {string} coder
 * @property {string} role
 * @property {boolean} team
 * @property {boolean} lead
 *
 * @typedef {object} Colour  "#RRGGBB" each.
 * @property {string} light  For light paper.
 * @property {string} dark  For dark paper.
 *
 * @typedef {object} Code
 * @property {string} id
 * @property {string} name
 * @property {Colour} color
 * @property {string} level
 * @property {string|null} parent
 * @property {string} definition
 * @property {string} include
 * @property {string} exclude
 * @property {string[]} examples
 *
 * @typedef {Code & {depth: number}} PlacedCode  A code and how deep it lies in the tree.
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
 * @property {string} [unsure]  "yes" where the coder was not sure of it
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
 * @property {Evidence[]} [evidence]
 * @property {{code: string, score: number}|null} [rival]
 * @property {string[]} [words]  that weigh most for the code
 * @property {{verdict: string, coder: string, at: string, coding: string|null, memo: string, bulk: boolean}|null} decision
 * @property {boolean} seen
 *
 * @typedef {{segment: string, text: string, code: string, similarity: number}} Evidence  A similar hand-coded segment.
 *
 * @typedef {object} Transcript
 * @property {string} id
 * @property {number} version
 * @property {Mode} mode
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
 * @property {string[]} unconfirmed  speakers whose role nobody has confirmed
 * @property {string} text_digest  SHA-256 of the text
 * @property {Lost[]} lost
 * @property {string} memo  the coder's memo on the transcript
 * @property {"yes"|"no"|""} blind  whether the coder's work here is blind; empty: not known
 * @property {string|null} seen_since  when the coder was first shown others' codings or suggestions
 *
 * @typedef {{id: string, quote: string, code: string, valence: Valence, memo: string, at: string}} Lost  A coding without a place.
 *
 * @typedef {"participant"|"interviewer"|"other"} Role
 *
 * @typedef {object} Speaker  Who a speaker is, or probably is.
 * @property {string} speaker
 * @property {Role|null} role
 * @property {"confirmed"|"pattern"|"proposed"} source
 * @property {string[]} reasons
 * @property {number} turns
 * @property {number} words
 * @property {string} pseudonym
 *
 * @typedef {{speaker: string, role: Role, before: Role|null}} SpeakerAnswer
 *
 * @typedef {object} Reply  What the server answers to an act.
 * @property {number} version
 * @property {Coding[]} codings
 * @property {string[]} removed
 * @property {Suggestion[]} suggestions
 * @property {boolean} finished
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 * @property {string} [memo]  the memo on the transcript, where it was changed
 *
 * @typedef {object} Memos  What a coder has noted on transcripts, codes and the study.
 * @property {number} version
 * @property {string} study
 * @property {Record<string, string>} codes
 * @property {Record<string, string>} transcripts
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 *
 * @typedef {object} Seen  What the server answers when suggestions were looked at.
 * @property {number} version
 * @property {string[]} seen
 *
 * @typedef {object} Placed  What suggestions and codings have in common on the page.
 * @property {string} key  "s" or "c" and the id
 * @property {number} from
 * @property {number} to
 * @property {string} code
 * @property {Valence} valence
 * @property {string} coder
 *
 * @typedef {Placed & {kind: "suggestion", state: "unseen"|"seen"|"rejected"|"decided", score: number, object: Suggestion}} SuggestionMark
 * @typedef {Placed & {kind: "coding", state: "coded", score: number|null, object: Coding}} CodingMark
 * @typedef {SuggestionMark|CodingMark} Mark  A suggestion or a coding as the page shows it.
 *
 * @typedef {{from: number, to: number}} Span
 *
 * @typedef {Turn & Span} PlacedTurn
 *
 * @typedef {object} Target  The suggestion or the coding that an act is about.
 * @property {string} [suggestion]
 * @property {string} [coding]
 *
 * @typedef {object} Details
 * @property {string} act
 * @property {string} [text]  SHA-256 of the text that was decided upon
 * @property {string[]} [suggestions]
 * @property {string} [code]
 * @property {Valence} [valence]
 * @property {string} [memo]
 * @property {boolean} [unsure]
 * @property {number} [start]
 * @property {number} [end]
 * @property {number} [score]
 * @property {Answer[]} [codes]  on which coders settled
 * @property {string} [why_not]
 * @property {string} [coder]  "consensus", for undo and redo of what was settled
 * @property {string} [a]  the coders who are compared
 * @property {string} [b]
 *
 * @typedef {Target & Details} Act
 *
 * @typedef {object} HistoryEntry
 * @property {string} at
 * @property {string} coder
 * @property {string} act
 * @property {number|null} count
 * @property {boolean} undone
 * @property {string|null} code
 * @property {Valence|null} valence
 * @property {number|null} score
 * @property {string|null} memo
 * @property {string} [what]  what was seen: codings of others, or suggestions
 * @property {number} [seconds]  for how long
 *
 * @typedef {object} Listed  A transcript in the list of transcripts.
 * @property {string} id
 * @property {"raw"|"new"} source
 * @property {number} segments
 * @property {number} suggestions
 * @property {number} decided
 * @property {number} coded
 * @property {Mode} mode
 * @property {boolean} finished
 * @property {string[]} coders
 * @property {boolean} comparable  whether two coders have finished it
 * @property {number|null} rank
 * @property {boolean} unconfirmed  whether nobody has confirmed who speaks
 * @property {number} lost  codings whose words the transcript does not have any more
 * @property {"yes"|"no"|""} blind
 * @property {boolean} assigned  to who is signed in
 *
 * @typedef {""|"replace"|"keep"|"part"} CandidateDecision
 *
 * @typedef {object} Candidate  What may identify somebody, in the table of pseudonyms.
 * @property {string} text
 * @property {string} kind
 * @property {string} transcript  the only one that the row is about; empty: all
 * @property {number} occurrences
 * @property {string} pseudonym
 * @property {CandidateDecision} decision
 * @property {string} part
 * @property {{place: string, before: string, words: string, after: string}[]} contexts
 *
 * @typedef {{code: string, valence: Valence, memo?: string}} Answer  One code that a coder, or the consensus, gave a unit.
 *
 * @typedef {object} Unit  What two coders said of one segment or turn, and what was settled.
 * @property {number} start
 * @property {number} end
 * @property {string} speaker
 * @property {string} quote
 * @property {string} before
 * @property {Answer[]|null} a  null where the coder did not judge it
 * @property {Answer[]|null} b
 * @property {boolean} agree
 * @property {Answer[]|null} consensus  null until it is settled
 * @property {string} memo
 * @property {string} why_not
 *
 * @typedef {object} Agreement
 * @property {number} units
 * @property {number} agreed
 * @property {number} disputed
 * @property {number} settled
 * @property {string} level
 * @property {number|null} percent
 * @property {number|null} kappa
 * @property {number|null} alpha
 * @property {{code: string, n_a: number, n_b: number, both: number, kappa: number|null}[]} [codes]
 *
 * @typedef {object} Progress  How far the consensus of a transcript is.
 * @property {Agreement} agreement
 * @property {number} version
 * @property {boolean} finished
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 * @property {Unit[]} units
 *
 * @typedef {Progress & {coders: [string, string], choices: string[], text_digest: string}} Adjudication
 *
 * @typedef {{codes: Answer[], memo: string, whyNot: string, touched: boolean}} SettlingDraft
 */

export {};

/** @typedef {{text: string, must: boolean, link: string, label: string}} Need */
/** @typedef {{number: number, kind: string, name: string, by: string, started: string, state: "running"|"done"|"failed"|"cancelled", fraction: number,
 *   words: string, steps: {words: string, state: string}[], notes: string[], result: string[],
 *   error: {what: string, where: string, remedy: string, details: string[]}|null, ended: string}} Job */
/** @typedef {[number|null, number|null, number|null]} Numbers */
/** @typedef {{id: string, name: string, n: number, kappa: Numbers, precision: number|null, recall: number|null, people: number|null, shown: boolean, why: string}} CardCode */
/** @typedef {{current: boolean, level: string, kappa: Numbers, ungated: Numbers, people: Numbers|null, shared: number, coverage: number, needed: number, because: string,
 *   none_open: string, advice: string, transcripts: number, segments: number, held_out: string, codes: CardCode[], baselines: {name: string, kappa: Numbers}[]}} Card */
/** @typedef {{transcripts: number, kind: string, kappa: Numbers}} CurvePoint */
/** @typedef {{lead: boolean, blocked: boolean, needs: Need[], job: Job|null, trained: boolean, card: Card|null,
 *   next: {transcript: string, segments: number, proposed: number, value: number}[], advice: {verdict: string, reason: string}[],
 *   curve: {answer: string, now: number, current: boolean, points: CurvePoint[]}|null}} TrainView */
/** @typedef {{path: string, title: string, name: string, made: string, bytes: number, preview: boolean}} MadeFile */
/** @typedef {{report: MadeFile[], agreement: MadeFile[], exports: MadeFile[], out_of_date: boolean, missing: Need[],
 *   formats: {name: string, title: string, each: boolean}[], levels: {name: string, title: string}[], blind: string[], job: Job|null}} ReportView */
