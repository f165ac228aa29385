import { LIVE_STAGES, type LiveStage, type Quantiles } from '../../contract/live-session.ts';
import type { Stage, StageTimer } from '../evaluate/stage-clock.ts';
import { RollingQuantiles } from './rolling-quantiles.ts';

/** What a frame's stamp does not say and its packets will need; kept by its sequence while it is in the pipeline. */
export interface FrameTrace {
  /** Of the avatar's RTP clock, 90 kHz since the Unix epoch, without wraps. */
  readonly ticks: number;
  /** Unix milliseconds, as well as it is known. */
  readonly captureTimeMs: number;
  /** Whether the driver's side said so; otherwise it is the arrival of the frame. */
  readonly captureKnown: boolean;
  /** Arrival of the frame, smoothed over frames, Unix milliseconds; null for frames that no driver made. */
  readonly arrivalMs: number | null;
  /** When the driver's last packet of it came, `performance.now()`; null for frames that no driver made. */
  readonly lastPacketMs: number | null;
  /** Time mark read in the driver's frame. */
  readonly mark: number | null;
}

const WINDOW_MS = 10_000;
/** More frames than can be in the pipeline. */
const KEPT = 64;
const NOTHING: Quantiles = { p50: 0, p95: 0 };

/** Where the frames' time goes: quantiles of every stage over the last ten seconds. */
export class FrameTraces implements StageTimer {
  readonly #stages = new Map<LiveStage, RollingQuantiles>(
    LIVE_STAGES.map((stage) => [stage, new RollingQuantiles(WINDOW_MS)]),
  );
  readonly #captureToSend = new RollingQuantiles(WINDOW_MS);
  readonly #traces: ({ readonly sequence: number; readonly trace: FrameTrace } | undefined)[] = new Array(
    KEPT,
  );
  readonly #now: () => number;

  /** @param now steady clock, milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  keep(sequence: number, trace: FrameTrace): void {
    this.#traces[sequence % KEPT] = { sequence, trace };
  }

  of(sequence: number): FrameTrace {
    const kept = this.#traces[sequence % KEPT];
    if (kept?.sequence !== sequence) throw new Error(`frame ${sequence} has left no trace`);
    return kept.trace;
  }

  record(stage: LiveStage, elapsedMs: number): void {
    this.#stages.get(stage)!.add(elapsedMs, this.#now());
  }

  /** A frame's first packet left. @param unixMs now */
  sent(trace: FrameTrace, unixMs: number): void {
    if (trace.lastPacketMs !== null) this.record('total', this.#now() - trace.lastPacketMs);
    if (trace.captureKnown) this.#captureToSend.add(unixMs - trace.captureTimeMs, this.#now());
  }

  async time<T>(stage: Stage, work: () => T | Promise<T>): Promise<T> {
    const beganMs = this.#now();
    const value = await work();
    this.record(stage, this.#now() - beganMs);
    return value;
  }

  timeSync<T>(stage: Stage, work: () => T): T {
    const beganMs = this.#now();
    const value = work();
    this.record(stage, this.#now() - beganMs);
    return value;
  }

  latencyMs(): Record<LiveStage, Quantiles> {
    return Object.fromEntries(
      LIVE_STAGES.map((stage) => [stage, this.#stages.get(stage)!.at(this.#now()) ?? NOTHING]),
    ) as Record<LiveStage, Quantiles>;
  }

  captureToSendMs(): Quantiles | null {
    return this.#captureToSend.at(this.#now());
  }
}
