import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './project.mjs';

const PATIENCE_MS = 15 * 60_000;

/** Runs `work` while no other set-up holds the lock of `folder`; waits for one that does. */
export async function withLock(folder, say, work) {
  const path = join(folder, 'setup.lock');
  await acquire(folder, path, say);
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

async function acquire(folder, path, say) {
  const deadline = Date.now() + PATIENCE_MS;
  let said = false;
  while (!tryLock(folder, path)) {
    const pid = holder(path);
    if (!isAlive(pid)) {
      removeStale(path, pid);
      continue;
    }
    if (Date.now() > deadline) throw new SetupError(`Another set-up hangs: end process ${pid} first.`);
    if (!said) say('Another set-up is running: waiting for it.');
    said = true;
    await sleep(300);
  }
}

/** A hard link appears with its content, so that nobody reads a lock without a holder. */
function tryLock(folder, path) {
  const own = `${path}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(own, String(process.pid));
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new SetupError(`This folder cannot be written (${error.code}): make ${folder} yours first.`);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moved away before it is removed: somebody else may have replaced it meanwhile, who then gets it back. */
function removeStale(path, pid) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (holder(aside) !== pid) linkSync(aside, path);
  } catch {
    // Gone already.
  } finally {
    rmSync(aside, { force: true });
  }
}

function holder(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
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
