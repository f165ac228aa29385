import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPack, type ModelPack } from '../pack/load-pack.ts';
import { copyPixelPack, copyToyPack, TOY_PACK } from '../toy-pack-fixture.ts';
import { InferenceEngine, type InferenceStream } from './inference-engine.ts';
import type { IdentityTensors } from './inference-messages.ts';
import { feed, largestDifference, wave } from './stream-fixture.ts';

const FRAMES = 16;
/** What the networks compute in another order differs by this, in steps of 8-bit sRGB. */
const CLOSE = 0.005;

let pack: ModelPack;
let engine: InferenceEngine;
let identity: IdentityTensors;

beforeAll(async () => {
  pack = await loadPack(TOY_PACK, null);
  engine = await InferenceEngine.open(pack, { provider: 'cpu' });
  identity = await engine.identify(
    new Uint8Array(256 * 256 * 3).map((_, i) => i % 251),
    wave(45 * 64 * 64, 1),
  );
});
afterAll(() => engine.close());

async function streamed(stream: InferenceStream, count: number, steps: number): Promise<Float32Array[]> {
  const made: Float32Array[] = [];
  for (let frame = 0; frame < count; frame++) {
    feed(stream, 0, frame);
    await stream.run(1, steps);
    made.push(Float32Array.from(stream.exchanges[0].changes));
  }
  return made;
}

describe('a stream of frames', () => {
  test.each([1, 2])('equals the same sixteen frames together, in %d steps', async (steps) => {
    const one = await streamed(engine.openStream(identity, 5), FRAMES, steps);
    const together = engine.openStream(identity, 5, FRAMES);
    for (let frame = 0; frame < FRAMES; frame++) feed(together, frame, frame);
    await together.run(FRAMES, steps);
    const pixels = 256 * 256 * 3;
    for (const [frame, changes] of one.entries()) {
      const chunk = together.exchanges[0].changes.slice(frame * pixels, (frame + 1) * pixels);
      expect(largestDifference(changes, chunk)).toBeLessThan(CLOSE);
    }
    // Frames do see each other: alone, the last would look otherwise.
    const alone = engine.openStream(identity, 5, FRAMES);
    feed(alone, 0, FRAMES - 1);
    await alone.run(1, steps);
    expect(largestDifference(one[FRAMES - 1], alone.exchanges[0].changes.slice(0, pixels))).toBeGreaterThan(
      5 * CLOSE,
    );
  });

  test('is the same whether the decoder gives patches or pixels', async () => {
    const copy = await copyPixelPack();
    try {
      const pixelPack = await loadPack(copy.folder, null);
      expect(pixelPack.layout.patch).toBeNull();
      const pixels = await InferenceEngine.open(pixelPack, { provider: 'cpu' });
      const [ofPixels] = await streamed(pixels.openStream(identity, 5), 1, 1);
      await pixels.close();
      const [ofPatches] = await streamed(engine.openStream(identity, 5), 1, 1);
      expect(largestDifference(ofPixels, ofPatches)).toBeLessThan(CLOSE);
      expect(ofPixels.some((value) => Math.abs(value) > 100 * CLOSE)).toBe(true);
    } finally {
      await copy.remove();
    }
  });

  test('goes on from chunk to chunk as it does frame by frame', async () => {
    const one = await streamed(engine.openStream(identity, 5), 12, 1);
    const chunks = engine.openStream(identity, 5, 8);
    for (const [first, count] of [
      [0, 8],
      [8, 4],
    ]) {
      for (let i = 0; i < count; i++) feed(chunks, i, first + i);
      await chunks.run(count, 1);
    }
    const pixels = 256 * 256 * 3;
    expect(
      largestDifference(one[11], chunks.exchanges[0].changes.slice(3 * pixels, 4 * pixels)),
    ).toBeLessThan(CLOSE);
  });

  test('is the same bit for bit when it is run again, and another one for another seed', async () => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map((seed) => streamed(engine.openStream(identity, seed), 3, 2)),
    );
    for (const [i, changes] of again.entries()) expect(largestDifference(changes, first[i])).toBe(0);
    expect(largestDifference(first[2], other[2])).toBeGreaterThan(CLOSE);
  });

  test('looks the same whether it goes through the networks alone or beside others', async () => {
    const count = 18;
    const alone = await streamed(engine.openStream(identity, 9), count, 1);
    const streams = [9, 10, 11].map((seed) => engine.openStream(identity, seed));
    let joined = 1;
    for (let frame = 0; frame < count; frame++) {
      for (const stream of streams) feed(stream, 0, frame);
      const times = await Promise.all(streams.map((stream) => stream.run(1, 1)));
      joined = Math.max(joined, ...times.map(({ batch }) => batch));
    }
    // While the first is under way the others come.
    expect(joined).toBeGreaterThan(1);
    expect(largestDifference(streams[0].exchanges[0].changes, alone[count - 1])).toBeLessThan(CLOSE);
  });

  test('looks the same whether or not the next frame is asked for while this one is made', async () => {
    const count = 6;
    const alone = await streamed(engine.openStream(identity, 9), count, 2);
    const stream = engine.openStream(identity, 9);
    const found: Float32Array[] = [];
    const making: Promise<unknown>[] = [];
    for (let frame = 0; frame < count; frame++) {
      const exchange = frame % stream.exchanges.length;
      await making[frame - stream.exchanges.length];
      feed(stream, 0, frame, exchange);
      const run = stream.run(1, 2, exchange);
      making.push(run.then(() => found.push(Float32Array.from(stream.exchanges[exchange].changes))));
    }
    await Promise.all(making);
    expect(found).toEqual(alone);
  });

  test('fades to nothing at the edges of the window', async () => {
    const [changes] = await streamed(engine.openStream(identity, 1), 1, 1);
    const rowEnergy = (y: number) =>
      changes.subarray(y * 768, (y + 1) * 768).reduce((sum, value) => sum + Math.abs(value), 0);
    expect(rowEnergy(0)).toBeLessThan(0.1 * rowEnergy(128));
  });
});

