import type { Quantiles } from '../../contract/live-session.ts';
import { readTimeMark, timeMarkAgeMs, timeMarkHeight } from '../../contract/time-mark.ts';
import { LatencyMeter } from '../session/latency-meter.ts';

const MOST_SAMPLES = 20_000;

/** `window.lokiProbe`: true glass-to-glass figures for tests. */
export interface LokiProbe {
  /** Frames shown, and those of them whose mark could not be read. */
  frames: number;
  unread: number;
  /** Age of each frame when it reaches the screen, ms; the oldest are dropped beyond 20,000. */
  readonly agesMs: number[];
  /** When each of them was shown, ms since the Unix epoch on the server's clock. */
  readonly shownMs: number[];
  /** Over the last 256 frames. */
  quantiles(): Quantiles | null;
  reset(): void;
}

declare global {
  interface Window {
    lokiProbe?: LokiProbe;
  }
}

/** Reads the time mark of every frame that the element shows. @returns stops it */
export function readMarks(video: HTMLVideoElement, toServerMs: (browserMs: number) => number): () => void {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) return () => {};
  const meter = new LatencyMeter();
  const probe: LokiProbe = {
    frames: 0,
    unread: 0,
    agesMs: [],
    shownMs: [],
    quantiles: () => meter.quantiles,
    reset: () => {
      probe.frames = 0;
      probe.unread = 0;
      probe.agesMs.length = 0;
      probe.shownMs.length = 0;
      meter.reset();
    },
  };
  window.lokiProbe = probe;
  const read = (_nowMs: number, { expectedDisplayTime }: VideoFrameCallbackMetadata) => {
    handle = video.requestVideoFrameCallback(read);
    const { videoWidth: width, videoHeight: height } = video;
    const rows = timeMarkHeight(height);
    if (canvas.width !== width || canvas.height !== rows) {
      canvas.width = width;
      canvas.height = rows;
    }
    context.drawImage(video, 0, 0);
    const mark = readTimeMark({ width, height, data: context.getImageData(0, 0, width, rows).data });
    probe.frames++;
    if (mark === null) {
      probe.unread++;
      return;
    }
    const shownMs = toServerMs(performance.timeOrigin + expectedDisplayTime);
    const ageMs = timeMarkAgeMs(mark, shownMs);
    meter.add(ageMs);
    probe.agesMs.push(ageMs);
    probe.shownMs.push(shownMs);
    if (probe.agesMs.length > MOST_SAMPLES) {
      probe.agesMs.shift();
      probe.shownMs.shift();
    }
  };
  let handle = video.requestVideoFrameCallback(read);
  return () => video.cancelVideoFrameCallback(handle);
}
