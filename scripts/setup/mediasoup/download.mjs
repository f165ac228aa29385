import { createHash } from 'node:crypto';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';

const RELEASES = 'https://github.com/versatica/mediasoup/releases/download';
/** Without a byte. */
const SILENCE_TIMEOUT_MS = 6000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const MOST_BYTES = 200e6;
const BLOCK = 512;

/**
 * The worker that mediasoup's makers have built for this platform, as bytes: the same archive that the package's
 * install script takes. The base address and the checksum of the binary can be given in the environment
 * (`MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL`, which is mediasoup's own variable, and `MEDIASOUP_WORKER_SHA256`);
 * the makers publish no checksum. Rejects with a few words on why it can't be had.
 */
export async function downloadWorker(version) {
  const base = process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL || RELEASES;
  const binary = fileInArchive(await fetchBytes(`${base}/${version}/${archiveName(version)}`), binaryName());
  const expected = process.env.MEDIASOUP_WORKER_SHA256;
  if (expected && createHash('sha256').update(binary).digest('hex') !== expected.toLowerCase()) {
    throw new Error('its checksum is not MEDIASOUP_WORKER_SHA256');
  }
  return binary;
}

/** As in mediasoup's npm-scripts.mjs: from Linux 6 on, the worker is built with io_uring. */
export function archiveName(version) {
  const kernel = process.platform === 'linux' ? `-kernel${release().split('.')[0]}` : '';
  return `mediasoup-worker-${version}-${process.platform}-${process.arch}${kernel}.tgz`;
}

function binaryName() {
  return process.platform === 'win32' ? 'mediasoup-worker.exe' : 'mediasoup-worker';
}

async function fetchBytes(url) {
  const abort = new AbortController();
  const silence = setTimeout(() => abort.abort(), SILENCE_TIMEOUT_MS);
  const total = setTimeout(() => abort.abort(), DOWNLOAD_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (response.status === 404) throw new Error('none for this platform');
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const parts = [];
    let size = 0;
    for await (const part of response.body) {
      silence.refresh();
      size += part.length;
      if (size > MOST_BYTES) throw new Error('too large');
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (error) {
    // fetch hides the reason ("fetch failed") one level down.
    throw new Error(abort.signal.aborted ? 'no answer' : (error.cause?.code ?? error.message));
  } finally {
    clearTimeout(silence);
    clearTimeout(total);
  }
}

/** One plain file of a gzipped tar archive (POSIX ustar), whose own checksums are checked on the way. */
export function fileInArchive(archive, name) {
  let tar;
  try {
    tar = gunzipSync(archive, { maxOutputLength: MOST_BYTES });
  } catch {
    throw new Error('damaged archive');
  }
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const header = tar.subarray(at, at + BLOCK);
    const size = octal(header, 124, 12);
    if (octal(header, 148, 8) !== headerSum(header) || at + BLOCK + size > tar.length) {
      throw new Error('damaged archive');
    }
    const path = header.toString('utf8', 0, 100).replace(/\0.*$/s, '').replace(/^\.\//, '');
    const plain = header[156] === 0 || header[156] === '0'.charCodeAt(0);
    if (plain && path === name) return tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  throw new Error('archive without the worker');
}

function octal(header, start, length) {
  return Number.parseInt(header.toString('latin1', start, start + length), 8);
}

/** Sum of the header's bytes, its checksum field taken as blanks. */
function headerSum(header) {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i];
  return sum;
}
