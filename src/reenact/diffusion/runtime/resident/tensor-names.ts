import type { OnnxValue } from '../../../onnx/onnx-model.ts';
import type { PackLayout } from '../../pack/contract.ts';

/** What a graph that copies, moves on or makes the next of a tensor calls it. */
export const made = (name: string): string => `${name}_made`;

/** What of `streams` streams together stream `stream` has to itself. */
export const own = (name: string, stream: number, streams: number): string =>
  streams === 1 ? name : `${name}_of_${stream}`;

/** What a graph that makes more of the same is to write into. */
export function withMade<T>(tensors: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [made(name), tensor]));
}

/** The same tensors under the names that they were made of. */
export function withoutMade<T>(tensors: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name.slice(0, -made('').length), tensor]),
  );
}

/** Keys and values of one portrait. */
export function referenceValues({ references }: PackLayout): OnnxValue[] {
  return references.flatMap(({ key, value, heads, tokens, dim }) =>
    [key, value].map((name) => ({ name, shape: [1, heads, tokens, dim] })),
  );
}

/** What one stream remembers at one denoising time. */
export function cacheValues({ temporal, slots }: PackLayout): OnnxValue[] {
  return temporal.flatMap(({ cacheKey, cacheValue, positions, heads, dim }) =>
    [cacheKey, cacheValue].map((name) => ({ name, shape: [1, positions, heads, slots, dim] })),
  );
}
