import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, SetupError } from './project.mjs';

const FOLDER = join(ROOT, '.cache');
const PATH = join(FOLDER, 'setup.lock');
const PATIENCE_MS = 15 * 60_000;

/** Runs `work` while no other set-up of this checkout runs; waits for one that does. */
export async function withLock(say, work) {
  await acquire(say);
  const release = () => rmSync(PATH, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

async function acquire(say) {
  const deadline = Date.now() + PATIENCE_MS;
  let said = false;
  for (;;) {
    try {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(PATH, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new SetupError(`This folder cannot be written (${error.code}): make ${ROOT} yours first.`);
      }
    }
    if (!isAlive(holder())) {
      rmSync(PATH, { force: true });
      continue;
    }
    if (Date.now() > deadline) throw new SetupError(`Another set-up hangs: end process ${holder()} first.`);
    if (!said) say('Another set-up of this folder is running: waiting for it.');
    said = true;
    await sleep(300);
  }
}

function holder() {
  try {
    return Number(readFileSync(PATH, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
