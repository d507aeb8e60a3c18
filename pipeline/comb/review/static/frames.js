/** Drawing when the browser draws, and no more often. */

/** @param {() => void} run @returns {() => void} the same, at most once for each frame */
export function oncePerFrame(run) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      run();
    });
  };
}
