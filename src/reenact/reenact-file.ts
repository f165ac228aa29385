import { concatMap, fromEvent, lastValueFrom, takeUntil, tap } from 'rxjs';
import { LokiError } from '../errors.ts';
import type { VideoSource, VideoWriterOptions } from './codec/types.ts';
import { createVideoWriter } from './codec/video-writer.ts';
import { type MotionSample, motionSample, ResidualHistogram } from './evaluate/motion-log.ts';
import { fromPulled } from './flow/from-pulled.ts';
import type { RgbaImage, VideoFrame } from './frame.ts';
import { type ReenactedFrame, type ReenactStages, reenact } from './pipeline.ts';

/** Frames between decoder and encoder: one decoded, one tracked, one generated, one encoded. */
const IN_FLIGHT = 4;

export interface ReenactFileJob {
  /** Opened with `onDecoded` of the stages' clock. */
  readonly source: VideoSource;
  readonly stages: ReenactStages;
  readonly outPath: string;
  readonly writer: Omit<VideoWriterOptions, 'onEncoded'>;
  /** The picture that is written instead of the avatar alone; the driver's pixels go nowhere else. */
  readonly compose?: (driver: VideoFrame, result: ReenactedFrame) => RgbaImage;
  readonly onFrame?: (result: ReenactedFrame) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

export interface ReenactFileResult {
  readonly motion: readonly MotionSample[];
  readonly residuals: ResidualHistogram;
  /** Frames a second from the first frame read to the file in place. */
  readonly fps: number;
}

/**
 * Runs the pipeline from a file to a file: every frame, in order, none dropped.
 *
 * @throws LokiError `CANCELLED` when `signal` aborts; nothing is left under `outPath` then, nor after any other error
 */
export async function reenactFile(job: ReenactFileJob): Promise<ReenactFileResult> {
  const { source, stages, compose, signal } = job;
  const motion: MotionSample[] = [];
  const residuals = new ResidualHistogram();
  const waiting = new Map<number, VideoFrame>();
  const startMs = performance.now();
  const writer = await createVideoWriter(job.outPath, {
    ...job.writer,
    onEncoded: (elapsedMs) => stages.clock.record('encode', elapsedMs),
  });
  try {
    signal?.throwIfAborted();
    const pulled = fromPulled(source.frames(), IN_FLIGHT);
    const frames = pulled.values.pipe(
      tap((frame) => {
        if (compose !== undefined) waiting.set(frame.sequence, frame);
      }),
    );
    const written = reenact(frames, stages).pipe(
      concatMap(async (result) => {
        motion.push(motionSample(result.sequence, result.driver, result.commanded));
        residuals.add(result.driver);
        await job.onFrame?.(result);
        const driver = waiting.get(result.sequence);
        waiting.delete(result.sequence);
        const image = compose === undefined || driver === undefined ? null : compose(driver, result);
        await writer.write(image === null ? result.avatar : { ...result.avatar, image });
        pulled.release();
      }),
    );
    await lastValueFrom(
      signal === undefined ? written : written.pipe(takeUntil(fromEvent(signal, 'abort'))),
      { defaultValue: undefined },
    );
    signal?.throwIfAborted();
    if (motion.length === 0)
      throw new LokiError('INPUT_UNREADABLE', 'The driver video has no frame that can be decoded.');
    await writer.finish();
  } catch (error) {
    await writer.abort();
    if (signal?.aborted === true) throw new LokiError('CANCELLED', 'Cancelled; nothing was written.');
    throw error;
  }
  return { motion, residuals, fps: (1000 * motion.length) / (performance.now() - startMs) };
}
