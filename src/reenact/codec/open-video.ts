import { basename } from 'node:path';
import { AV_PKT_DATA_DISPLAYMATRIX } from 'node-av/constants';
import { avGetCodecName, Codec } from 'node-av/lib';
import { LokiError } from '../../errors.ts';
import type { VideoFrame } from '../frame.ts';
import { PixelPool } from '../pixel-pool.ts';
import { ClipDecoder, undecodable } from './clip-decoder.ts';
import { type ClipScan, scanClip } from './clip-scan.ts';
import { FfmpegCallError } from './ffmpeg.ts';
import { MediaFile } from './media-file.ts';
import { type PictureGeometry, pictureGeometry, turnFilters } from './picture-geometry.ts';
import type { VideoSource, VideoSourceOptions } from './types.ts';

/** Wide enough for every face that the tracker looks at, small enough for a phone's 4K to stay quick. */
const MAX_SIDE_PX = 1280;
/** A frame of more than this is no film but an attack on memory; 8K is 33 million. */
const MAX_CODED_PIXELS = 40_000_000;
/** Least distance of two stamps: containers hold equal ones now and then, an encoder refuses them. */
const LEAST_STEP_MS = 1;

/**
 * Opens a video file and checks that it is a whole one.
 * @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE (no video, empty, cut short), NO_VIDEO_STREAM (sound only),
 *   INPUT_TOO_LARGE
 */
export async function openVideo(path: string, options: VideoSourceOptions = {}): Promise<VideoSource> {
  const file = await MediaFile.open(path);
  try {
    const name = basename(path);
    const { video } = file;
    if (video === null) {
      const what = file.audio === null ? 'holds no video' : 'holds sound but no video';
      throw new LokiError('NO_VIDEO_STREAM', `${name} ${what}.`);
    }
    const { width, height } = video.codecpar;
    if (width * height > MAX_CODED_PIXELS) {
      throw new LokiError('INPUT_TOO_LARGE', `${name} is ${width}x${height}; the limit is 8K.`);
    }
    if (Codec.findDecoder(video.codecpar.codecId) === null) {
      const codec = avGetCodecName(video.codecpar.codecId);
      throw new LokiError('INPUT_UNREADABLE', `${name} is compressed with ${codec}, which is not supported.`);
    }
    const geometry = pictureGeometry(
      width,
      height,
      (video.sampleAspectRatio.num ? video.sampleAspectRatio : video.codecpar.sampleAspectRatio).toDouble(),
      turnFilters(video.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX)),
      options.maxSidePx ?? MAX_SIDE_PX,
    );
    const declaredFps = video.avgFrameRate.num > 0 ? video.avgFrameRate.toDouble() : 25;
    const scan = await scanClip(path);
    return new FileVideoSource(
      file.path,
      geometry,
      scan,
      file.startMs,
      declaredFps,
      file.audio !== null,
      options,
    );
  } finally {
    await file.close();
  }
}

class FileVideoSource implements VideoSource {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly durationMs: number;
  readonly frameCount: number;
  readonly hasAudio: boolean;
  readonly #geometry: PictureGeometry;
  readonly #scan: ClipScan;
  readonly #startMs: number;
  readonly #pixels: PixelPool;
  readonly #onDecoded: ((elapsedMs: number) => void) | undefined;
  #closed = false;

  constructor(
    path: string,
    geometry: PictureGeometry,
    scan: ClipScan,
    startMs: number,
    declaredFps: number,
    hasAudio: boolean,
    options: VideoSourceOptions,
  ) {
    this.path = path;
    this.#geometry = geometry;
    this.#scan = scan;
    this.#startMs = startMs;
    this.#onDecoded = options.onDecoded;
    this.#pixels = options.pixels ?? new PixelPool();
    this.width = geometry.width;
    this.height = geometry.height;
    this.frameCount = scan.frameCount;
    this.hasAudio = hasAudio;
    const shownMs = scan.stamped ? scan.endMs - scan.stampsMs[0] : 0;
    this.fps = shownMs > 0 ? (scan.frameCount * 1000) / shownMs : declaredFps;
    this.durationMs = scan.stamped ? scan.endMs - startMs : (scan.frameCount * 1000) / declaredFps;
  }

  async *frames(): AsyncIterableIterator<VideoFrame> {
    const decoder = await ClipDecoder.open(this.path, this.#geometry, this.#pixels);
    try {
      let sequence = 0;
      let lastMs = Number.NEGATIVE_INFINITY;
      let beganMs = performance.now();
      for await (const { image, stampMs } of decoder.pictures(() => true)) {
        if (this.#closed) return;
        const knownMs = this.#scan.stamped && !Number.isNaN(stampMs) ? stampMs - this.#startMs : null;
        const ptsMs = Math.max(knownMs ?? (sequence * 1000) / this.fps, lastMs + LEAST_STEP_MS);
        this.#onDecoded?.(performance.now() - beganMs);
        yield { sequence, ptsMs, captureTimeMs: ptsMs, image };
        sequence++;
        lastMs = ptsMs;
        beganMs = performance.now();
      }
      if (sequence === 0) throw undecodable(this.path);
    } catch (error) {
      throw error instanceof FfmpegCallError ? undecodable(this.path, error) : error;
    } finally {
      await decoder.close();
    }
  }

  async sample(count: number): Promise<VideoFrame[]> {
    const { frameCount } = this.#scan;
    const wanted = Math.min(count, frameCount);
    const indices = Array.from({ length: wanted }, (_, i) => Math.floor(((i + 0.5) * frameCount) / wanted));
    return this.#scan.stamped ? this.#sampleByStamp(indices) : this.#sampleByCount(new Set(indices));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #sampleByStamp(indices: readonly number[]): Promise<VideoFrame[]> {
    const { stampsMs, groupStartMs, groupOfPacket } = this.#scan;
    // Only the groups of pictures that hold a wanted frame are decoded.
    const needed = new Set(
      indices.map((index) => Math.max(0, upperBound(groupStartMs, stampsMs[index]) - 1)),
    );
    const decoder = await ClipDecoder.open(this.path, this.#geometry, this.#pixels);
    const frames: VideoFrame[] = [];
    try {
      let next = 0;
      const isNeeded = (packet: number): boolean => needed.has(groupOfPacket[packet]);
      const isWanted = (stampMs: number): boolean =>
        next < indices.length && stampMs >= stampsMs[indices[next]] - LEAST_STEP_MS / 2;
      for await (const { image, stampMs } of decoder.pictures(isNeeded, isWanted)) {
        const sequence = indices[next++];
        const ptsMs = stampMs - this.#startMs;
        frames.push({ sequence, ptsMs, captureTimeMs: ptsMs, image });
        if (next === indices.length) break;
      }
    } catch (error) {
      throw error instanceof FfmpegCallError ? undecodable(this.path, error) : error;
    } finally {
      await decoder.close();
    }
    if (frames.length === 0) throw undecodable(this.path);
    return frames;
  }

  async #sampleByCount(indices: ReadonlySet<number>): Promise<VideoFrame[]> {
    const frames: VideoFrame[] = [];
    for await (const frame of this.frames()) {
      if (indices.has(frame.sequence)) frames.push(frame);
      if (frames.length === indices.size) break;
    }
    return frames;
  }
}

/** Index of the first entry of the ascending `values` that is greater than `x`. */
function upperBound(values: Float64Array, x: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
