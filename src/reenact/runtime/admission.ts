/** Limits that an operator sets. */
export interface AdmissionLimits {
  /** Null leaves it to `maxUtilisation`. */
  readonly maxSessions: number | null;
  /** Share of all cores, 0..1, that sessions and everything beside them may use. */
  readonly maxUtilisation: number;
}

/** What the machine does now, over the last seconds. */
export interface Load {
  readonly cores: number;
  /** Sessions that run or are being opened. */
  readonly sessions: number;
  /** Highest frame rate that a session may reach, Hz: what the new one is expected to take. */
  readonly fps: number;
  /** CPU time of a frame, all threads of a worker, ms; null before anything was measured. */
  readonly msPerFrame: number | null;
  /** Cores that are busy with anything but the workers: gateway, SFU, and what else runs here. */
  readonly otherCores: number;
  /** Share of its one event loop, 0..1, that a worker's frame takes, as ms of that loop; null before measured. */
  readonly loopMsPerFrame: number | null;
  /** Fewest sessions on a worker: the new one goes there. */
  readonly sessionsOnFreest: number;
  /** A running session drops frames for want of time. */
  readonly behind: boolean;
}

export interface Admission {
  readonly admitted: boolean;
  /** With the new session, share of all cores. */
  readonly predictedUtilisation: number;
  /** Why not, one sentence for the person who is refused; empty where admitted. */
  readonly message: string;
}

/** Before the first measurement: the geometric generator at 512², tracking on the server. */
export const EXPECTED_MS_PER_FRAME = 30;
const EXPECTED_LOOP_MS_PER_FRAME = 12;
/** A worker's own loop must keep time for packets and clocks. */
const MAX_LOOP_UTILISATION = 0.9;
/** Once it refuses, the server admits again only this far below the limit: it must not alternate at the edge. */
export const HYSTERESIS = 0.08;

/**
 * Whether one more session leaves those running their frame rate. Every session is counted at its full rate, even one
 * whose driver has yet to come: it will be there without asking again. A first session is always admitted, as it can
 * disturb nobody.
 *
 * @param refusedLast whether the last answer was a refusal
 */
export function admit(load: Load, limits: AdmissionLimits, refusedLast: boolean): Admission {
  const frameCores = ((load.msPerFrame ?? EXPECTED_MS_PER_FRAME) * load.fps) / 1000;
  const predictedUtilisation = (load.otherCores + (load.sessions + 1) * frameCores) / load.cores;
  const verdict = (message: string): Admission => ({
    admitted: message === '',
    predictedUtilisation,
    message,
  });
  if (limits.maxSessions !== null && load.sessions >= limits.maxSessions)
    return verdict(
      `All of this server's sessions are in use (at most ${limits.maxSessions}): try again when one has ended.`,
    );
  if (load.sessions === 0) return verdict('');

  const margin = refusedLast ? HYSTERESIS : 0;
  const loopUtilisation =
    ((load.sessionsOnFreest + 1) * (load.loopMsPerFrame ?? EXPECTED_LOOP_MS_PER_FRAME) * load.fps) / 1000;
  if (load.behind)
    return verdict('The server can hardly keep up with the sessions that run: try again when one has ended.');
  if (predictedUtilisation > limits.maxUtilisation - margin)
    return verdict(
      `One more session would need ${percent(predictedUtilisation)} of this server's ${load.cores} cores, and those ` +
        `running would stutter: try again when one has ended, or use another server.`,
    );
  if (loopUtilisation > MAX_LOOP_UTILISATION - margin)
    return verdict(
      'Every reenactment worker has as many sessions as it can serve in time: try again when one has ended, or run more workers.',
    );
  return verdict('');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
