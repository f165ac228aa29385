/** Deaths of a session's process, ms on a monotonic clock, oldest first. */
export interface DeathRecord {
  readonly sessionId: string;
  readonly deathsMs: number[];
}

/** What is to be done with the sessions of a process that has died. */
export interface Verdict {
  /** Each of these ended its process: they are not opened again. */
  readonly poisonous: readonly string[];
  /** One of the rest may be poisonous: give each a process of its own until it is known which. */
  readonly isolate: boolean;
}

export const BLAME_WINDOW_MS = 30_000;
/** Deaths within the window that a session is allowed. */
export const MAX_DEATHS = 3;

/**
 * Notes that a process died under `sessions`, and judges. Whoever was alone in it did it, and so did the only one
 * that was being opened; in company nobody can be blamed, so that the second time in a row they are parted. A session
 * to blame is refused at its third death within the window: a crash of no fault of its own must not end it.
 *
 * @param opening those of `sessions` that were being opened when the process died
 */
export function judge(
  sessions: readonly DeathRecord[],
  opening: ReadonlySet<string>,
  nowMs: number,
): Verdict {
  for (const { deathsMs } of sessions) {
    deathsMs.push(nowMs);
    while (deathsMs[0] < nowMs - BLAME_WINDOW_MS) deathsMs.shift();
  }
  const suspects = opening.size === 1 ? sessions.filter(({ sessionId }) => opening.has(sessionId)) : sessions;
  const [only] = suspects;
  const poisonous = suspects.length === 1 && only.deathsMs.length >= MAX_DEATHS ? [only.sessionId] : [];
  const isolate =
    sessions.length - poisonous.length > 1 && sessions.some((s) => s.deathsMs.length >= MAX_DEATHS - 1);
  return { poisonous, isolate };
}

/** Restarts in quick succession wait longer and longer: a process that can't start must not eat the machine. */
export function restartDelayMs(recentDeaths: number): number {
  if (recentDeaths <= 2) return 0;
  return Math.min(MAX_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2 ** (recentDeaths - 3));
}

const FIRST_RESTART_DELAY_MS = 250;
const MAX_RESTART_DELAY_MS = 8000;
