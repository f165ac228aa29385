import type { LokiError } from '../errors.ts';
import { asLokiError } from './as-loki-error.ts';

/** Refusals come at once, a portrait takes longer to load: so long a driver's join waits for the former. */
const ADMISSION_WAIT_MS = 300;

/**
 * @param opening a session that is being opened
 * @returns what it is refused with, if that is known early; otherwise `later` hears of it
 */
export async function earlyRefusal(
  opening: Promise<void>,
  later: (error: LokiError) => void,
): Promise<LokiError | null> {
  const refused = opening.then(
    () => null,
    (error: unknown) => asLokiError(error),
  );
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const early = await Promise.race([
    refused,
    new Promise<null>((resolve) => {
      waiting = setTimeout(() => resolve(null), ADMISSION_WAIT_MS);
    }),
  ]);
  clearTimeout(waiting);
  if (early === null) {
    void refused.then((late) => {
      if (late !== null) later(late);
    });
  }
  return early;
}
