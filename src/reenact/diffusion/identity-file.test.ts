import { expect, test } from 'vitest';
import { decodeIdentity, encodeIdentity } from './identity-file.ts';
import { loadPack } from './pack/load-pack.ts';
import { TOY_PACK } from './toy-pack-fixture.ts';

const { layout, id } = await loadPack(TOY_PACK, null);
const tensors = Object.fromEntries(
  layout.references.flatMap(({ key, value, heads, tokens, dim }, layer) =>
    [key, value].map((name, side) => [
      name,
      Float32Array.from({ length: heads * tokens * dim }, (_, i) => Math.sin(i + 10 * layer + side)),
    ]),
  ),
);

test('keys and values come back as they were', () => {
  expect(decodeIdentity(encodeIdentity(tensors, layout, id), layout, id)).toEqual(tensors);
});

test('a file that is damaged, cut short, or another pack’s is refused', () => {
  const file = encodeIdentity(tensors, layout, id);
  for (const at of [0, 10, 40, 100, file.length - 1]) {
    const damaged = Uint8Array.from(file);
    damaged[at] ^= 4;
    expect(() => decodeIdentity(damaged, layout, id)).toThrow(/damaged/);
  }
  for (const length of [0, 30, 68, file.length - 4])
    expect(() => decodeIdentity(file.slice(0, length), layout, id)).toThrow(/damaged/);
  expect(() => decodeIdentity(file, layout, 'a'.repeat(64))).toThrow(/damaged/);
});
