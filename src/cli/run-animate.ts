import { concatMap, fromEvent, lastValueFrom, type Observable, of, takeUntil, tap } from 'rxjs';
import { LokiError } from '../errors.ts';
import { checkInputFile } from '../reenact/codec/input-file.ts';
import { openVideo } from '../reenact/codec/open-video.ts';
import { checkWritable } from '../reenact/codec/part-file.ts';
import type { VideoSource, VideoWriter, WrittenVideo } from '../reenact/codec/types.ts';
import { createVideoWriter } from '../reenact/codec/video-writer.ts';
import { writeWhole } from '../reenact/codec/write-file.ts';
import type { StageClock } from '../reenact/evaluate/stage-clock.ts';
import { fromPulled } from '../reenact/flow/from-pulled.ts';
import type { VideoFrame } from '../reenact/frame.ts';
import { PixelPool } from '../reenact/pixel-pool.ts';
import type { AnimatedFrame, AnimateJob, OpenReenactor, Reenactor } from './animate-job.ts';
import { CoefficientsFile } from './coefficients-file.ts';
import { avatarPanel, type CompareLayout, ComparePicture, compareLayout } from './compare-picture.ts';

/** Frames between decoder and encoder: one decoded, one tracked, one generated, one encoded. */
const IN_FLIGHT = 4;

export interface AnimateEvents {
  /** What begins now, in a few words. */
  onPhase?(phase: string): void;
  /** `done` of `total` frames are written; `total` is what the file's packets promise. */
  onFrame?(done: number, total: number): void;
  /** One sentence about something that does not spoil the result. */
  onWarning?(message: string): void;
}

export interface AnimateSummary {
  readonly frames: number;
  /** Frames in which the driver's face was followed. */
  readonly tracked: number;
  /** Frames a second, from the first frame read to the files in place. */
  readonly fps: number;
  readonly audio: WrittenVideo['audio'];
}

/**
 * Animates one avatar by one driver, from files to files. Nothing appears under a final name before it is whole.
 * @throws LokiError; CANCELLED once `signal` is aborted
 */
export async function runAnimate(
  job: AnimateJob,
  openReenactor: OpenReenactor,
  signal: AbortSignal,
  events: AnimateEvents = {},
): Promise<AnimateSummary> {
  // What can be refused at once is, before any model is loaded.
  await checkInputFile(job.driverPath, 'a video');
  await checkInputFile(job.avatarPath, 'a picture');
  for (const path of Object.values(job.outputs)) if (path !== null) await checkWritable(path);

  let clock: StageClock | null = null;
  const pixels = new PixelPool();
  const source = await openVideo(job.driverPath, {
    pixels,
    onDecoded: (elapsedMs) => clock?.record('decode', elapsedMs),
  });
  try {
    throwIfCancelled(signal);
    events.onPhase?.('Learning the driver and the avatar');
    const reenactor = await openReenactor(job, source, signal);
    clock = reenactor.clock;
    if (reenactor.notice) events.onWarning?.(reenactor.notice);
    try {
      throwIfCancelled(signal);
      events.onPhase?.('Animating');
      const summary = await writeOutputs(job, source, pixels, reenactor, signal, events);
      if (job.outputs.report !== null) {
        events.onPhase?.('Re-tracking the written video for the report');
        await writeReport(job, source, reenactor, summary, signal);
      }
      return summary;
    } finally {
      await reenactor.close();
    }
  } finally {
    await source.close();
  }
}

async function writeOutputs(
  job: AnimateJob,
  source: VideoSource,
  /** Of the driver's pictures. */
  pixels: PixelPool,
  reenactor: Reenactor,
  signal: AbortSignal,
  events: AnimateEvents,
): Promise<AnimateSummary> {
  const beganMs = performance.now();
  const outputs = await Outputs.open(job, source, reenactor, events);
  let frames = 0;
  let tracked = 0;
  try {
    const pulled = fromPulled(source.frames(), IN_FLIGHT - 1 + (reenactor.framesTogether ?? 1));
    const underWay: VideoFrame[] = [];
    const drivers = pulled.values.pipe(
      tap((frame) => {
        underWay.push(frame);
        outputs.remember(frame);
      }),
    );
    const written = reenactor.reenact(drivers).pipe(
      concatMap(async (frame) => {
        await outputs.write(frame);
        reenactor.recycle(frame.avatar);
        pixels.give(underWay.shift()!.image.data);
        pulled.release();
        frames++;
        if (frame.confidence > 0) tracked++;
        events.onFrame?.(frames, source.frameCount);
      }),
      takeUntil(aborted(signal)),
    );
    await lastValueFrom(written, { defaultValue: undefined });
    throwIfCancelled(signal);
    const audio = await outputs.finish();
    return { frames, tracked, fps: (1000 * frames) / (performance.now() - beganMs), audio };
  } catch (error) {
    await outputs.abort();
    throw error;
  }
}

/** Everything that is written frame by frame. */
class Outputs {
  readonly #video: VideoWriter | null;
  readonly #comparison: Comparison | null;
  readonly #coefficients: CoefficientsFile | null;

