/** Of the field's 12 bits, in steps of 10 ms. */
const MOST_STEPS = 0xfff;
const STEP_MS = 10;

/**
 * How long a receiver may keep a frame before it shows it (webrtc.org, playout-delay; 3 bytes). With 0 at least and half a
 * second at most, Chromium shows each frame as soon as it can be decoded, instead of evening out when frames come.
 */
export function buildPlayoutDelay({ minMs, maxMs }: { minMs: number; maxMs: number }): Uint8Array {
  const steps = (ms: number): number => Math.min(MOST_STEPS, Math.max(0, Math.round(ms / STEP_MS)));
  const [least, most] = [steps(minMs), steps(maxMs)];
  return Uint8Array.of(least >> 4, ((least & 0xf) << 4) | (most >> 8), most & 0xff);
}
