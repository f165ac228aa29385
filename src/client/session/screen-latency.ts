import type { Quantiles } from '../../contract/live-session.ts';
import { LatencyMeter } from './latency-meter.ts';

const REPORT_EVERY_MS = 1_000;
/** Anything beyond is a wrong clock, not a slow path. */
const MOST_MS = 60_000;

/**
 * Capture to screen of each frame shown, once a second: the frame's capture time as the browser knows it from
 * abs-capture-time, to the moment at which it is expected on the screen.
 *
 * @returns stops it
 */
export function followScreenLatency(
  video: HTMLVideoElement,
  _clock: { readonly clockOffsetMs: number | null },
  onQuantiles: (quantiles: Quantiles | null, frames: number) => void,
): () => void {
  if (!('requestVideoFrameCallback' in video)) return () => {};
  const meter = new LatencyMeter();
  const frame = (_nowMs: number, metadata: VideoFrameCallbackMetadata) => {
    handle = video.requestVideoFrameCallback(frame);
    if (metadata.captureTime === undefined) return;
    const ms = metadata.expectedDisplayTime - metadata.captureTime;
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
