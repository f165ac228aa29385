import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import { loadRig } from '../session.ts';
import { AvatarBuilder } from './avatar-builder.ts';
import { AvatarCache } from './avatar-cache.ts';
import { type AvatarBasis, avatarKey, pictureHash } from './avatar-key.ts';
import { AvatarStore } from './avatar-store.ts';

const LUNA = fileURLToPath(new URL('../../../models/builtin/avatars/luna.jpg', import.meta.url));
const DRIVER = fileURLToPath(new URL('../../../models/builtin/driver.mp4', import.meta.url));
const SIZE_PX = 256;

let rig: LandmarkRig;
let basis: AvatarBasis;
let folder: string;
let builder: AvatarBuilder;
let builds = 0;

function cache(): AvatarCache {
  const counting = {
    prepare: (path: string, sizePx: number) => {
      builds++;
      return builder.prepare(path, sizePx);
    },
  };
  const store = new AvatarStore({ folder });
  return new AvatarCache({ rig, basis, builder: counting, store, networks: null });
}

beforeAll(async () => {
  rig = await loadRig();
  basis = { headSha256: rig.model.sha256, codeVersion: 'test', faceModels: 'test' };
  folder = await mkdtemp(join(tmpdir(), 'loki-avatars-'));
  builder = new AvatarBuilder({ headPath: null, avatarFolder: folder, basis });
});

afterAll(async () => {
  await builder.close();
  await rm(folder, { recursive: true, force: true });
});

describe('AvatarCache', () => {
  it('builds an avatar once, and has it from disk in another process of the same server', async () => {
    const first = await cache().load(LUNA, SIZE_PX);
    expect(first.reference.image.width).toBe(SIZE_PX);
    expect(first.reference.answer?.opening).not.toBeNull();
    const second = await cache().load(LUNA, SIZE_PX);
    expect(builds).toBe(1);
    const stamp = { sequence: 0, ptsMs: 0, captureTimeMs: 0 };
    const [a, b] = await Promise.all(
      [first, second].map(({ generator, reference }) =>
        generator.generate({ ...stamp, coefficients: reference.coefficients }),
      ),
    );
    expect(Buffer.compare(a.image.data, b.image.data)).toBe(0);
    expect(second.reference.answer).toEqual(first.reference.answer);
  });

  it('reads a file once for two sessions that ask at the same time', async () => {
    const shared = cache();
    const [one, two] = await Promise.all([shared.load(LUNA, SIZE_PX), shared.load(LUNA, SIZE_PX)]);
    expect(one.reference).toBe(two.reference);
    // Each session closes its own generator.
    await one.generator.close();
    const { coefficients } = two.reference;
    await expect(
      two.generator.generate({ sequence: 0, ptsMs: 0, captureTimeMs: 0, coefficients }),
    ).resolves.toBeDefined();
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['damaged in its header', (bytes: Buffer) => flipped(bytes, 38)],
    ['damaged in its body', (bytes: Buffer) => flipped(bytes, bytes.length - 1000)],
  ])('builds an avatar again whose file is %s', async (_, spoil) => {
    const [name] = await readdir(folder);
    const sound = await readFile(join(folder, name));
    await writeFile(join(folder, name), spoil(sound));
    const before = builds;
    await expect(new AvatarStore({ folder }).read(await keyOf(), rig)).resolves.toBeNull();
    // The damaged one is gone; put the sound one back instead of waiting for a build each time.
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, name), sound);
    await cache().load(LUNA, SIZE_PX);
    expect(builds).toBe(before);
  });

  it('takes no file that was made by other code, nor one that stands under another name', async () => {
    const store = new AvatarStore({ folder });
    const other = { ...(await keyOf()), basis: 'f'.repeat(64) };
    await expect(store.read(other, rig)).resolves.toBeNull();
    const [name] = await readdir(folder);
    const { basis: wanted } = other;
    const misnamed = name.replace(/-[0-9a-f]{16}\.avatar$/, `-${wanted.slice(0, 16)}.avatar`);
    await copyFile(join(folder, name), join(folder, misnamed));
    await expect(store.read(other, rig)).resolves.toBeNull();
  });

  it('says what is wrong with a picture in words for who chose it, and goes on', async () => {
    await expect(cache().load(DRIVER, SIZE_PX)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringContaining('no picture that can be read'),
    });
    await expect(builder.check(LUNA)).resolves.toMatchObject({ ok: true, widthPx: expect.any(Number) });
    await expect(builder.check('/nowhere/x.jpg')).resolves.toMatchObject({
      ok: false,
      code: 'INPUT_NOT_FOUND',
    });
  });

  it('keeps the disk within its bound: what was unused for longest goes first', async () => {
    const [name] = await readdir(folder);
    const avatar = (await new AvatarStore({ folder }).read(await keyOf(), rig))!;
    const { length } = await readFile(join(folder, name));
    const narrow = await mkdtemp(join(tmpdir(), 'loki-avatars-'));
    const small = new AvatarStore({ folder: narrow, maxBytes: 2.5 * length });
    for (const picture of ['a', 'b', 'c']) {
      await small.write({ ...(await keyOf()), picture: picture.repeat(64) }, avatar, rig);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const left = (await readdir(narrow)).map((file) => file[0]).sort();
    await rm(narrow, { recursive: true });
    expect(left).toEqual(['b', 'c']);
  });

  it('forgets everything that was made from a picture', async () => {
    const picture = await pictureHash(LUNA);
    await new AvatarStore({ folder }).forget(picture);
    expect(await readdir(folder)).toEqual([]);
  });

  it('rejects what is pending when it is closed', async () => {
    const closing = new AvatarBuilder({ headPath: null, avatarFolder: folder, basis });
    const pending = expect(closing.prepare(LUNA, 512)).rejects.toMatchObject({ code: 'CANCELLED' });
    await closing.close();
    await pending;
    await expect(closing.check(LUNA)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

function keyOf() {
  return avatarKey(LUNA, SIZE_PX, basis);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] ^= 0xff;
  return copy;
}
