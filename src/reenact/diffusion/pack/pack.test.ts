import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyToyPack, type PackCopy, TOY_PACK } from '../toy-pack-fixture.ts';
import { checkPack } from './check-pack.ts';
import { packFolder } from './find-pack.ts';
import { graphOf, hasInt8, loadPack } from './load-pack.ts';

let pack: PackCopy;
beforeEach(async () => {
  pack = await copyToyPack();
});
afterEach(() => pack.remove());

describe('a model pack', () => {
  test('is read with all that the runtime needs to know of it', async () => {
    const { layout, id, manifest } = await loadPack(TOY_PACK, null);
    expect(layout).toMatchObject({ kind: 'window', resolution: 256, patch: 4, slots: 15, latentChannels: 8 });
    expect(layout.references.length).toBeGreaterThan(0);
    expect(layout.temporal.length).toBeGreaterThan(0);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    await expect(loadPack(TOY_PACK, manifest.head.sha256)).resolves.toBeDefined();
  });

  test('may keep weights beside a graph, and graphs in 8 bits, which are checked alike', async () => {
    await pack.edit((manifest) => {
      const { decoder } = manifest.graphs;
      decoder.data = { file: 'README.md', sha256: 'a'.repeat(64) };
      manifest.int8 = { denoiser: { ...manifest.graphs.denoiser } };
    });
    await expect(loadPack(pack.folder, null)).rejects.toMatchObject({
      code: 'PACK_INVALID',
      message: expect.stringContaining('README.md'),
    });
    await pack.edit((manifest) => {
      delete manifest.graphs.decoder.data;
    });
    const loaded = await loadPack(pack.folder, null);
    expect(hasInt8(loaded)).toBe(true);
    expect([true, false].map((int8) => graphOf(loaded, 'decoder', int8).int8)).toEqual([false, false]);
    expect(graphOf(loaded, 'denoiser', true).int8).toBe(true);
  });

  test('for another head model is refused', async () => {
    await expect(loadPack(pack.folder, 'f'.repeat(64))).rejects.toMatchObject({ code: 'PACK_WRONG_HEAD' });
  });

  test('that is not there, or not whole, is missing', async () => {
    await expect(loadPack(join(pack.folder, 'nowhere'), null)).rejects.toMatchObject({
      code: 'PACK_MISSING',
    });
    await rm(join(pack.folder, 'decoder.onnx'));
    await expect(loadPack(pack.folder, null)).rejects.toMatchObject({
      code: 'PACK_MISSING',
      message: expect.stringContaining('decoder.onnx'),
    });
  });

  test.each<[string, (copy: PackCopy) => Promise<void>, RegExp]>([
    [
      'whose graph is another file',
      (p) => p.editGraph('decoder', flipByte, false),
      /decoder\.onnx .*SHA-256/,
    ],
    ['whose graph is cut short', (p) => p.editGraph('denoiser', half, false), /denoiser\.onnx .*SHA-256/],
    ['of another format', (p) => p.edit((m) => set(m, 'format', 2)), /format: must be 1/],
    [
      'that leads out of its folder',
      (p) => p.edit((m) => set(m.graphs.decoder, 'file', '../x')),
      /plain name/,
    ],
    ['without a decoder', (p) => p.edit((m) => set(m.graphs, 'decoder', undefined)), /graphs\.decoder/],
    ['with a field that nobody knows', (p) => p.edit((m) => set(m, 'mood', 1)), /mood/],
    [
      'of patches that no picture is made of',
      (p) => p.edit((m) => set(m, 'patch', 3)),
      /patch .* divide 256/,
    ],
    [
      'of patches that its decoder does not give',
      (p) => p.edit((m) => set(m, 'patch', 8)),
      /decoder: the tensor residual must be \[-1, 32, 32, 192\], not \[-1, 64, 64, 48\]/,
    ],
    [
      'that says nothing of its patches',
      (p) => p.edit((m) => set(m, 'patch', undefined)),
      /decoder: the tensor delta is missing/,
    ],
    ['of another size', (p) => p.edit((m) => set(m, 'resolution', 512)), /resolution 256/],
    [
      'with a tensor of another shape',
      (p) => p.edit((m) => m.graphs.denoiser.inputs['warp'].shape.splice(1, 1, 4)),
      /denoiser: the tensor warp must be \[-1, 3, 256, 256\], not \[-1, 4, 256, 256\]/,
    ],
    [
      'with a tensor of another type',
      (p) => p.edit((m) => set(m.graphs.denoiser.inputs['age'], 'type', 'float32')),
      /age must be int64/,
    ],
    [
      'with a tensor that nobody feeds',
      (p) => p.edit((m) => set(m.graphs.decoder.inputs, 'mood', { shape: [1], type: 'float32' })),
      /nobody knows the tensor mood/,
    ],
    [
      'whose identity does not fit its denoiser',
      (p) => p.edit((m) => m.graphs.identity.outputs['ref_k_0'].shape.splice(2, 1, 7)),
      /identity: the tensor ref_k_0/,
    ],
  ])('%s is refused with the reason', async (_, spoil, reason) => {
    await spoil(pack);
    await expect(loadPack(pack.folder, null)).rejects.toMatchObject({
      code: 'PACK_INVALID',
      message: expect.stringMatching(reason),
    });
  });
});

describe('pack:check', () => {
  const options = { provider: 'cpu', threads: 1, headSha256: null } as const;

  test('runs a frame of a good pack', async () => {
    const checks = await checkPack(pack.folder, options);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'manifest and files',
        'float32: portrait',
        'float32: 1 step',
        'float32: 4 steps',
      ]),
    );
  });

  test('finds a graph that is none, though its hash is right', async () => {
    await pack.editGraph('denoiser', half);
    const checks = await checkPack(pack.folder, options);
    expect(checks.at(-1)).toMatchObject({ check: 'float32: graphs', ok: false });
    expect(checks.at(-1)!.detail).toContain('denoiser.onnx is no graph that runs');
  });

  test('finds a graph of other shapes than its manifest says', async () => {
    await pack.edit(({ graphs }) => {
      for (const { shape } of [graphs.denoiser.inputs['ref_k_0'], graphs.denoiser.inputs['ref_v_0']])
        shape[2] = 9;
      for (const { shape } of [graphs.identity.outputs['ref_k_0'], graphs.identity.outputs['ref_v_0']])
        shape[2] = 9;
    });
    const checks = await checkPack(pack.folder, options);
    expect(checks.at(-1)).toMatchObject({ ok: false, detail: expect.stringContaining('ref_k_0') });
  });

  test('finds a pack whose pictures are no numbers', async () => {
    // The decoder is given latents beyond what a float holds.
    await pack.edit(({ latent }) => {
      latent.std = latent.std.map(() => 1e38);
    });
    const checks = await checkPack(pack.folder, options);
    expect(checks.at(-1)).toMatchObject({ ok: false, detail: expect.stringContaining('no number') });
  });
});

test('packs that ship go by their name, others by their path', () => {
  expect(packFolder('nano', '/here')).toMatch(/models.packs.nano$/);
  expect(packFolder('./mine', '/here')).toBe(join('/here', 'mine'));
  expect(packFolder('packs/mine', '/here')).toBe(join('/here', 'packs/mine'));
  expect(packFolder('/packs/mine', '/here')).toBe('/packs/mine');
});

function flipByte(bytes: Buffer): Buffer {
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length >> 1);
}

/** Sets what the types do not allow. */
function set(target: object, key: string, value: unknown): void {
  (target as Record<string, unknown>)[key] = value;
}
