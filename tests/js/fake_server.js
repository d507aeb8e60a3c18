// A browser's storage and a review server, for tests of the outbox.

/** The browser's storage, which outlives a reload. */
export class Storage {
  constructor() {
    this.items = new Map();
    this.full = false;
  }

  get length() {
    return this.items.size;
  }

  key(index) {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key) {
    return this.items.get(key) ?? null;
  }

  setItem(key, value) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.items.set(key, value);
  }

  removeItem(key) {
    this.items.delete(key);
  }
}

/** A server that does each act once, by its id; `next` says how it treats the requests to come. */
export class Server {
  constructor() {
    this.requests = [];
    this.committed = [];
    this.known = new Map();
    this.version = 0;
    this.next = [];
    this.running = 0;
    this.most = 0;
  }

  async fetch(path, { body, headers }) {
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    const sent = JSON.parse(body);
    this.requests.push({ path, headers, acts: sent.acts ?? [sent] });
    await turn();
    this.running -= 1;
    const how = this.next.shift() ?? "commit";
    if (how === "away") throw new TypeError("fetch failed");
    if (how.status && !(how.refuses && !(sent.acts ?? [sent]).some((act) => act.code === how.refuses))) return Response.json(how.body, { status: how.status });
    const done = (sent.acts ?? [sent]).map((act) => this.#once(act, path));
    if (how === "reply lost") throw new TypeError("fetch failed");
    return Response.json(sent.acts ? { done: done.slice(0, how.most) } : done[0]);
  }

  #once(act, path) {
    if (!this.known.has(act.id)) {
      this.version += 1;
      this.committed.push(act.code ?? act.act ?? path);
      this.known.set(act.id, this.reply());
    }
    return this.known.get(act.id);
  }

  reply() {
    return { version: this.version, codings: [], suggestions: [], removed: [] };
  }

  get sent() {
    return this.requests.flatMap(({ acts }) => acts);
  }
}

export const turn = () => new Promise((resolve) => setImmediate(resolve));

export async function settled() {
  for (let step = 0; step < 60; step += 1) await turn();
}
