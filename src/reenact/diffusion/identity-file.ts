import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { LokiError } from '../../errors.ts';
import type { PackLayout } from './pack/contract.ts';
import type { IdentityTensors } from './runtime/inference-messages.ts';

const MAGIC = 'LIK1';
const HEADER_BYTES = 68;

/**
 * Keys and values of a portrait as a file:
 *
 *     offset bytes
 *     0      4     'LIK1'
 *     4      32    SHA-256 of the pack's manifest (`ModelPack.id`)
 *     36     32    SHA-256 of the numbers
 *     68           float32, little-endian: the pack's ref_k_0, ref_v_0, ref_k_1, …
 */
export function encodeIdentity(tensors: IdentityTensors, layout: PackLayout, packId: string): Uint8Array {
  const numbers = Buffer.concat(
    namesOf(layout).map(({ name }) => {
      const { buffer, byteOffset, byteLength } = tensors[name];
      return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
    }),
  );
  return Buffer.concat([Buffer.from(MAGIC, 'latin1'), Buffer.from(packId, 'hex'), sha256(numbers), numbers]);
}

/** @throws LokiError MODEL_INVALID for a file that is damaged, or of another pack */
export function decodeIdentity(bytes: Uint8Array, layout: PackLayout, packId: string): IdentityTensors {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const names = namesOf(layout);
  const count = names.reduce((sum, { length }) => sum + length, 0);
  const numbers = file.subarray(HEADER_BYTES);
  const sound =
    endianness() === 'LE' &&
    file.length === HEADER_BYTES + 4 * count &&
    file.toString('latin1', 0, 4) === MAGIC &&
    file.toString('hex', 4, 36) === packId &&
    file.subarray(36, HEADER_BYTES).equals(sha256(numbers));
  if (!sound)
    throw new LokiError(
      'MODEL_INVALID',
      "The avatar's keys and values are damaged: they will be made again.",
    );
  // A copy of its own, so that every number lies where a Float32Array may begin.
  const floats = new Float32Array(Uint8Array.from(numbers).buffer);
  const tensors: Record<string, Float32Array> = {};
  let at = 0;
  for (const { name, length } of names) {
    tensors[name] = floats.slice(at, at + length);
    at += length;
  }
  return tensors;
}

function namesOf({ references }: PackLayout): { name: string; length: number }[] {
  return references.flatMap(({ key, value, heads, tokens, dim }) =>
    [key, value].map((name) => ({ name, length: heads * tokens * dim })),
  );
}

function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}
