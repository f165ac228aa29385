import type { HeadModel } from '../head/head-model.ts';

/** `[F', 3]` triangles without the lashes. */
export function surfaceTriangles({ triangles, triangleParts, parts }: HeadModel): Uint32Array {
  const lashes = parts.indexOf('lashes');
  return triangles.filter((_, i) => triangleParts[Math.trunc(i / 3)] !== lashes);
}