describe('when something goes wrong', () => {
  test('a picture that is no number is refused, and its stream goes on with clean memory', async () => {
    const spoilt = Object.fromEntries(
      Object.entries(identity).map(([name, data]) => [name, new Float32Array(data.length).fill(Number.NaN)]),
    );
    const stream = engine.openStream(spoilt, 1);
    feed(stream, 0, 0);
    await expect(stream.run(1, 1)).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    const sound = engine.openStream(identity, 1);
    feed(sound, 0, 0);
    await expect(sound.run(1, 1)).resolves.toMatchObject({ batch: 1 });

    // One frame that is no number does not spoil those after it.
    const passing = engine.openStream(identity, 1);
    feed(passing, 0, 0);
    passing.exchanges[0].maps.fill(Number.NaN);
    await expect(passing.run(1, 1)).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    feed(passing, 0, 1);
    await expect(passing.run(1, 1)).resolves.toBeDefined();
  });

  test('a provider that is not there is replaced by the processor, and the reason told', async () => {
    const other = await InferenceEngine.open(pack, { provider: 'cuda' });
    expect(other.info.provider).toBe('cpu');
    expect(other.info.note).toContain('cuda');
    await other.close();
  });

  test('a closed engine rejects what is pending and whatever is asked later', async () => {
    const other = await InferenceEngine.open(pack, { provider: 'cpu' });
    const stream = other.openStream(identity, 1);
    const pending = expect(stream.run(1, 4)).rejects.toMatchObject({ code: 'CANCELLED' });
    await other.close();
    await pending;
    await expect(stream.run(1, 1)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(other.alive).toBe(false);
    await other.close();
  });

  test('a pack that does not load is refused by name', async () => {
    const copy = await copyToyPack();
    await copy.editGraph('decoder', (bytes) => bytes.subarray(0, 1000));
    const broken = await loadPack(copy.folder, null);
    await expect(InferenceEngine.open(broken, { provider: 'cpu' })).rejects.toMatchObject({
      code: 'PACK_INVALID',
      message: expect.stringContaining('decoder.onnx'),
    });
    await copy.remove();
  });
});
