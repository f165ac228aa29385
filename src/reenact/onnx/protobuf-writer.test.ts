import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ProtobufWriter } from './protobuf-writer.ts';

type Field = readonly [field: number, value: number | Uint8Array];

/** The wire format read as its description has it: tag, then a number or a length and bytes. */
function decode(bytes: Uint8Array): Field[] {
  let at = 0;
  const varint = (): number => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  const fields: Field[] = [];
  while (at < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const value = varint();
    if (tag % 8 === 0) fields.push([field, value]);
    else fields.push([field, new Uint8Array(bytes.subarray(at, (at += value)))]);
  }
  return fields;
}

const field = fc.integer({ min: 1, max: 2000 });
const value = fc.oneof(fc.maxSafeNat(), fc.uint8Array({ maxLength: 300 }));

it('writes numbers and bytes that a plain reader of the wire format gets back, messages in messages too', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value)), field, (fields, outer) => {
      const message = new ProtobufWriter();
      for (const [number, content] of fields) {
        if (typeof content === 'number') message.number(number, content);
        else message.bytes(number, content);
      }
      expect(decode(message.finish())).toEqual(fields);
      const [[number, inner]] = decode(new ProtobufWriter().message(outer, message).finish());
      expect(number).toBe(outer);
      expect(decode(inner as Uint8Array)).toEqual(fields);
    }),
  );
});

it('writes texts as UTF-8 and repeated numbers packed', () => {
  const bytes = new ProtobufWriter().text(1, 'é').numbers(2, [3, 270]).finish();
  expect([...bytes]).toEqual([0x0a, 2, 0xc3, 0xa9, 0x12, 3, 3, 0x8e, 0x02]);
});
