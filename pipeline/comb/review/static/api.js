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
 * @returns {Promise<any>}
 */
export const post = (path, body) => call("POST", path, body ?? {});

/** @param {string} id @param {string} [rest] @returns {string} */
export const transcriptPath = (id, rest) => `/api/transcripts/${encodeURIComponent(id)}${rest ? `/${rest}` : ""}`;

/** @param {unknown} error @param {string} [otherwise] a remedy for what is no answer of the server @returns {[string, string]} what went wrong, and the remedy */
export function whatWentWrong(error, otherwise = "") {
  if (error instanceof ApiError) return [error.message, error.remedy];
  return [error instanceof Error ? error.message : String(error), otherwise];
}

/** @param {string} method @param {string} path @param {unknown} [body] */
async function call(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = body === undefined ? {} : { "X-Comb": "1", "Content-Type": "application/json" };
  const options = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  const answer = await fetch(path, options).catch(() => {
    throw new ApiError(0, { error: "The server does not answer.", remedy: "Is comb review still running?" });
  });
  const value = await answer.json().catch(() => ({}));
  if (answer.status === 401) throw new ApiError(401, { error: "You are signed out.", remedy: "Sign in again in another tab, then retry here.", ...value });
  if (!answer.ok) throw new ApiError(answer.status, { error: `The server failed (${answer.status}).`, ...value });
  return value;
}
