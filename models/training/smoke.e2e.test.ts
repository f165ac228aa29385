import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPack, randomFeeds } from './pack-fixture.ts';

/** Debian's, which has torch; another one by the environment. */
const PYTHON = process.env['LOKI_TRAINING_PYTHON'] ?? '/usr/bin/python3';
const NEEDED = 'import torch, numpy, PIL, onnx';
const MINUTES = 60_000;

const able = spawnSync(PYTHON, ['-c', NEEDED]).status === 0;
if (!able) {
  process.stderr.write(
    `\nSKIPPED: training smoke run and Python tests, for want of torch, numpy, Pillow and onnx in ${PYTHON}. ` +
      'Install them (Debian: python3-torch python3-numpy python3-pil python3-onnx) or name a Python by LOKI_TRAINING_PYTHON.\n',
  );
}

describe.skipIf(!able)('training', () => {
  let out: string;
  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'loki-training-'));
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it('passes its Python tests', { timeout: 5 * MINUTES, retry: 0 }, async () => {
    const text = await output(PYTHON, ['-m', 'unittest', 'discover', '-s', 'tests', '-t', '.']);
    expect(text).toMatch(/\nOK/);
  });

  it('lowers its loss and exports a pack that runs', { timeout: 15 * MINUTES, retry: 0 }, async () => {
    expect(await output('bash', ['smoke.sh', out, PYTHON])).toContain('the smoke run passed');
    for (const int8 of [false, true]) {
      const pack = await openPack(join(out, 'pack'), int8);
      if (int8) expect(pack.manifest.int8?.denoiser).toBeDefined();
      const { inputs } = pack.manifest.graphs.denoiser;
      const { v } = await pack.denoiser.run(randomFeeds(inputs, { batch: 1, frames: 1, slots: 15 }, 1));
      expect((v.data as Float32Array).every(Number.isFinite)).toBe(true);
    }
  });
});

/** Both outputs of a command run in this folder, whether it fails or not. Awaited: the test runner has to be answered. */
function output(command: string, args: string[]): Promise<string> {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', OMP_WAIT_POLICY: 'PASSIVE' };
  return new Promise((resolve) => {
    execFile(command, args, { cwd: import.meta.dirname, env, maxBuffer: 2 ** 26 }, (_, stdout, stderr) =>
      resolve(`${stderr}\n${stdout}`),
    );
  });
}
