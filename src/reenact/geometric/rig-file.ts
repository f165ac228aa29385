import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { LokiError } from '../../errors.ts';
import type { LandmarkEmbedding } from '../fit/types.ts';
import type { ShapedHead } from '../head/head-model.ts';
import { reduceHead } from '../head/reduced-head.ts';
import { createEyeScratch, type EyeLayer, type EyeScratch } from './eye-layer.ts';
import type { LidStrips } from './lids.ts';
import { createMouthScratch, type MouthLayer, type MouthScratch } from './mouth.ts';
import { createRigScratch, type RigScratch, type WarpRig, type WarpRigSource } from './rig.ts';
import { refineTexture, type Texture } from './warp-raster.ts';

/**
 * A warp rig as bytes, so that an avatar is built once and not again after a restart. The file holds what building
 * worked out; what a frame only writes, and what the head model knows, is made anew.
 *
 *     bytes 0..3    "LWR" and {@link RIG_FILE_VERSION}
 *     bytes 4..35   SHA-256 of all that follows
 *     bytes 36..    structured clone (`node:v8`) of {@link RigContent}
 */

/** Raised whenever a file of the time before would be drawn differently from a rig built now. */
export const RIG_FILE_VERSION = 7;

const MAGIC = 'LWR';
const HASH_AT = 4;
const CONTENT_AT = 36;

type Head = Pick<WarpRigSource, 'model' | 'embedding'>;

/** The rig without what is made anew; textures that the warp samples finely are kept coarse. */
interface RigContent {
  readonly headSha256: string;
  readonly embeddingSha256: string;
  readonly rig: Omit<WarpRig, keyof RigScratch | 'head' | 'eyes' | 'mouth' | 'lidStrips'>;
  readonly head: Omit<ShapedHead, 'model'>;
  readonly eyes: readonly Omit<EyeLayer, keyof EyeScratch>[];
  readonly mouth: Omit<MouthLayer, keyof MouthScratch>;
  readonly lidStrips: Omit<LidStrips, 'eyes'>;
}

/** About 7 MB at 512². The rig may be in use. */
export function serializeWarpRig(rig: WarpRig, { model, embedding }: Head): Uint8Array {
  const { posed, psi, motion, landmarks, target, edges, image, head, eyes, mouth, lidStrips, ...rest } = rig;
  const { eyes: _, ...strips } = lidStrips;
  const content: RigContent = {
    headSha256: model.sha256,
    embeddingSha256: hashOf(embedding),
    rig: { ...rest, headTexture: coarseTexture(rest.headTexture) },
    head: { beta: head.beta, vertices: head.vertices, joints: head.joints },
    eyes: eyes.map(({ shape, mask, motion, closeBy, ...eye }) => eye),
    mouth: withoutScratch(mouth),
    lidStrips: { ...strips, texture: coarseTexture(strips.texture) },
  };
  const body = serialize(content);
  const bytes = new Uint8Array(CONTENT_AT + body.length);
  bytes.set(Buffer.from(MAGIC, 'latin1'));
  bytes[MAGIC.length] = RIG_FILE_VERSION;
  bytes.set(createHash('sha256').update(body).digest(), HASH_AT);
  bytes.set(body, CONTENT_AT);
  return bytes;
}

/**
 * The rig that {@link serializeWarpRig} was given: it draws the same pixels.
 *
 * @throws LokiError `MODEL_INVALID` where the file is damaged, or was made by another version or for another head: the
 *   avatar must be built again
 */
export function deserializeWarpRig(bytes: Uint8Array, { model, embedding }: Head): WarpRig {
  const content = readContent(bytes);
  if (content.headSha256 !== model.sha256 || content.embeddingSha256 !== hashOf(embedding))
    throw stale('belongs to another head model or landmark embedding');
  const { rig, mouth, lidStrips } = content;
  const head = { ...content.head, model: reduceHead(model, rig.headVertexIds).model };
  const eyes = content.eyes.map((eye) => ({ ...createEyeScratch(eye.lids, rig.size), ...eye }));
  return {
    ...rig,
    ...createRigScratch(head, rig.reference.coefficients, rig.size),
    head,
    headTexture: refineTexture(rig.headTexture),
    eyes,
    mouth: { ...createMouthScratch(mouth.interior.joints.length, rig.size), ...mouth },
    lidStrips: { ...lidStrips, eyes, texture: refineTexture(lidStrips.texture) },
  };
}

function readContent(bytes: Uint8Array): RigContent {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, CONTENT_AT));
  if (head.length < CONTENT_AT || head.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw stale('is no avatar cache file');
  if (head[MAGIC.length] !== RIG_FILE_VERSION) throw stale('was made by another version');
  const body = bytes.subarray(CONTENT_AT);
  const found = createHash('sha256').update(body).digest();
  if (!found.equals(head.subarray(HASH_AT, CONTENT_AT))) throw stale('is damaged');
  try {
    return deserialize(body) as RigContent;
  } catch (cause) {
    throw stale('was made by a newer Node', cause);
  }
}

function stale(what: string, cause?: unknown): LokiError {
  return new LokiError('MODEL_INVALID', `The prepared avatar ${what}: delete it, it will be built again.`, {
    cause,
  });
}

function withoutScratch(mouth: MouthLayer): RigContent['mouth'] {
  const { interior, cavity, iodPx, seam, own, anchor } = mouth;
  return { interior, cavity, iodPx, seam, own, anchor };
}

function hashOf({ headSha256, triangles, barycentric, sigma, response }: LandmarkEmbedding): string {
  const hash = createHash('sha256').update(headSha256);
  for (const { buffer, byteOffset, byteLength } of [triangles, barycentric, sigma, response])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

/** The texture that {@link refineTexture} makes `fine` of. */
function coarseTexture({ width: fineWidth, height: fineHeight, color: fine }: Texture): Texture {
  const width = (fineWidth + 1) / 2;
  const height = (fineHeight + 1) / 2;
  const color = new Uint32Array((width + 1) * (height + 1));
  for (let y = 0, o = 0; y <= height; y++)
    for (let x = 0; x <= width; x++, o++)
      color[o] = fine[2 * Math.min(y, height - 1) * (fineWidth + 1) + 2 * Math.min(x, width - 1)];
  return { width, height, scale: 1, color };
}
