import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from './apt.mjs';
import { withLock } from './lock.mjs';
import { compileWorker, PACKAGES } from './mediasoup/compile.mjs';
import { downloadWorker } from './mediasoup/download.mjs';
import { ROOT, SetupError, sha256OfFile } from './project.mjs';

/** What the worker says when it is started by hand. */
const STARTED_BY_HAND = 41;
const PURPOSE = 'for the media server';

/**
 * Path of a worker that runs here, or null. What `MEDIASOUP_WORKER_BIN` names comes first, and is where the rest of
 * the product finds it: mediasoup reads that variable when it is imported.
 */
export function mediasoupWorkerPath() {
  const given = process.env.MEDIASOUP_WORKER_BIN;
  if (given) return runs(given) ? given : null;
  const path = cachedPath();
  return path !== null && isIntact(path) ? path : null;
}

/** Whether there is nothing to do: the worker is here, or this project has no mediasoup. */
export function mediasoupWorkerSettled() {
  return lockedVersion() === null || mediasoupWorkerPath() !== null;
}

/**
 * Gets the worker: from its makers, or else built from the npm package, once a version and recipe for all checkouts
 * of this user. `packagesInstalled` is a promise of whether the npm packages are there, which only the build needs.
 * Throws SetupError, whose line says what to run, where neither can be done.
 */
export async function ensureMediasoupWorker({ say, packagesInstalled }) {
  if (mediasoupWorkerSettled()) return;
  if (process.env.MEDIASOUP_WORKER_BIN) {
    throw new SetupError(
      `MEDIASOUP_WORKER_BIN (${process.env.MEDIASOUP_WORKER_BIN}) does not run here: correct or unset it.`,
    );
  }
  await withLock(cacheFolder(), say, async () => {
    if (mediasoupWorkerSettled()) return;
    if (!(await takeDownload(say))) await build(say, packagesInstalled);
  });
}

async function takeDownload(say) {
  say("Set-up: fetching mediasoup's media server (a few seconds) ...");
  try {
    keep(await downloadWorker(lockedVersion()));
    return true;
  } catch (error) {
    say(`Set-up: it could not be fetched (${error.message}); it is built here instead.`);
    return false;
  }
}

async function build(say, packagesInstalled) {
  await installPackages(PACKAGES, {
    purpose: PURPOSE,
    say,
    announcement: 'Set-up: installing a compiler and libraries with apt (about a minute) ...',
  });
  if (!(await packagesInstalled)) return;
  say("Set-up: building mediasoup's media server (a minute on two processors) ...");
  // Under the lock, so what an earlier build has left here is nobody's.
  const scratch = join(cacheFolder(), 'build');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  try {
    const output = join(scratch, 'mediasoup-worker');
    await compileWorker({ packageFolder: join(ROOT, 'node_modules', 'mediasoup'), scratch, output });
    keep(readFileSync(output));
  } catch (error) {
    throw new SetupError(
      `mediasoup's media server could not be built (${error.message}): give one in MEDIASOUP_WORKER_BIN.`,
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Puts a worker that runs in place, its checksum first: a name stands only for what is whole. */
function keep(binary) {
  const path = cachedPath();
  const part = `${path}.part`;
  try {
    writeFileSync(part, binary);
    chmodSync(part, 0o755);
    if (!runs(part)) throw new Error('it does not run on this system');
    writeFileSync(`${path}.sha256`, `${createHash('sha256').update(binary).digest('hex')}\n`);
    renameSync(part, path);
  } finally {
    rmSync(part, { force: true });
  }
}

function isIntact(path) {
  const recorded = readText(`${path}.sha256`)?.trim();
  return recorded !== undefined && recorded === sha256OfFile(path) && runs(path);
}

function runs(path) {
  return spawnSync(path, [], { env: {}, stdio: 'ignore' }).status === STARTED_BY_HAND;
}

function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'loki-live');
}

/** Null where the project has no mediasoup. */
function cachedPath() {
  const version = lockedVersion();
  if (version === null) return null;
  const recipe = createHash('sha256');
  for (const file of ['compile.mjs', 'srtp.h']) {
    recipe.update(readFileSync(new URL(`mediasoup/${file}`, import.meta.url)));
  }
  const hash = recipe.digest('hex').slice(0, 12);
  return join(cacheFolder(), `mediasoup-worker-${version}-${hash}-${process.platform}-${process.arch}`);
}

function lockedVersion() {
  const lock = readText(join(ROOT, 'package-lock.json'));
  return lock === undefined ? null : (JSON.parse(lock).packages['node_modules/mediasoup']?.version ?? null);
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
