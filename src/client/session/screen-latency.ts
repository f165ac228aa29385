import type { Quantiles } from '../../contract/live-session.ts';
import { LatencyMeter } from './latency-meter.ts';

const REPORT_EVERY_MS = 1_000;
/** Anything beyond is a wrong clock, not a slow path. */
const MOST_MS = 60_000;
/** Milliseconds from NTP's epoch (1900) to Unix's. */
const NTP_TO_UNIX_MS = 2_208_988_800_000;
const VIDEO_TICKS_A_MS = 90;

/** A synchronisation source as Chromium reports it where abs-capture-time is received. */
export interface CapturedSource {
  readonly rtpTimestamp: number;
  /** When it was delivered for playing, Unix milliseconds on the browser's clock. */
  readonly timestamp: number;
  /** Milliseconds since 1900 on the stamping server's clock; absent in browsers that do not read the extension. */
  readonly captureTimestamp?: number | null;
}

/**
 * Capture time of the frame that is shown, from the one that arrived last: the avatar's RTP timestamps run as its
 * capture times do.
 *
 * @returns ms since the Unix epoch on the server's clock; null where the browser does not tell
 */
export function capturedAtMs(shownTimestamp: number, latest: CapturedSource): number | null {
  if (typeof latest.captureTimestamp !== 'number') return null;
  // Signed 32-bit difference: timestamps wrap.
  const ticks = (shownTimestamp - latest.rtpTimestamp) | 0;
  return latest.captureTimestamp - NTP_TO_UNIX_MS + ticks / VIDEO_TICKS_A_MS;
}

export interface ScreenLatencyOptions {
  readonly video: HTMLVideoElement;
  /** Of the stream that the element shows now. */
  readonly receiver: () => RTCRtpReceiver | null;
  readonly toServerMs: (browserMs: number) => number;
  /** Once a second; null while nothing could be measured. */
  readonly onQuantiles: (quantiles: Quantiles | null, frames: number) => void;
}

/** Capture to screen of each frame shown: to the moment at which the browser expects it on the glass. @returns stops it */
export function followScreenLatency(options: ScreenLatencyOptions): () => void {
  const { video, receiver, toServerMs, onQuantiles } = options;
  if (!('requestVideoFrameCallback' in video)) return () => {};
  const meter = new LatencyMeter();
  const frame = (_nowMs: number, { expectedDisplayTime, rtpTimestamp }: VideoFrameCallbackMetadata) => {
    handle = video.requestVideoFrameCallback(frame);
    const latest = receiver()?.getSynchronizationSources()[0] as CapturedSource | undefined;
    if (!latest || rtpTimestamp === undefined) return;
    const capturedMs = capturedAtMs(rtpTimestamp, latest);
    if (capturedMs === null) return;
    const ms = toServerMs(performance.timeOrigin + expectedDisplayTime) - capturedMs;
    if (ms >= 0 && ms < MOST_MS) meter.add(ms);
  };
  let handle = video.requestVideoFrameCallback(frame);
  const timer = setInterval(() => {
    onQuantiles(meter.quantiles, meter.frames);
    meter.reset();
  }, REPORT_EVERY_MS);
  return () => {
    video.cancelVideoFrameCallback(handle);
    clearInterval(timer);
  };
}
