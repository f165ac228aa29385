import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { VideoFrame } from '../frame.ts';
import type { MotionFrame } from '../generator.ts';
import { generatorOf } from '../geometric/generator.ts';
import { portraitFixture } from '../geometric/portrait-fixture.ts';
import { buildWarpRig, type WarpRig, type WarpRigSource } from '../geometric/rig.ts';
import { createClipGenerator } from './clip-generator.ts';
import { differenceFromPyTorch } from './frame-reference-fixture.ts';
import { createDiffusionGenerator } from './generator.ts';
import { checkPack } from './pack/check-pack.ts';
import { loadPack } from './pack/load-pack.ts';
import { InferenceEngine } from './runtime/inference-engine.ts';
import { copyFramePack, type PackCopy } from './toy-pack-fixture.ts';

let whole: PackCopy;
/** One for all: its thousands of nodes take seconds to load. */
let engine: InferenceEngine;
beforeAll(async () => {
  whole = await copyFramePack();
  engine = await InferenceEngine.open(await loadPack(whole.folder, null), { provider: 'cpu' });
});
afterAll(async () => {
  await engine.close();
  await whole.remove();
});

describe('a pack that makes whole pictures', () => {
  test('is read with the sizes that each layer has of its own', async () => {
    const { layout } = await loadPack(whole.folder, null);
    expect(layout).toMatchObject({ kind: 'frame', resolution: 128, slots: 15, latentChannels: 4 });
    expect(layout.references).toHaveLength(16);
    expect(layout.temporal).toHaveLength(40);
    expect(new Set(layout.temporal.map(({ dim }) => dim))).toEqual(new Set([1, 2]));
    expect(new Set(layout.references.map(({ tokens }) => tokens))).toEqual(new Set([256, 64, 16, 4]));
  });

  test('passes every check of pack:check', async () => {
    const options = { provider: 'cpu', threads: 1, headSha256: null, steps: [2] } as const;
    const checks = await checkPack(whole.folder, options);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.at(-1)!.check).toBe('float32: 2 steps');
    expect(checks.map(({ check }) => check)).not.toContain('float32: 1 step');
  }, 90_000);

  test.each([
    ['frame by frame', 1],
    ['sixteen at a time', 16],
  ])('draws %s what PyTorch draws of the same inputs', async (_, together) => {
    const { largest, spread } = await differenceFromPyTorch(engine, together);
    expect(largest).toBeLessThan(0.02);
    expect(spread).toBeGreaterThan(10);
  });
});

describe('a pack that makes whole pictures is refused', () => {
  let pack: PackCopy;
  beforeEach(async () => {
    pack = await copyFramePack();
  });
  afterEach(() => pack.remove());

  test.each<[string, (copy: PackCopy) => Promise<void>, RegExp]>([
    [
      'for a warp among its inputs',
      (p) =>
        p.edit(({ graphs }) => {
          graphs.denoiser.inputs['warp'] = { shape: [-1, 3, 128, 128], type: 'float32' };
        }),
      /denoiser: nobody knows the tensor warp/,
    ],
    [
      'for a change in place of a picture',
      (p) =>
        p.edit(({ graphs: { decoder } }) => {
          decoder.outputs = { delta: decoder.outputs['picture'] };
        }),
      /decoder: the tensor picture is missing/,
    ],
    [
      'for a picture of another size',
      (p) => p.edit(({ graphs }) => graphs.decoder.outputs['picture'].shape.fill(64, 2)),
      /picture must be \[-1, 3, 128, 128\], not \[-1, 3, 64, 64\]/,
    ],
    [
      'for keys and values of different sizes in one layer',
      (p) => p.edit(({ graphs }) => graphs.denoiser.inputs['cache_v_39'].shape.splice(4, 1, 9)),
      /denoiser: the tensor cache_v_39/,
    ],
    [
      'for weights beside a graph that are not those it names',
      async (p) => {
        await writeFile(join(p.folder, 'decoder.onnx.data'), 'other weights');
        await p.edit(({ graphs }) => {
          graphs.decoder.data = { file: 'decoder.onnx.data', sha256: 'a'.repeat(64) };
        });
      },
      /decoder\.onnx\.data .*SHA-256/,
    ],
    [
      'for a graph that is cut short',
      (p) => p.editGraph('denoiser', (bytes) => bytes.subarray(0, 5000), false),
      /denoiser\.onnx .*SHA-256/,
    ],
  ])('%s', async (_, spoil, reason) => {
    await spoil(pack);
    await expect(loadPack(pack.folder, null)).rejects.toMatchObject({
      code: 'PACK_INVALID',
      message: expect.stringMatching(reason),
    });
  });

  test('for weights beside a graph that are not there', async () => {
    await pack.edit(({ graphs }) => {
      graphs.decoder.data = { file: 'decoder.onnx.data', sha256: 'a'.repeat(64) };
    });
    await expect(loadPack(pack.folder, null)).rejects.toMatchObject({ code: 'PACK_MISSING' });
  });
});

