import type { SessionStats } from '../../contract/live-session.ts';
import type { DropCounters } from './drop-counters.ts';
import { type FrameTrace, FrameTraces } from './frame-traces.ts';
import type { PictureDelay } from './picture-delay.ts';

type Figures = Pick<SessionStats, 'fpsIn' | 'fpsOut' | 'drops' | 'latencyMs' | 'captureToSendMs'>;

/** Counts a session's frames and times them on their way. */
export class SessionMeter {
  readonly traces = new FrameTraces();
  readonly #drops: DropCounters;
  readonly #delay: PictureDelay;
  #framesIn = 0;
  #framesOut = 0;

  constructor(drops: DropCounters, delay: PictureDelay) {
    this.#drops = drops;
    this.#delay = delay;
  }

  /** The driver sent a frame, or landmarks. */
  frameCame(): void {
    this.#framesIn++;
  }

  /** The avatar's first packet of it left. */
  frameLeft(trace: FrameTrace): void {
    const unixMs = Date.now();
    this.#framesOut++;
    this.traces.sent(trace, unixMs);
    if (trace.arrivalMs !== null)
      this.#delay.sent(trace.captureKnown ? unixMs - trace.captureTimeMs : null, unixMs - trace.arrivalMs);
  }

  /** @param periodMs since the last call, over which frames are counted */
  read(periodMs: number): Figures {
    const figures = {
      fpsIn: (this.#framesIn * 1000) / periodMs,
      fpsOut: (this.#framesOut * 1000) / periodMs,
      drops: this.#drops.snapshot(),
      latencyMs: this.traces.latencyMs(),
      captureToSendMs: this.traces.captureToSendMs(),
    };
    this.#framesIn = 0;
    this.#framesOut = 0;
    return figures;
  }
}
