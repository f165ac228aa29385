/** Signals that reach us twice (from the terminal and from npm) within this time are one key press. */
const SAME_PRESS_MS = 400;

/**
 * A signal that aborts on Ctrl-C, SIGTERM or SIGHUP. A second Ctrl-C ends the process at once; what is half-written
 * is removed either way.
 */
export function cancelOnSignals(say: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  let firstMs = Number.NaN;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstMs > SAME_PRESS_MS) process.exit(130);
      return;
    }
    firstMs = performance.now();
    say('Stopping ... (again to stop at once)');
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  return controller.signal;
}
