import { LokiError } from '../../errors.ts';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_SIZE = 22;
const ENTRY_SIZE = 46;
const LOCAL_SIZE = 30;
const MAX_COMMENT_SIZE = 0xffff;

/**
 * Files of a zip archive whose entries are stored, not compressed, as MediaPipe's `.task` bundles are. The
 * values are views into `bytes`.
 *
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16; no zip64, no encryption.
 *
 * @throws LokiError `MODEL_INVALID`: truncated, compressed, or offsets that point outside.
 */
export function readStoredZip(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEndOfDirectory(view);
  const entryCount = view.getUint16(end + 10, true);
  const files = new Map<string, Uint8Array>();
  let at = end - view.getUint32(end + 12, true);
  // Offsets count from the archive's own start, which other bytes may precede.
  const archiveStart = at - view.getUint32(end + 16, true);
  if (archiveStart < 0) throw invalid('its directory is damaged');
  for (let i = 0; i < entryCount; i++) {
    if (at + ENTRY_SIZE > end || view.getUint32(at, true) !== DIRECTORY_ENTRY) {
      throw invalid(`entry ${i} of its directory is damaged`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const next = at + ENTRY_SIZE + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) throw invalid(`entry ${i} of its directory is damaged`);
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at + ENTRY_SIZE, nameLength).toString('utf8');
    files.set(name, readEntry(view, at, archiveStart, end, name));
    at = next;
  }
  return files;
}

function findEndOfDirectory(view: DataView): number {
  const last = view.byteLength - END_SIZE;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_SIZE); at--) {
    if (view.getUint32(at, true) === END_OF_DIRECTORY) return at;
  }
  throw invalid('the end of its directory is missing');
}

function readEntry(
  view: DataView,
  entry: number,
  archiveStart: number,
  end: number,
  name: string,
): Uint8Array {
  const size = view.getUint32(entry + 24, true);
  if (view.getUint16(entry + 10, true) !== 0 || view.getUint32(entry + 20, true) !== size) {
    throw invalid(`"${name}" in it is compressed`);
  }
  const local = archiveStart + view.getUint32(entry + 42, true);
  if (local + LOCAL_SIZE > end || view.getUint32(local, true) !== LOCAL_HEADER) {
    throw invalid(`"${name}" in it has no header`);
  }
  const start = local + LOCAL_SIZE + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + size > end) throw invalid(`"${name}" in it is cut off`);
  return new Uint8Array(view.buffer, view.byteOffset + start, size);
}

function invalid(what: string): LokiError {
  return new LokiError('MODEL_INVALID', `The model bundle is not an uncompressed zip archive: ${what}.`);
}
