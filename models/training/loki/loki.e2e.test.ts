import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PYTHON = '/usr/bin/python3';
const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

interface Entry {
  readonly file: string;
  readonly inputs: Record<string, { readonly shape: number[]; readonly type: 'float32' | 'int64' }>;
}

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
        env: { ...process.env, LOKI_TEST_PACK: folder },
      },
    );
    expect(stderr).toMatch(/\nOK/);
  });

  it('runs as exported, with and without frames before', async () => {
    const { graphs } = JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')) as {
      graphs: Record<'identity' | 'denoiser' | 'decoder', Entry>;
    };
    const load = ({ file }: Entry): Promise<InferenceSession> => InferenceSession.create(join(folder, file));
    const identity = await load(graphs.identity);
    const denoiser = await load(graphs.denoiser);
    const decoder = await load(graphs.decoder);
    const references = await identity.run(feedsOf(graphs.identity, 1, 1, 0));
    for (const [frames, slots] of [
      [1, 0],
      [1, 15],
      [4, 0],
    ]) {
      const feeds = feedsOf(graphs.denoiser, 1, frames, slots);
      const { v, new_k_0: newKeys } = await denoiser.run({ ...feeds, ...references });
      expect(v.dims).toEqual([frames, 4, 16, 16]);
      expect(newKeys.dims[3]).toBe(frames);
      const { picture } = await decoder.run({ latent: v });
      expect(picture.dims).toEqual([frames, 3, 128, 128]);
      for (const value of picture.data as Float32Array)
        if (!(value >= -1 && value <= 1)) throw new Error(`a pixel of ${value}`);
    }
  });
});

/** Inputs of a graph: the dynamic axes of caches are slots, of ages frames and keys, of the rest batch and frames. */
function feedsOf(entry: Entry, batch: number, frames: number, slots: number): Record<string, Tensor> {
  let state = 1;
  const noise = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647 - 0.5;
  };
  return Object.fromEntries(
    Object.entries(entry.inputs).map(([name, { shape, type }]) => {
      if (type === 'int64') {
        const ages = Array.from({ length: frames * (slots + frames) }, (_, i) => {
          const query = Math.floor(i / (slots + frames));
          const age = slots + query - (i % (slots + frames));
          return BigInt(age < 0 ? 16 : age);
        });
        return [name, new Tensor('int64', BigInt64Array.from(ages), [frames, slots + frames])];
      }
      const dims = shape.map((length, axis) => {
        if (length !== -1) return length;
        if (axis > 0) return slots;
        return /^(ref|cache)_/.test(name) ? batch : batch * frames;
      });
      const values = Float32Array.from({ length: dims.reduce((all, length) => all * length, 1) }, noise);
      return [name, new Tensor('float32', values, dims)];
    }),
  );
}