  private constructor(
    video: VideoWriter | null,
    comparison: Comparison | null,
    coefficients: CoefficientsFile | null,
  ) {
    this.#video = video;
    this.#comparison = comparison;
    this.#coefficients = coefficients;
  }

  static async open(
    job: AnimateJob,
    source: VideoSource,
    reenactor: Reenactor,
    events: AnimateEvents,
  ): Promise<Outputs> {
    const { outputs, sizePx } = job;
    const opened: { abort(): Promise<void> }[] = [];
    try {
      const begin = async (
        path: string | null,
        width: number,
        isFirst: boolean,
      ): Promise<VideoWriter | null> => {
        if (path === null) return null;
        const writer = await createVideoWriter(path, {
          width,
          height: sizePx,
          fps: source.fps,
          audioFrom: job.driverPath,
          description: 'avatar animated from a driver video',
          onEncoded: (elapsedMs) => {
            if (isFirst) reenactor.clock.record('encode', elapsedMs);
          },
          onWarning: (message) => {
            if (isFirst) events.onWarning?.(message);
          },
        });
        opened.push(writer);
        return writer;
      };
      const video = await begin(outputs.video, sizePx, true);
      const layout = compareLayout(source.width, source.height, sizePx);
      const compareWriter = await begin(outputs.comparison, layout.width, video === null);
      const comparison = compareWriter === null ? null : new Comparison(compareWriter, layout, reenactor);
      const coefficients =
        outputs.coefficients === null
          ? null
          : await CoefficientsFile.create(outputs.coefficients, reenactor.header);
      return new Outputs(video, comparison, coefficients);
    } catch (error) {
      for (const output of opened) await output.abort();
      throw error;
    }
  }

  remember(driver: VideoFrame): void {
    this.#comparison?.remember(driver);
  }

  async write(frame: AnimatedFrame): Promise<void> {
    await this.#video?.write(frame.avatar);
    await this.#comparison?.write(frame);
    await this.#coefficients?.write(frame);
  }

  async finish(): Promise<WrittenVideo['audio']> {
    const video = await this.#video?.finish();
    const comparison = await this.#comparison?.writer.finish();
    await this.#coefficients?.finish();
    return video?.audio ?? comparison?.audio ?? 'none';
  }

  async abort(): Promise<void> {
    await this.#video?.abort();
    await this.#comparison?.writer.abort();
    await this.#coefficients?.abort();
  }
}

/** The side-by-side video. The driver's pixels wait here, and nowhere else, until their avatar frame is made. */
class Comparison {
  readonly writer: VideoWriter;
  readonly #picture: ComparePicture;
  readonly #reenactor: Reenactor;
  readonly #drivers = new Map<number, VideoFrame>();

  constructor(writer: VideoWriter, layout: CompareLayout, reenactor: Reenactor) {
    this.writer = writer;
    this.#picture = new ComparePicture(layout);
    this.#reenactor = reenactor;
  }

  remember(driver: VideoFrame): void {
    this.#drivers.set(driver.sequence, driver);
  }

  async write({ sequence, avatar, commanded }: AnimatedFrame): Promise<void> {
    const driver = this.#drivers.get(sequence);
    this.#drivers.delete(sequence);
    if (driver === undefined) throw new Error(`avatar frame ${sequence} without a driver frame`);
    const map = this.#reenactor.driverMapPicture(commanded);
    const image = this.#picture.compose(driver.image, map, avatar.image);
    await this.writer.write({ ...avatar, image });
  }
}

async function writeReport(
  job: AnimateJob,
  source: VideoSource,
  reenactor: Reenactor,
  { fps }: AnimateSummary,
  signal: AbortSignal,
): Promise<void> {
  const { video, comparison, report } = job.outputs;
  const layout = compareLayout(source.width, source.height, job.sizePx);
  const panel = video === null ? layout : null;
  const written = await openVideo((video ?? comparison)!, { maxSidePx: layout.width });
  const figures = await reenactor.evaluate(avatarFrames(written, panel, signal), {
    fps,
    // Node gives the peak of the whole process, in KiB.
    peakRssMb: (process.resourceUsage().maxRSS * 1024) / 1e6,
  });
  await written.close();
  await writeWhole(report!, `${JSON.stringify(figures, null, 2)}\n`);
}

/** Frames of the avatar in a written video; `panel` says where it lies in a comparison. */
async function* avatarFrames(
  written: VideoSource,
  panel: CompareLayout | null,
  signal: AbortSignal,
): AsyncIterableIterator<VideoFrame> {
  for await (const frame of written.frames()) {
    throwIfCancelled(signal);
    yield panel === null ? frame : { ...frame, image: avatarPanel(frame.image, panel) };
  }
}

/** Emits once `signal` is aborted, also where it already is. */
function aborted(signal: AbortSignal): Observable<unknown> {
  return signal.aborted ? of(null) : fromEvent(signal, 'abort');
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new LokiError('CANCELLED', 'Stopped; nothing was left behind.');
}
