import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LokiError } from '../../errors.ts';
import { readStoredZip } from './zip-stored.ts';

/** A stored zip as archivers write it; checksums stay zero, which the reader does not look at. */
function storedZip(files: [string, Uint8Array][], prefix = 0, comment = 0): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(content.length, 18);
    local.writeUInt32LE(content.length, 22);
    local.writeUInt16LE(nameBytes.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(nameBytes.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, nameBytes, Buffer.from(content));
    directory.push(entry, nameBytes);
    offset += 30 + nameBytes.length + content.length;
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment, 20);
  return Buffer.concat([
    Buffer.alloc(prefix, 0x7b),
    ...locals,
    directoryBytes,
    end,
    Buffer.alloc(comment, 0x20),
  ]);
}

const names = fc.uniqueArray(fc.stringMatching(/^[a-z_.]{1,20}$/), { minLength: 1, maxLength: 5 });
const archive = names.chain((list) =>
  fc.tuple(...list.map((name) => fc.tuple(fc.constant(name), fc.uint8Array({ maxLength: 60 })))),
);

describe('readStoredZip', () => {
  it('gives back what was stored, whatever precedes the archive or follows its directory', () => {
    fc.assert(
      fc.property(archive, fc.nat(40), fc.nat(40), (files, prefix, comment) => {
        const read = readStoredZip(storedZip(files, prefix, comment));
        expect([...read.keys()]).toEqual(files.map(([name]) => name));
        for (const [name, content] of files) expect([...read.get(name)!]).toEqual([...content]);
      }),
    );
  });

  it('refuses a compressed entry', () => {
    const bytes = storedZip([['a', new Uint8Array(4)]]);
    const entry = bytes.length - 22 - 47;
    bytes[entry + 10] = 8;
    expect(() => readStoredZip(bytes)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });

  it('refuses every truncation', () => {
    const bytes = storedZip([['face.tflite', new Uint8Array(30)]]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readStoredZip(bytes.subarray(0, length))).toThrow(LokiError);
    }
  });

  it('answers damaged bytes with MODEL_INVALID or with views inside the file, never otherwise', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(archive, edits, (files, changes) => {
        const bytes = storedZip(files);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          for (const content of readStoredZip(bytes).values()) {
            expect(content.byteOffset + content.length).toBeLessThanOrEqual(bytes.byteOffset + bytes.length);
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'LokiError', code: 'MODEL_INVALID' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
