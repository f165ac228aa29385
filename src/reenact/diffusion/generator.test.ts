import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VideoFrame } from '../frame.ts';
import type { MotionFrame } from '../generator.ts';
import { generatorOf } from '../geometric/generator.ts';
import { portraitFixture } from '../geometric/portrait-fixture.ts';
import { buildWarpRig, type WarpRig, type WarpRigSource } from '../geometric/rig.ts';
import { REPAIR_STRENGTH } from './apply-change.ts';
import { createClipGenerator } from './clip-generator.ts';
import { createDiffusionGenerator, type StepControl } from './generator.ts';
import { loadPack, type ModelPack } from './pack/load-pack.ts';
import type { EngineSource } from './runtime/engine-keeper.ts';
import { InferenceEngine } from './runtime/inference-engine.ts';
import type { IdentityTensors } from './runtime/inference-messages.ts';
import type { IdentityShelf } from './stream-seat.ts';
import { TOY_PACK } from './toy-pack-fixture.ts';

let source: WarpRigSource;
let rig: WarpRig;
let pack: ModelPack;
let engine: InferenceEngine;

beforeAll(async () => {
  source = await portraitFixture({ size: 256 });
  rig = buildWarpRig(source);
  pack = await loadPack(TOY_PACK, source.model.sha256);
  engine = await InferenceEngine.open(pack, { provider: 'cpu' });
});
afterAll(() => engine.close());

function motion(sequence: number): MotionFrame {
  const own = source.reference.coefficients;
  const theta = Float32Array.from(own.theta);
  theta[4] += 0.1 * Math.sin(sequence);
  const coefficients = { ...own, theta };
  return { sequence, ptsMs: sequence * 40, captureTimeMs: sequence * 40, coefficients };
}

/** A control that does as it is told, and says what it was told. */
function tested(steps: number): StepControl & { steps: number; failures: number; frames: number } {
  return {
    steps,
    failures: 0,
    frames: 0,
    drawn() {
      this.frames++;
    },
    pressed() {},
    failed() {
      this.failures++;
      this.steps = 0;
    },
  };
}

function sourceOf(current: () => InferenceEngine | null): EngineSource & { failures: number } {
  return {
    packName: 'toy',
    get current() {
      return current();
    },
    problem: null,
    failures: 0,
    want() {},
    failed() {
      this.failures++;
    },
    worked() {},
  };
}

class MemoryShelf implements IdentityShelf {
  reads = 0;
  kept: IdentityTensors | null = null;
  async read(): Promise<IdentityTensors | null> {
    this.reads++;
    return this.kept;
  }
  async write(tensors: IdentityTensors): Promise<void> {
    this.kept = tensors;
  }
}

/** How far the frame is from the geometric one, mean absolute difference. */
async function changeOf(frame: VideoFrame): Promise<number> {
  const { image } = await generatorOf(rig).generate(motion(frame.sequence));
  let sum = 0;
  for (let i = 0; i < image.data.length; i++) sum += Math.abs(image.data[i] - frame.image.data[i]);
  return sum / image.data.length;
}

