/** Whether the server is there. A worker asks it, since browsers slow down the timers of pages in the background. */

const FIRST = 2000;
const EVERY = 800;
const WAITS = 1500;

/**
 * Say each time that the server has gone, or is back: at the latest three seconds after.
 * @param {(there: boolean) => void} changed
 */
export function watchServer(changed) {
  let there = true;
  const begin = () => {
    const worker = new Worker(import.meta.url, { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      if (data === there) return;
      there = data;
      changed(there);
    });
  };
  setTimeout(begin, FIRST); // the page itself comes first
}

async function beat() {
  const options = { signal: AbortSignal.timeout(WAITS) };
  postMessage(await fetch("/api/alive", options).then((answer) => answer.ok, () => false));
  setTimeout(beat, EVERY);
}

if ("DedicatedWorkerGlobalScope" in globalThis) void beat();
