import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadHeadModel } from '../reenact/head/load-head-model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const model = join(root, 'models/head/fixtures/flame-2020.pkl');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'head-import-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function run(...options: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', 'src/cli/head-import.ts', ...options],
      { cwd: root },
      (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
}

test('a FLAME model becomes a head file that loads', async () => {
  const out = join(folder, 'mine.bin');
  const { status, stdout, stderr } = await run(model, '--out', out, '--split', '8', '--expression', '3');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain('20 vertices, 8 identity and 3 expression components');
  await expect(loadHeadModel(out)).resolves.toMatchObject({ name: 'flame', expressionCount: 3 });
});

test.each([
  ['a missing file', ['none.pkl'], 3, /^There is no file none.pkl\.\n$/],
  ['a file of another kind', ['package.json'], 6, /^The FLAME file can't be imported: [^\n]+\.\n$/],
  ['an unknown option', ['--fast'], 2, /^Unknown option '--fast'[^\n]*\.\n$/],
  ['a count that is none', [model, '--shape', '-1'], 2, /\.\n$/],
  ['no file at all', [], 2, /^Name one FLAME file[^\n]+\.\n$/],
  [
    'a folder that is not there',
    [model, '--split', '8', '--out', 'none/head.bin'],
    5,
    /^none\/head.bin can't be written/,
  ],
] as const)('%s is one sentence and an exit status', async (_, options, expected, message) => {
  const { status, stderr } = await run(...options);
  expect(stderr).toMatch(message);
  expect(status).toBe(expected);
  expect(await readdir(folder)).toEqual([]);
});
