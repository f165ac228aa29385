import type { FrameStamp } from '../frame.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { blendCoefficients, turnBetween } from './blend-coefficients.ts';

export interface LossOptions {
  /** How long the last motion is held before it eases, milliseconds: most losses are shorter. */
  readonly holdMs: number;
  /** From the loss until the avatar is at rest, milliseconds. */
  readonly restAfterMs: number;
  /** Least time to come back to a face that was found again, milliseconds. */
  readonly returnMs: number;
  /** Fastest turn, on top of the driver's own, while coming back, radians a second. */
  readonly maxReturnTurnRadPerS: number;
}

export const DEFAULT_LOSS: LossOptions = {
  holdMs: 150,
  restAfterMs: 900,
  returnMs: 350,
  maxReturnTurnRadPerS: 4,
};

/** Greatest slope of `smoothstep`. */
const STEEPEST = 1.5;

/**
 * Fills the frames in which no face was tracked: holds briefly, eases to rest, and goes back to the driver without
 * a jump when the face returns. Never ends, never repeats the driver's picture: coefficients only.
 */
export class LossHandler {
  private readonly options: LossOptions;
  private last: HeadCoefficients;
  private state: 'tracking' | 'lost' | 'returning' = 'lost';
  /** What `last` was, and when, as the present state began. */
  private from: HeadCoefficients;
  private sinceMs = Number.NEGATIVE_INFINITY;
  private returnForMs = 0;
  private started = false;

  /** @param rest where the avatar goes without a driver, as the driver's neutral coefficients */
  constructor(
    private readonly rest: HeadCoefficients,
    options: Partial<LossOptions> = {},
  ) {
    this.options = { ...DEFAULT_LOSS, ...options };
    this.last = rest;
    this.from = rest;
  }

  /** @param fitted the frame's coefficients, null where there is no face; frames come in order of `ptsMs` */
  handle({ ptsMs }: FrameStamp, fitted: HeadCoefficients | null): HeadCoefficients {
    this.last = fitted === null ? this.withoutFace(ptsMs) : this.withFace(ptsMs, fitted);
    this.started = true;
    return this.last;
  }

  reset(): void {
    this.state = 'lost';
    this.started = false;
    this.last = this.rest;
    this.from = this.rest;
    this.sinceMs = Number.NEGATIVE_INFINITY;
  }

  private withoutFace(ptsMs: number): HeadCoefficients {
    const { holdMs, restAfterMs } = this.options;
    if (this.state !== 'lost') this.enter('lost', ptsMs);
    return blendCoefficients(
      this.from,
      this.rest,
      smoothstep((ptsMs - this.sinceMs - holdMs) / (restAfterMs - holdMs)),
    );
  }

  private withFace(ptsMs: number, fitted: HeadCoefficients): HeadCoefficients {
    // A clip's first face has nothing to come back from.
    if (!this.started) this.state = 'tracking';
    if (this.state === 'lost') {
      this.enter('returning', ptsMs);
      const turnMs = (1000 * STEEPEST * turnBetween(this.last, fitted)) / this.options.maxReturnTurnRadPerS;
      this.returnForMs = Math.max(this.options.returnMs, turnMs);
    }
    if (this.state === 'tracking') return fitted;
    const share = smoothstep((ptsMs - this.sinceMs) / this.returnForMs);
    if (share >= 1) this.state = 'tracking';
    return blendCoefficients(this.from, fitted, share);
  }

  private enter(state: 'lost' | 'returning', ptsMs: number): void {
    this.state = state;
    this.from = this.last;
    this.sinceMs = ptsMs;
  }
}

function smoothstep(share: number): number {
  const x = Math.max(0, Math.min(1, share));
  return x * x * (3 - 2 * x);
}
