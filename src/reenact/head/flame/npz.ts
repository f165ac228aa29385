import { unzipSync } from 'fflate';
import { ByteReader } from './byte-reader.ts';
import { importError } from './import-error.ts';
import { decodeArray, type NdArray } from './nd-array.ts';
import { readPickle } from './pickle.ts';
import { toArray } from './python-arrays.ts';

/** Unpacked, all arrays of a model together; FLAME's take 100 MB. */
const MAX_UNPACKED_BYTES = 1 << 30;

/** Starts of a zip archive, which is what an .npz is. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/**
 * The arrays `names` of an .npz (numpy's zip of .npy files), where it has them.
 *
 * @throws LokiError `MODEL_INVALID` where it is damaged or would unpack to more than a gigabyte
 */
export function readNpz(bytes: Uint8Array, names: readonly string[]): Map<string, NdArray> {
  let unpackedBytes = 0;
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!names.includes(name.replace(/\.npy$/, ''))) return false;
        unpackedBytes += originalSize;
        if (!(unpackedBytes <= MAX_UNPACKED_BYTES)) throw importError('it unpacks to more than a gigabyte');
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'LokiError') throw cause;
    throw importError('its zip archive is damaged', cause);
  }
  return new Map(
    Object.entries(files).map(([file, content]) => {
      const name = file.replace(/\.npy$/, '');
      return [name, readNpy(content, name)];
    }),
  );
}

/** One .npy (format versions 1 to 3); what numpy could only pickle is read as in a pickle. */
function readNpy(bytes: Uint8Array, name: string): NdArray {
  const reader = new ByteReader(bytes);
  if (Buffer.from(reader.take(6)).toString('latin1') !== '\x93NUMPY')
    throw importError(`${name} is no numpy array`);
  const version = reader.uint8();
  reader.uint8();
  const header = Buffer.from(reader.take(version === 1 ? reader.uint16() : reader.uint32())).toString(
    'latin1',
  );
  const data = bytes.subarray(bytes.length - reader.remaining);
  const [, order, code] = /'descr':\s*'([<>|=]?)([a-zA-Z]\d*)'/.exec(header) ?? [];
  const [, sizes] = /'shape':\s*\(([\d,\s]*)\)/.exec(header) ?? [];
  if (code === undefined || sizes === undefined) throw importError(`${name} has a header that can't be read`);
  if (code === 'O') return toArray(readPickle(data), name);
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  return decodeArray(code, order !== '>', shape, /'fortran_order':\s*True/.test(header), data);
}