describe('an avatar drawn by a pack that makes whole pictures', () => {
  let source: WarpRigSource;
  let rig: WarpRig;
  beforeAll(async () => {
    source = await portraitFixture({ size: 256 });
    rig = buildWarpRig(source);
  });

  function motion(sequence: number): MotionFrame {
    const own = source.reference.coefficients;
    const theta = Float32Array.from(own.theta);
    theta[4] += 0.1 * Math.sin(sequence);
    return {
      sequence,
      ptsMs: sequence * 40,
      captureTimeMs: sequence * 40,
      coefficients: { ...own, theta },
    };
  }

  /** Mean absolute difference to the geometric frame, in the picture's upper left corner and all over. */
  async function changeOf({ sequence, image }: VideoFrame): Promise<{ corner: number; all: number }> {
    const { image: warped } = await generatorOf(rig).generate(motion(sequence));
    let [corner, all] = [0, 0];
    for (let p = 0; p < image.width * image.height; p++)
      for (let k = 0; k < 3; k++) {
        const change = Math.abs(image.data[p * 4 + k] - warped.data[p * 4 + k]);
        all += change;
        if (p % image.width < 16 && p < 16 * image.width) corner += change;
      }
    return { corner: corner / (3 * 256), all: all / (3 * image.width * image.height) };
  }

  test('is a new picture from edge to edge, and before a flat background stands as the warped one does', async () => {
    const { model } = source;
    const kept = keptOpen(engine);
    const generator = await createClipGenerator({
      model,
      rig,
      engine: kept,
      seed: 1,
      steps: 1,
      schedule: 'chunk',
    });
    const [frame] = await generator.chunk!.generate([0, 1, 2].map(motion));
    const { corner, all } = await changeOf(frame);
    expect(corner).toBeGreaterThan(5);
    expect(all).toBeGreaterThan(5);

    generator.setBackground([0, 177, 64]);
    const [{ image }] = await generator.chunk!.generate([3, 4].map(motion));
    expect([...image.data.subarray(0, 3)]).toEqual([0, 177, 64]);
    const face = ((image.height >> 1) * image.width + (image.width >> 1)) * 4;
    const warped = generatorOf(rig).draw(motion(3)).image.data;
    expect([...image.data.subarray(face, face + 3)]).not.toEqual([...warped.subarray(face, face + 3)]);
    await generator.close();
  });

  test('fades over live from the warped one, and back when the networks are lost', async () => {
    let lost = false;
    const generator = createDiffusionGenerator(
      {
        model: source.model,
        rig,
        engines: {
          packName: 'loki',
          get current() {
            return lost ? null : engine;
          },
          problem: null,
          want() {},
          failed() {},
          worked() {},
        },
        shelf: null,
        seed: 1,
      },
      { steps: 1, drawn() {}, pressed() {}, failed() {} },
    );
    generator.choose!('diffusion');
    let sequence = 0;
    for (; generator.inference!()!.steps === 0 && sequence < 200; sequence++) {
      await generator.generate(motion(sequence));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const rising: number[] = [];
    for (; rising.length < 14; sequence++)
      rising.push((await changeOf(await generator.generate(motion(sequence)))).all);
    for (let i = 1; i < 8; i++) expect(rising[i]).toBeGreaterThan(rising[i - 1]);
    expect(rising.at(-1)).toBeGreaterThan(5);
    expect(generator.name).toBe('loki');
    lost = true;
    expect((await changeOf(await generator.generate(motion(sequence)))).all).toBe(0);
    await generator.close();
  });
});

/** The same engine for a generator that would close it. */
function keptOpen(engine: InferenceEngine): InferenceEngine {
  const { pack, info } = engine;
  const kept: Pick<InferenceEngine, 'pack' | 'info' | 'identify' | 'openStream' | 'close'> = {
    pack,
    info,
    identify: (portrait, map) => engine.identify(portrait, map),
    openStream: (identity, seed, frames) => engine.openStream(identity, seed, frames),
    close: async () => undefined,
  };
  return kept as InferenceEngine;
}
