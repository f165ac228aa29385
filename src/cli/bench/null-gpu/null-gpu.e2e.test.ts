import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SWIFTSHADER_DRIVER } from '../../../reenact/diffusion/runtime/software-gpu.ts';
import type { RateRow } from '../generator-rate.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Each costs the processor's time: 196 in 16 submissions when this was written, 239 in 19 before decision 49. */
const MOST_KERNELS = 200;
const MOST_SUBMISSIONS = 17;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-null-gpu-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a frame of the shipped pack asks a GPU for few kernels, one more step for fewer', async (context) => {
  if (!existsSync(SWIFTSHADER_DRIVER)) context.skip("Debian's chromium is not installed");
  const json = join(folder, 'rates.json');
  const bench = ['--import', 'tsx', 'src/cli/bench.ts', '--generator', 'nano', '--provider', 'webgpu'];
  const options = ['--sessions', '1', '--null-gpu', '--runs', '10', '--size', '256', '--json', json];
  try {
    await promisify(execFile)(process.execPath, [...bench, ...options], { cwd: ROOT });
  } catch (error) {
    const { stderr } = error as { stderr: string };
    // There may be no compiler, or a driver and no loader of drivers.
    if (/can't be built|The provider webgpu/.test(stderr)) context.skip(stderr.trim());
    throw error;
  }
  const rows = JSON.parse(await readFile(json, 'utf8')) as RateRow[];
  const [one, two] = [1, 2].map((steps) => rows.find((row) => row.steps === steps)!.asked!);
  expect(one.kernels).toBeGreaterThan(100);
  expect(one.kernels).toBeLessThanOrEqual(MOST_KERNELS);
  expect(one.submissions).toBeLessThanOrEqual(MOST_SUBMISSIONS);
  expect(two.kernels).toBeGreaterThan(one.kernels);
  expect(two.kernels).toBeLessThan(2 * one.kernels);
});

test('it is refused where no GPU would be asked, in one sentence', async () => {
  const bench = [
    '--import',
    'tsx',
    'src/cli/bench.ts',
    '--generator',
    'nano',
    '--sessions',
    '1',
    '--null-gpu',
  ];
  await expect(promisify(execFile)(process.execPath, bench, { cwd: ROOT })).rejects.toMatchObject({
    code: 2,
    stderr: '--null-gpu goes with --provider webgpu and --sessions. (INVALID_OPTION)\n',
  });
});
