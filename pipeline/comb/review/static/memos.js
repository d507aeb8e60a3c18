/** Memos on the transcript, on a code and on the study, in one dialog. */

import { get, post, whatWentWrong } from "./api.js";
import { onValue } from "./dom.js";
import { alarm, ask, say } from "./say.js";
import { newId } from "./unsent.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./types.js").Memos} Memos */
/** @typedef {import("./types.js").Codebook} Codebook */
/**
 * @typedef {object} Here  The transcript that is open.
 * @property {string} memo
 * @property {(memo: string) => void} save
 */

const WINDOW = newId();

/**
 * @param {Codebook} codebook
 * @param {string} code  to begin with
 * @param {Here} [here]  none on the list of transcripts
 */
export async function showMemos(codebook, code, here) {
  /** @type {Memos|null} */
  const memos = await get("/api/memos").catch((error) => {
    alarm(...whatWentWrong(error));
    return null;
  });
  if (!memos) return;
  const state = { memos, code: code || codebook.codes[0]?.id || "", written: here?.memo ?? "" };
  /** @type {HTMLElement} */
  let box;
  const draw = () => render(view(codebook, state, run, here), box);
  /** One after the other: each is upon what the one before left. @type {Promise<void>} */
  let last = Promise.resolve();
  /** @param {string} path @param {Record<string, string>} body @param {string} outcome */
  const send = (path, body, outcome) => (last = last.then(() => sendNow(path, body, outcome)));
  /** @param {string} path @param {Record<string, string>} body @param {string} outcome */
  const sendNow = async (path, body, outcome) => {
    try {
      state.memos = await post(path, { base: state.memos.version, id: newId(), window: WINDOW, ...body });
      say(outcome);
    } catch (error) {
      alarm(...whatWentWrong(error));
      // What was typed stays in its field; the next attempt is upon what is there now.
      state.memos.version = (await get("/api/memos").catch(() => state.memos)).version;
    }
    draw();
  };
  const run = {
    /** @param {string} chosen */
    choose: (chosen) => {
      state.code = chosen;
      draw();
      // What was typed for the code before is saved with it; the field does not take it along.
      /** @type {HTMLTextAreaElement} */ (box.querySelector("#memo-code")).value = state.memos.codes[chosen] ?? "";
    },
    /** @param {string} about @param {string} memo */
    write: (about, memo) => void send("/api/memos", { code: about, memo }, "Memo saved."),
    /** @param {string} memo */
    here: (memo) => {
      state.written = memo;
      here?.save(memo);
    },
    /** @param {"undo"|"redo"} which */
    step: (which) => void send(`/api/memos/${which}`, {}, which === "undo" ? "Undone." : "Redone."),
  };
  await ask(
    (close) => {
      queueMicrotask(() => {
        box = /** @type {HTMLElement} */ (document.querySelector("dialog[open] .memos"));
        draw();
        box.querySelector("textarea")?.focus();
      });
      return html`<h2>Memos</h2><div class="memos"></div>
        <p class="row end"><button type="button" class="primary" @click=${() => void last.then(() => close(null))}>Close</button></p>`;
    },
    "Memos",
    "wide",
  );
}

/**
 * @param {Codebook} codebook
 * @param {{memos: Memos, code: string, written: string}} state
 * @param {{choose: (code: string) => void, write: (about: string, memo: string) => void, here: (memo: string) => void, step: (which: "undo"|"redo") => void}} run
 * @param {Here} [here]
 */
function view(codebook, { memos, code, written }, run, here) {
  const option = (/** @type {import("./types.js").Code} */ one) => html`<option value=${one.id} ?selected=${one.id === code}>${one.name}${memos.codes[one.id] ? " ✎" : ""}</option>`;
  return html`<p class="hint">A memo is saved when you leave its field. Only you see yours here; an export writes everybody’s to <code>data/memos.csv</code>.</p>
    ${here ? field("memo-transcript", "On this transcript", written, run.here) : nothing}
    <p class="row"><label>Code <select id="memo-code-choice" @change=${onValue(run.choose)}>${codebook.codes.map(option)}</select></label></p>
    ${field("memo-code", "On this code", memos.codes[code] ?? "", (memo) => run.write(code, memo))}
    ${field("memo-study", "On the study", memos.study, (memo) => run.write("", memo))}
    <p class="row"><button type="button" ?disabled=${!memos.can_undo} @click=${() => run.step("undo")}>Undo</button>
      <button type="button" ?disabled=${!memos.can_redo} @click=${() => run.step("redo")}>Redo</button>
      <span class="hint">for memos on codes and the study${here ? "; to undo the memo on this transcript, close this window and use Undo above the text" : ""}</span></p>`;
}

/** @param {string} id @param {string} name @param {string} value @param {(text: string) => void} save */
function field(id, name, value, save) {
  return html`<label class="memo" for=${id}>${name}</label><textarea id=${id} rows="4" dir="auto" .value=${value} @change=${onValue(save)}></textarea>`;
}
