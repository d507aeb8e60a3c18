/** Talking to the server on this machine. Every change carries a header that other sites cannot send. */

/** What the server refused, or that it did not answer (status 0). */
export class ApiError extends Error {
  /** @param {number} status @param {Record<string, any>} body */
  constructor(status, body) {
    super(body.error ?? "The server refused this");
    this.status = status;
    this.body = body;
    this.remedy = body.remedy ?? "";
  }
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export const get = (path) => call("GET", path);

/**
 * @param {string} path
 * @param {unknown} [body]
 * @param {number} [patience]  milliseconds to wait for an answer; by default as long as it takes
 * @returns {Promise<any>}
 */
export const post = (path, body, patience) => call("POST", path, body ?? {}, patience);

/**
 * Send a file as it is.
 * @param {string} path
 * @param {Blob} file
 * @param {string} name
 * @returns {Promise<any>}
 */
export const send = (path, file, name) => call("POST", path, file, undefined, { "Content-Type": "application/octet-stream", "X-Comb-Name": encodeURIComponent(name) });

/** @param {string} id @param {string} [rest] @returns {string} */
export const transcriptPath = (id, rest) => `/api/transcripts/${encodeURIComponent(id)}${rest ? `/${rest}` : ""}`;

/** @param {unknown} error @param {string} [otherwise] a remedy for what is no answer of the server @returns {[string, string]} what went wrong, and the remedy */
export function whatWentWrong(error, otherwise = "") {
  if (error instanceof ApiError) return [error.message, error.remedy];
  return [error instanceof Error ? error.message : String(error), otherwise];
}

/** @param {string} method @param {string} path @param {unknown} [body] @param {number} [patience] @param {Record<string, string>} [more] headers */
async function call(method, path, body, patience, more) {
  /** @type {Record<string, string>} */
  const headers = body === undefined ? {} : { "X-Comb": "1", "Content-Type": "application/json", ...more };
  // A page that outlives its server must not change another study that is served at the same address now.
  const study = globalThis.document?.body?.dataset.study;
  if (study && body !== undefined) headers["X-Comb-Study"] = study;
  const signal = patience === undefined ? undefined : AbortSignal.timeout(patience);
  const options = { method, headers, signal, body: body === undefined || body instanceof Blob ? body : JSON.stringify(body) };
  const answer = await fetch(path, options).catch(() => {
    throw new ApiError(0, { error: "comb does not answer.", remedy: "If you stopped it or closed its terminal, start comb again, and use the page that it opens." });
  });
  if (study && answer.status < 500 && answer.headers.get("X-Comb-Study") !== study) {
    throw new ApiError(421, { error: "Something else answers at this address now.", remedy: "Start comb again, and use the page that it opens." });
  }
  const value = await answer.json().catch(() => ({}));
  if (answer.status === 401) throw new ApiError(401, { error: "You are signed out.", remedy: "Sign in again in another tab, then retry here.", ...value });
  if (!answer.ok) throw new ApiError(answer.status, { error: `The server failed (${answer.status}).`, ...value });
  return value;
}
