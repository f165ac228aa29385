import { afterAll, beforeAll, expect, test } from 'vitest';
import { LokiError } from '../../../../errors.ts';
import { loadPack, type ModelPack } from '../../pack/load-pack.ts';
import { copyPixelPack, TOY_PACK } from '../../toy-pack-fixture.ts';
import { InferenceEngine, type InferenceStream } from '../inference-engine.ts';
import type { IdentityTensors } from '../inference-messages.ts';
import { useSoftwareGpu } from '../software-gpu.ts';
import { feed, largestDifference, wave } from '../stream-fixture.ts';

/** The GPU's own rounding, in steps of 8-bit sRGB. */
const CLOSE = 0.01;

let missing: string | null = null;
let pack: ModelPack;
let cpu: InferenceEngine;
let gpu: InferenceEngine;
let identity: IdentityTensors;

beforeAll(async () => {
  try {
    useSoftwareGpu();
  } catch (error) {
    if (!(error instanceof LokiError)) throw error;
    missing = error.message;
    return;
  }
  pack = await loadPack(TOY_PACK, null);
  cpu = await InferenceEngine.open(pack, { provider: 'cpu' });
  gpu = await InferenceEngine.open(pack, { provider: 'webgpu' });
  // The driver may be there and the loader of drivers not.
  if (gpu.info.provider !== 'webgpu') missing = gpu.info.note;
  identity = await cpu.identify(
    new Uint8Array(256 * 256 * 3).map((_, i) => i % 251),
    wave(45 * 64 * 64, 1),
  );
});
afterAll(async () => {
  await cpu?.close();
  await gpu?.close();
});

/** Frames of two streams, together and one by one. */
async function play(engine: InferenceEngine): Promise<{ made: Float32Array[]; joined: number }> {
  const streams = [9, 10].map((seed) => engine.openStream(identity, seed));
  const made: Float32Array[] = [];
  let joined = 0;
  const run = async (which: readonly InferenceStream[], frame: number, steps: number): Promise<void> => {
    for (const stream of which) feed(stream, 0, frame);
    for (const { batch } of await Promise.all(which.map((stream) => stream.run(1, steps))))
      joined = Math.max(joined, batch);
    for (const {
      exchanges: [exchange],
    } of which)
      made.push(Float32Array.from(exchange.changes));
  };
  await run(streams, 0, 1);
  await run(streams, 1, 1);
  await run([streams[0]], 2, 2);
  // What is no number is refused, and not remembered.
  feed(streams[1], 0, 2);
  streams[1].exchanges[0].maps.fill(Number.NaN);
  await expect(streams[1].run(1, 1)).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
  await run([streams[1]], 3, 1);
  for (const stream of streams) stream.close();
  return { made, joined };
}

test('pictures are the same whether tensors stay on the GPU or lie in memory, frame after frame', async (context) => {
  if (missing !== null) context.skip(missing);
  const onCpu = await play(cpu);
  const onGpu = await play(gpu);
  expect(onGpu.joined).toBe(2);
  for (const [i, changes] of onGpu.made.entries()) {
    expect(largestDifference(changes, onCpu.made[i])).toBeLessThan(CLOSE);
    // Each differs from the others by more than that.
    for (const other of onGpu.made.slice(0, i)) expect(largestDifference(changes, other)).toBeGreaterThan(1);
  }
});

test('also where the decoder gives single pixels, of a latent with a mean and a deviation', async (context) => {
  if (missing !== null) context.skip(missing);
  const copy = await copyPixelPack();
  try {
    await copy.edit(({ latent }) => {
      latent.mean = latent.mean.map((_, i) => 0.1 * i);
      latent.std = latent.std.map((_, i) => 1 + 0.2 * i);
    });
    const pixels = await loadPack(copy.folder, null);
    const made: Float32Array[] = [];
    for (const provider of ['cpu', 'webgpu'] as const) {
      const engine = await InferenceEngine.open(pixels, { provider });
      const stream = engine.openStream(identity, 5);
      for (const [frame, steps] of [1, 2].entries()) {
        feed(stream, 0, frame);
        await stream.run(1, steps);
        made.push(Float32Array.from(stream.exchanges[0].changes));
      }
      // Closed with the stream still open.
      await engine.close();
    }
    const [cpu1, cpu2, gpu1, gpu2] = made;
    expect(largestDifference(cpu1, gpu1)).toBeLessThan(CLOSE);
    expect(largestDifference(cpu2, gpu2)).toBeLessThan(CLOSE);
    expect(largestDifference(cpu1, cpu2)).toBeGreaterThan(1);
  } finally {
    await copy.remove();
  }
});
