import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WindowRaster } from '../reenact/diffusion/window-raster.ts';
import { decodeHalfFloats } from '../reenact/head/half-float.ts';
import type { PersonMeta } from './training/person-folder.ts';
import { type RenderedFrame, renderPerson } from './training/render-person.ts';
import { openStudio } from './training/studio.ts';

const SCRIPT = fileURLToPath(new URL('./render-training.ts', import.meta.url));
const PLANE = 64 * 64;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-training-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args]);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += chunk;
    });
  const [status] = (await once(child, 'exit')) as [number];
  return { status, text };
}

describe('render:training', () => {
  it('writes one folder a person, whole, and leaves what is there already', async () => {
    const out = join(folder, 'data');
    await mkdir(join(out, '3.part'), { recursive: true });
    const args = ['--out', out, '--people', '1', '--frames', '3', '--seed', '3'];
    const first = await run(...args);
    expect(first.text).toContain('3 frames of 1 people');
    expect(first.status).toBe(0);
    expect((await readdir(out)).sort()).toEqual(['3']);
    const meta = JSON.parse(await readFile(join(out, '3/meta.json'), 'utf8')) as PersonMeta;
    expect(meta.clips.reduce((sum, { length }) => sum + length, 0)).toBe(3);
    expect(meta.clips[0].facePsnrDb).toBeGreaterThan(18);
    const sizes = { 'target.u8': 3 * 196608, 'warp.u8': 3 * 196608, 'raster.f16': 3 * 8 * PLANE * 2 };
    for (const [name, bytes] of Object.entries(sizes))
      expect((await stat(join(out, '3', name))).size).toBe(bytes);
    const again = await run(...args);
    expect(again.text).toContain('1 people are there already');
    expect(again.status).toBe(0);
  });

  it('says in a sentence what is wrong with an option or a folder', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const blocked = await run('--out', join(file, 'data'));
    expect(blocked.status).toBe(5);
    expect(blocked.text).toContain('OUTPUT_NOT_WRITABLE');
    const wrong = await run('--out', folder, '--frames', 'many');
    expect(wrong.status).toBe(1);
    expect(wrong.text).toContain('whole number');
    expect(existsSync(join(folder, 'data.part'))).toBe(false);
  });
});

describe('a rendered person', () => {
  it('has the raster that a session draws, and a warp that follows the truth', async () => {
    const studio = await openStudio();
    try {
      const frames: RenderedFrame[] = [];
      const { meta, raster } = await renderPerson(studio, {
        seed: 24,
        frames: 3,
        commands: 'fitted',
        onFrame: (frame) => frames.push(frame),
      });
      expect(frames.map(({ index }) => index)).toEqual([0, 1, 2]);
      expect(meta.clips[0].facePsnrDb).toBeGreaterThan(18);
      const { reference, commanded, window } = frames[2];
      const map = new Float32Array(45 * PLANE);
      const visibility = new Float32Array(PLANE);
      new WindowRaster(studio.rig.model, reference).render(commanded, window, map, { visibility });
      const planes = decodeHalfFloats(raster.subarray(2 * 8 * PLANE));
      let wrong = 0;
      for (let pixel = 0; pixel < PLANE; pixel++) {
        // Octave 0 of the encoding, 8 rad a metre, and the deformation.
        const covered = planes[7 * PLANE + pixel] === 1;
        const sine = Math.sin(8 * planes[3 * PLANE + pixel]);
        if (covered !== (map[4 * PLANE + pixel] !== 0)) wrong++;
        if (covered && Math.abs(sine - map[3 * PLANE + pixel]) > 5e-4) wrong++;
        if (Math.abs(planes[pixel] - map[pixel]) > 1e-5) wrong++;
        if (Math.abs(planes[6 * PLANE + pixel] - visibility[pixel]) > 5e-4) wrong++;
      }
      expect(wrong).toBe(0);
    } finally {
      await studio.tracker.close();
    }
  });
});
