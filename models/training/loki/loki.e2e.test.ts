import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differenceFromPyTorch } from '../../../src/reenact/diffusion/frame-reference-fixture.ts';
import { loadPack } from '../../../src/reenact/diffusion/pack/load-pack.ts';
import { InferenceEngine } from '../../../src/reenact/diffusion/runtime/inference-engine.ts';

const PYTHON = '/usr/bin/python3';
const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

function hasTorch(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch, onnx'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(
      "\nSKIPPED: tests of the loki pack's model, for want of PyTorch and onnx: " +
        'install python3-torch and python3-onnx for /usr/bin/python3.\n',
    );
    return false;
  }
}

describe.runIf(hasTorch())('the loki pack', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loki-pack-'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('passes its tests in Python, which export it at an eighth of the width', async () => {
    const { stderr } = await run(
      PYTHON,
      ['-W', 'ignore', '-m', 'unittest', 'loki.test_loki', 'loki.test_speed'],
      {
        cwd: FOLDER,
        // Most of it is an export, which has use for one thread alone.
        env: { ...process.env, LOKI_TEST_PACK: folder, OMP_NUM_THREADS: '1' },
      },
    );
    expect(stderr).toMatch(/\nOK/);
  }, 400_000);

  it('draws in the runtime what its model draws in PyTorch', async () => {
    const engine = await InferenceEngine.open(await loadPack(folder, null), { provider: 'cpu' });
    const { largest, spread } = await differenceFromPyTorch(engine, 16);
    await engine.close();
    expect(largest).toBeLessThan(0.1);
    expect(spread).toBeGreaterThan(10);
  });
});
