import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-cancel-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A job with an unfinished file that never looks at its signal. */
const STUBBORN = (target: string): string => `
  import { cancelOnSignals } from ${JSON.stringify(new URL('./cancel.ts', import.meta.url).href)};
  import { PartFile } from ${JSON.stringify(new URL('../reenact/codec/part-file.ts', import.meta.url).href)};
  const signal = cancelOnSignals((line) => console.log(line));
  signal.addEventListener('abort', () => console.log('aborted'));
  await PartFile.create(${JSON.stringify(target)});
  console.log('ready');
  setInterval(() => {}, 1000);
`;

async function stubborn(name: string) {
  const part = `${join(folder, name)}.part`;
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    STUBBORN(join(folder, name)),
  ]);
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const until = async (text: string): Promise<void> => {
    while (!out.includes(text)) await sleep(20);
  };
  await until('ready');
  return { child, part, until };
}

describe('a signal to a job that does not stop', () => {
  it('aborts it once, however many copies of one key press arrive', async () => {
    const { child, part, until } = await stubborn('once');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    await until('aborted');
    await sleep(200);
    expect(child.exitCode).toBeNull();
    expect(existsSync(part)).toBe(true);
    child.kill('SIGKILL');
  });

  it('given again ends the process and removes what is unfinished', async () => {
    const { child, part, until } = await stubborn('twice');
    child.kill('SIGINT');
    await until('aborted');
    await sleep(600);
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    expect(existsSync(part)).toBe(false);
  });
});
