import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readProtobuf } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

const field = fc.integer({ min: 1, max: 2000 });
const value = fc.oneof(fc.maxSafeNat(), fc.uint8Array({ maxLength: 300 }));
const fieldsOf = fc.array(fc.record({ field, value }));

function write(fields: readonly { field: number; value: number | Uint8Array }[]): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const { field, value } of fields)
    if (typeof value === 'number') message.number(field, value);
    else message.bytes(field, value);
  return message;
}

/** Views of a Buffer are Buffers, which `toEqual` tells from other bytes. */
const plain = (fields: ReturnType<typeof readProtobuf>) =>
  fields.map(({ field, value }) => ({
    field,
    value: typeof value === 'number' ? value : Uint8Array.from(value),
  }));

it('reads numbers and bytes back that were written, messages in messages too', () => {
  fc.assert(
    fc.property(fieldsOf, field, (fields, outer) => {
      const message = write(fields);
      expect(plain(readProtobuf(message.finish()))).toEqual(fields);
      const [inner] = readProtobuf(new ProtobufWriter().message(outer, message).finish());
      expect(inner.field).toBe(outer);
      expect(plain(readProtobuf(inner.value as Uint8Array))).toEqual(fields);
    }),
  );
});

it('writes texts as UTF-8, repeated numbers packed, and numbers in single precision', () => {
  const bytes = new ProtobufWriter().text(1, 'é').numbers(2, [3, 270]).float(2, -1.5).finish();
  expect([...bytes]).toEqual([0x0a, 2, 0xc3, 0xa9, 0x12, 3, 3, 0x8e, 0x02, 0x15, 0, 0, 0xc0, 0xbf]);
  // Field 3 is a number of eight bytes.
  const fixed = Uint8Array.of(0x15, 0, 0, 0xc0, 0xbf, 0x19, 1, 2, 3, 4, 5, 6, 7, 8);
  expect(plain(readProtobuf(fixed))).toEqual([
    { field: 2, value: Uint8Array.of(0, 0, 0xc0, 0xbf) },
    { field: 3, value: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  ]);
});

it('refuses what ends too early or is no message, and reads nothing beyond the end', () => {
  const message = write([{ field: 1, value: new Uint8Array(200) }]).finish();
  for (let length = 1; length < message.length; length++)
    expect(() => readProtobuf(message.subarray(0, length))).toThrow(RangeError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        readProtobuf(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