/** Frames until the networks are there. */
async function untilSeated(generator: ReturnType<typeof createDiffusionGenerator>): Promise<number> {
  for (let sequence = 0; sequence < 200; sequence++) {
    await generator.generate(motion(sequence));
    if (generator.inference!()!.steps > 0) return sequence + 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return expect.fail('the networks never drew');
}

describe('the live generator', () => {
  test('is the geometric one until it may be more, then fades over, and back, without a jump', async () => {
    const control = tested(1);
    const shelf = new MemoryShelf();
    const parts = { model: source.model, rig, engines: sourceOf(() => engine), shelf, seed: 1 };
    const generator = createDiffusionGenerator(parts, control);
    expect(await changeOf(await generator.generate(motion(0)))).toBe(0);
    expect(generator.name).toBe('geometric');
    expect(generator.repaired).toBe(0);
    expect(shelf.reads).toBe(0);

    generator.choose!('diffusion');
    let sequence = await untilSeated(generator);
    const rising: number[] = [];
    for (; rising.length < 14; sequence++)
      rising.push(await changeOf(await generator.generate(motion(sequence))));
    const whole = rising.at(-1)!;
    expect(whole).toBeGreaterThan(0.2);
    for (let i = 1; i < rising.length; i++)
      expect(Math.abs(rising[i] - rising[i - 1])).toBeLessThan(0.35 * whole);
    expect(generator.name).toBe('toy');
    expect(generator.repaired).toBe(REPAIR_STRENGTH);
    expect(generator.inference!()).toMatchObject({
      pack: 'toy',
      provider: 'cpu',
      precision: 'float32',
      steps: 1,
    });

    // Asked for together they are warped at once, and repaired in turn.
    const together = [sequence++, sequence++, sequence++];
    const done: number[] = [];
    const frames = await Promise.all(
      together.map(async (each) => {
        const frame = await generator.generate(motion(each));
        done.push(each);
        return frame;
      }),
    );
    expect(done).toEqual(together);
    for (const frame of frames) {
      const change = await changeOf(frame);
      expect(Math.abs(change - whole)).toBeLessThan(0.35 * whole);
    }

    control.steps = 0;
    const falling: number[] = [];
    for (; falling.length < 12; sequence++)
      falling.push(await changeOf(await generator.generate(motion(sequence))));
    expect(falling[0]).toBeGreaterThan(0.6 * whole);
    expect(falling.at(-1)).toBe(0);
    expect(generator.repaired).toBe(0);
    expect(generator.inference!()).toMatchObject({ steps: 0 });
    await generator.close();

    // The avatar is known: nothing has to be computed for its next stream.
    expect(shelf.kept).not.toBeNull();
  });

  test('goes on with the picture alone when the networks fail, die, or never come', async () => {
    const other = await InferenceEngine.open(pack, { provider: 'cpu' });
    const control = tested(2);
    const engines = sourceOf(() => other);
    const generator = createDiffusionGenerator(
      { model: source.model, rig, engines, shelf: null, seed: 1 },
      control,
    );
    generator.choose!('diffusion');
    const sequence = await untilSeated(generator);
    await other.close();
    expect(await changeOf(await generator.generate(motion(sequence)))).toBe(0);
    expect(control.failures).toBe(1);
    expect(engines.failures).toBe(1);
    expect(generator.inference!()).toMatchObject({ steps: 0 });
    await generator.close();

    const never = createDiffusionGenerator(
      { model: source.model, rig, engines: sourceOf(() => null), shelf: null, seed: 1 },
      tested(1),
    );
    never.choose!('diffusion');
    expect(await changeOf(await never.generate(motion(1)))).toBe(0);
    expect(never.inference!()).toMatchObject({ provider: null, steps: 0 });
    await never.close();
  });

  test('keeps a flat background flat outside the window', async () => {
    const generator = createDiffusionGenerator(
      { model: source.model, rig, engines: sourceOf(() => engine), shelf: null, seed: 1 },
      tested(1),
    );
    generator.setBackground([0, 177, 64]);
    generator.choose!('diffusion');
    const sequence = await untilSeated(generator);
    const { image } = await generator.generate(motion(sequence));
    expect([...image.data.subarray(0, 3)]).toEqual([0, 177, 64]);
    await generator.close();
  });
});

describe('the generator for clips', () => {
  const COUNT = 17;

  async function clip(schedule: 'stream' | 'chunk', together = 1): Promise<VideoFrame[]> {
    const own = await InferenceEngine.open(pack, { provider: 'cpu' });
    const generator = await createClipGenerator({
      model: source.model,
      rig,
      engine: own,
      seed: 1,
      steps: 2,
      schedule,
    });
    const motions = Array.from({ length: COUNT }, (_, i) => motion(i));
    const frames: VideoFrame[] = [];
    if (generator.chunk === undefined)
      for (let first = 0; first < COUNT; first += together)
        frames.push(
          ...(await Promise.all(
            motions.slice(first, first + together).map((each) => generator.generate(each)),
          )),
        );
    else
      for (let first = 0; first < COUNT; first += generator.chunk.frames)
        frames.push(
          ...(await generator.chunk.generate(motions.slice(first, first + generator.chunk.frames))),
        );
    await generator.close();
    return frames;
  }

  test('makes the same pictures, whether or not the next one is asked for before the last is there', async () => {
    const [one, three] = [await clip('stream'), await clip('stream', 3)];
    for (const [i, { sequence, image }] of one.entries()) {
      expect(three[i].sequence).toBe(sequence);
      expect(Buffer.compare(three[i].image.data, image.data)).toBe(0);
    }
  });

  test('makes the same pictures frame by frame and sixteen at a time, all of them repaired', async () => {
    const [one, sixteen] = [await clip('stream'), await clip('chunk')];
    expect(sixteen.map(({ sequence }) => sequence)).toEqual(one.map(({ sequence }) => sequence));
    expect(await changeOf(one[0])).toBeGreaterThan(0.2);
    for (const [i, { image }] of one.entries()) {
      let largest = 0;
      for (let p = 0; p < image.data.length; p++)
        largest = Math.max(largest, Math.abs(image.data[p] - sixteen[i].image.data[p]));
      expect(largest).toBeLessThanOrEqual(1);
    }
  });
});
