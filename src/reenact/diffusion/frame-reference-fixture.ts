/**
 * Holds the runtime against PyTorch: the same clip drawn here by a pack, and by its model in one plain causal call
 * (models/training/loki/reference.py, whose numbers these are), which wrote `reference.i16` beside the pack.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InferenceEngine, InferenceStream } from './runtime/inference-engine.ts';

const SEED = 5;
const COUNT = 18;
const STEPS = 2;
const WRITTEN = [0, 7, 17];

/**
 * @param together frames a call
 * @returns the largest difference of any pixel, and how far pixels are from the mean of all, both in steps of 8-bit sRGB
 */
export async function differenceFromPyTorch(
  engine: InferenceEngine,
  together: number,
): Promise<{ largest: number; spread: number }> {
  const reference = await readReference(engine.pack.folder);
  const { resolution, mapChannels, mapSize } = engine.pack.layout;
  const pixels = resolution ** 2 * 3;
  const map = mapChannels * mapSize ** 2;
  const portrait = Uint8Array.from({ length: pixels }, (_, i) => (i * 7) % 256);
  const stream = engine.openStream(await engine.identify(portrait, wave(map, 1)), SEED, together);
  let largest = 0;
  for (let first = 0; first < COUNT; first += together) {
    const count = Math.min(together, COUNT - first);
    for (let i = 0; i < count; i++) stream.exchanges[0].maps.set(wave(map, first + i), i * map);
    await stream.run(count, STEPS);
    for (const [place, frame] of WRITTEN.entries())
      if (frame >= first && frame < first + count)
        largest = Math.max(largest, differ(stream, frame - first, reference, place, pixels));
  }
  stream.close();
  const mean = reference.reduce((sum, value) => sum + value, 0) / reference.length;
  const variance = reference.reduce((sum, value) => sum + (value - mean) ** 2, 0) / reference.length;
  return { largest, spread: Math.sqrt(variance) };
}

function differ(
  { exchanges: [exchange] }: InferenceStream,
  index: number,
  reference: Float32Array,
  place: number,
  pixels: number,
): number {
  let largest = 0;
  for (let i = 0; i < pixels; i++)
    largest = Math.max(
      largest,
      Math.abs(exchange.changes[index * pixels + i] - reference[place * pixels + i]),
    );
  return largest;
}

async function readReference(folder: string): Promise<Float32Array> {
  const bytes = await readFile(join(folder, 'reference.i16'));
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 128);
}

function wave(length: number, phase: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 0.013 + phase));
}
