/** Signals that reach us twice (from the terminal and from npm) within this time are one key press. */
const SAME_PRESS_MS = 400;
/** Of a process that SIGINT ended. */
const INTERRUPTED = 130;

/**
 * Resolves at the first Ctrl-C, SIGTERM or SIGHUP. The second ends the process at once: children notice that their
 * channel is gone. (Not `close-with-grace`: under `npm start` one key press arrives as two signals, which it would
 * take for the second.)
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstMs = Number.NaN;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        const nowMs = performance.now();
        if (Number.isNaN(firstMs)) {
          firstMs = nowMs;
          resolve(name);
        } else if (nowMs - firstMs > SAME_PRESS_MS) process.exit(INTERRUPTED);
      });
    }
  });
}
