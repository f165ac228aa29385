import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVideo } from '../reenact/codec/open-video.ts';
import { copyFramePack, TOY_PACK } from '../reenact/diffusion/toy-pack-fixture.ts';
import { parseAnimateArguments } from './animate-options.ts';
import { avatarPath, BUILTIN_DRIVER_PATH } from './avatars.ts';
import { reenactorsOfKeptAvatars } from './avatars-once-fixture.ts';
import { writeLoopedClip } from './bench/clip.ts';
import { runAnimate } from './run-animate.ts';

/** A whole chunk and a shorter one. */
const FRAMES = 18;

const REPAIRING = ['--generator', TOY_PACK, '--provider', 'cpu', '--steps', '2'];

const openReenactor = reenactorsOfKeptAvatars();
let folder: string;
/** Drawn frame by frame by a pack that repairs the warped picture, which it changes little. */
let repaired: Uint8Array[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-packs-'));
  await writeLoopedClip(join(folder, 'driver.mp4'), BUILTIN_DRIVER_PATH, FRAMES, false);
  repaired = await animate('stream.mp4', ...REPAIRING);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function animate(out: string, ...args: string[]): Promise<Uint8Array[]> {
  const all = [
    '--driver',
    'driver.mp4',
    '--avatar',
    avatarPath('amara', folder),
    '--out',
    out,
    '--size',
    '128',
  ];
  const command = parseAnimateArguments([...all, ...args], folder, null);
  const summary = await runAnimate(command!.job, openReenactor, new AbortController().signal);
  expect(summary.frames).toBe(FRAMES);
  const video = await openVideo(join(folder, out));
  const pictures: Uint8Array[] = [];
  for await (const { image } of video.frames()) pictures.push(Uint8Array.from(image.data));
  await video.close();
  return pictures;
}

/** Mean absolute difference of two clips, steps of a byte. */
function difference(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  let sum = 0;
  for (const [i, picture] of a.entries())
    for (let p = 0; p < picture.length; p++) sum += Math.abs(picture[p] - b[i][p]);
  return sum / (a.length * a[0].length);
}

describe('animate with a model pack', () => {
  it('writes the same clip frame by frame and in chunks, the last of them shorter', async () => {
    const chunk = await animate('chunk.mp4', ...REPAIRING, '--schedule', 'chunk');
    expect(difference(repaired, chunk)).toBeLessThan(0.1);
  });

  it('writes a clip of whole pictures with a pack that makes them', async () => {
    const pack = await copyFramePack();
    try {
      const made = await animate(
        'whole.mp4',
        '--generator',
        pack.folder,
        ...['--schedule', 'chunk', '--steps', '1'],
      );
      expect(difference(made, repaired)).toBeGreaterThan(5);
    } finally {
      await pack.remove();
    }
  });
});
