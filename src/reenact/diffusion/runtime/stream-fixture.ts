import type { InferenceStream } from './inference-engine.ts';

/** Values that are no two places' the same. */
export function wave(length: number, phase: number): Float32Array {
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) out[i] = Math.sin(i * 0.013 + phase);
  return out;
}

/** Frame `frame` of a clip, into place `index` of one of the stream's exchanges. */
export function feed({ exchanges }: InferenceStream, index: number, frame: number, exchange = 0): void {
  const { windows, maps, visibilities, changeables, frames } = exchanges[exchange];
  const [w, m, v] = [windows.length / frames, maps.length / frames, visibilities.length / frames];
  for (let i = 0; i < w; i++) windows[index * w + i] = (i * 3 + frame * 11) % 256;
  maps.set(wave(m, frame), index * m);
  visibilities.set(wave(v, frame).map(Math.abs), index * v);
  changeables.fill(1, index * v, (index + 1) * v);
}

export function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}
