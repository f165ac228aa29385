import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT, sha256OfFile } from './project.mjs';

const NAME = 'face_landmarker.task';
const URL =
  'https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task';
/** The publisher's file, and copies of it that carry some bytes of a web page before the zip: the same networks. */
const SHA256S = new Set([
  '64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff',
  'a4099af5c7096fedb10381a4e09010cc3b32b02ba305f6d40e4876fb0ec9d765',
]);
const isFaceModel = (path) => SHA256S.has(sha256OfFile(path));

const FOLDER = join(ROOT, 'models', 'cache');
const PATH = join(FOLDER, NAME);
/** Stands while the download is known not to work, so that not every start waits for it. */
const UNREACHABLE = join(FOLDER, '.unreachable');
const RETRY_AFTER_MS = 24 * 3_600_000;
const CONNECT_TIMEOUT_MS = 6000;
const DOWNLOAD_TIMEOUT_MS = 120_000;

/** Whether there is nothing to do: the model is here, or was just found not to be had. */
export function faceModelSettled() {
  return isFaceModel(PATH) || isMarkedUnreachable();
}

/**
 * Puts the 478-point face model in place: from a copy on this machine, else from its publisher. Without it the
 * tracker works with the mesh of an npm package, a little less exactly, so a failure is only told.
 */
export async function ensureFaceModel({ retryNetwork, say }) {
  if (isFaceModel(PATH)) return;
  mkdirSync(FOLDER, { recursive: true });
  const part = `${PATH}.part`;
  try {
    const copy = localCopy();
    if (copy !== null) {
      writeFileSync(part, readFileSync(copy));
    } else {
      if (isMarkedUnreachable() && !retryNetwork) return;
      say('Set-up: fetching the face model (4 MB, a few seconds) ...');
      writeFileSync(part, await download());
    }
    renameSync(part, PATH);
    rmSync(UNREACHABLE, { force: true });
  } catch (error) {
    rmSync(part, { force: true });
    writeFileSync(UNREACHABLE, '');
    say(
      `Set-up: the face model could not be fetched (${error.message}); the tracker takes the mesh of its npm package. ` +
        `For the finer one, put ${URL} at ${relative(ROOT, PATH)}.`,
    );
  }
}

function localCopy() {
  const folders = [process.env.LOKI_DATA_DIR, join(ROOT, '..', 'shared', 'data')];
  for (const folder of folders) {
    if (folder === undefined || folder === '') continue;
    const path = join(folder, 'models', NAME);
    if (isFaceModel(path)) return path;
  }
  return null;
}

async function download() {
  const abort = new AbortController();
  const connecting = setTimeout(() => abort.abort(), CONNECT_TIMEOUT_MS);
  try {
    const response = await fetch(URL, { signal: abort.signal });
    clearTimeout(connecting);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const downloading = setTimeout(() => abort.abort(), DOWNLOAD_TIMEOUT_MS);
    try {
      const bytes = Buffer.from(await response.arrayBuffer());
      if (!SHA256S.has(createHash('sha256').update(bytes).digest('hex')))
        throw new Error('unexpected content');
      return bytes;
    } finally {
      clearTimeout(downloading);
    }
  } catch (error) {
    // fetch hides the reason ("fetch failed") one level down.
    throw new Error(abort.signal.aborted ? 'no answer' : (error.cause?.code ?? error.message));
  } finally {
    clearTimeout(connecting);
  }
}

function isMarkedUnreachable() {
  try {
    return Date.now() - statSync(UNREACHABLE).mtimeMs < RETRY_AFTER_MS;
  } catch {
    return false;
  }
}
