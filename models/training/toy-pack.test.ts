import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExportedPack, openPack, randomFeeds } from './pack-fixture.ts';

const FRAMES = 16;
const SLOTS = FRAMES - 1;
const MASKED_AGE = 16n;

describe('an exported pack', () => {
  let pack: ExportedPack;
  beforeAll(async () => {
    pack = await openPack(join(import.meta.dirname, 'fixtures/toy-pack'));
  });

  it('gives the same for 16 frames together and one by one with a ring buffer as the cache', async () => {
    const { manifest, denoiser } = pack;
    const { inputs } = manifest.graphs.denoiser;
    const chunk = randomFeeds(inputs, { batch: 1, frames: FRAMES, slots: 0 }, 1);
    chunk['age'] = ages(
      Array.from({ length: FRAMES }, (_, i) => i),
      Array.from({ length: FRAMES }, (_, i) => i),
    );
    const together = await denoiser.run(chunk);

    const caches = new Map(
      Object.entries(inputs)
        .filter(([name]) => name.startsWith('cache_'))
        .map(([name, { shape }]) => [name, zeros([1, shape[1], shape[2], SLOTS, shape[4]])]),
    );
    const held: (number | null)[] = Array(SLOTS).fill(null);
    for (let frame = 0; frame < FRAMES; frame++) {
      const feeds: Record<string, ort.Tensor> = { age: ages([frame], [...held, frame]) };
      for (const [name, tensor] of Object.entries(chunk)) {
        if (name.startsWith('ref_')) feeds[name] = tensor;
        else if (!name.startsWith('cache_') && name !== 'age') feeds[name] = row(tensor, frame);
      }
      for (const [name, cache] of caches) feeds[name] = cache;
      const alone = await denoiser.run(feeds);
      expect(largestDifference(alone['v'], row(together['v'], frame))).toBeLessThan(1e-4);
      for (const [name, cache] of caches) {
        store(cache, alone[name.replace('cache_', 'new_')], frame % SLOTS);
      }
      held[frame % SLOTS] = frame;
    }
  });

  it('gives each session of a batch what it gives it alone', async () => {
    const { manifest, denoiser } = pack;
    const feeds = randomFeeds(manifest.graphs.denoiser.inputs, { batch: 2, frames: 1, slots: SLOTS }, 2);
    const both = await denoiser.run(feeds);
    for (const session of [0, 1]) {
      const own = Object.fromEntries(
        Object.entries(feeds).map(([name, tensor]) => [name, name === 'age' ? tensor : row(tensor, session)]),
      );
      const alone = await denoiser.run(own);
      for (const name of denoiser.outputNames) {
        expect(largestDifference(alone[name], row(both[name], session))).toBeLessThan(1e-4);
      }
    }
  });

  it('gives tensors of the shapes that its manifest names', async () => {
    for (const graph of ['identity', 'denoiser', 'decoder'] as const) {
      const { inputs, outputs } = pack.manifest.graphs[graph];
      const results = await pack[graph].run(randomFeeds(inputs, { batch: 1, frames: 2, slots: 3 }, 3));
      expect(Object.keys(results).sort()).toEqual(Object.keys(outputs).sort());
      for (const [name, { shape }] of Object.entries(outputs)) {
        expect(results[name].dims.length).toBe(shape.length);
        shape.forEach((length, axis) => {
          if (length >= 0) expect(results[name].dims[axis]).toBe(length);
        });
      }
    }
  });
});

/** `[queries, keys]`: how many frames a key is older than the query; masked where there is none or it lies ahead. */
function ages(queries: number[], keys: (number | null)[]): ort.Tensor {
  const values = queries.flatMap((query) =>
    keys.map((key) =>
      key === null || key > query || query - key >= FRAMES ? MASKED_AGE : BigInt(query - key),
    ),
  );
  return new ort.Tensor('int64', BigInt64Array.from(values), [queries.length, keys.length]);
}

function zeros(shape: number[]): ort.Tensor {
  return new ort.Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
}

/** One entry of the first axis. */
function row(tensor: ort.Tensor, index: number): ort.Tensor {
  const [, ...rest] = tensor.dims;
  const length = rest.reduce((a, b) => a * b, 1);
  const data = (tensor.data as Float32Array).slice(index * length, (index + 1) * length);
  return new ort.Tensor('float32', data, [1, ...rest]);
}

/** Writes keys or values of one new frame `[1, positions, heads, 1, 64]` into a slot of the cache. */
function store(cache: ort.Tensor, made: ort.Tensor, slot: number): void {
  const [, positions, heads, slots, width] = cache.dims;
  for (let i = 0; i < positions * heads; i++) {
    const from = (made.data as Float32Array).subarray(i * width, (i + 1) * width);
    (cache.data as Float32Array).set(from, (i * slots + slot) * width);
  }
}

function largestDifference(a: ort.Tensor, b: ort.Tensor): number {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  expect(x.length).toBe(y.length);
  return x.reduce((largest, value, i) => Math.max(largest, Math.abs(value - y[i])), 0);
}
