import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { LokiError } from '../../errors.ts';
import type { HeadModel } from '../head/head-model.ts';
import { LANDMARK_COUNT, type LandmarkEmbedding, RESPONSE_FEATURES } from './types.ts';

const RESPONSE_SIZE = LANDMARK_COUNT * RESPONSE_FEATURES.length * 3;

const fileSchema = z.object({
  version: z.literal(1),
  headSha256: z.string().regex(/^[0-9a-f]{64}$/),
  triangles: z.array(z.number().int().nonnegative()).length(LANDMARK_COUNT),
  barycentric: z.array(z.number().min(-1e-6).max(1.000001)).length(3 * LANDMARK_COUNT),
  sigma: z.array(z.number().positive()).length(LANDMARK_COUNT),
  response: z.array(z.number()).length(RESPONSE_SIZE).optional(),
});

/**
 * Reads an embedding and checks that it belongs to `model`.
 *
 * @throws LokiError `MODEL_MISSING`, or `MODEL_INVALID` where it is malformed or made for another head.
 */
export async function loadLandmarkEmbedding(path: string, model: HeadModel): Promise<LandmarkEmbedding> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new LokiError(
      'MODEL_MISSING',
      `There is no landmark embedding at ${path}: make one with npm run calibrate.`,
      { cause },
    );
  }
  return parseLandmarkEmbedding(text, model);
}

/** @throws LokiError `MODEL_INVALID` where `text` is malformed or made for another head than `model`. */
export function parseLandmarkEmbedding(text: string, model: HeadModel): LandmarkEmbedding {
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new LokiError(
      'MODEL_INVALID',
      `The landmark embedding is malformed: ${issue.path.join('.')} ${issue.message}.`,
    );
  }
  const { headSha256, triangles, barycentric, sigma, response } = parsed.data;
  if (headSha256 !== model.sha256)
    throw new LokiError(
      'MODEL_INVALID',
      `The landmark embedding was made for another head than ${model.name}: make one with npm run calibrate.`,
    );
  if (triangles.some((triangle) => triangle >= model.triangleCount))
    throw new LokiError(
      'MODEL_INVALID',
      'The landmark embedding names triangles that the head does not have.',
    );
  return {
    headSha256,
    triangles: Uint32Array.from(triangles),
    barycentric: Float32Array.from(barycentric),
    sigma: Float32Array.from(sigma),
    response: response === undefined ? new Float32Array(RESPONSE_SIZE) : Float32Array.from(response),
  };
}

/** Writes `embedding`; `report` (the calibration's error table) goes along for people to read. */
export async function saveLandmarkEmbedding(
  path: string,
  embedding: LandmarkEmbedding,
  report: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const file = {
    version: 1,
    headSha256: embedding.headSha256,
    report,
    triangles: Array.from(embedding.triangles),
    barycentric: Array.from(embedding.barycentric, (weight) => Math.round(weight * 1e5) / 1e5),
    sigma: Array.from(embedding.sigma, (sigma) => Math.round(sigma * 1e5) / 1e5),
    response: Array.from(embedding.response, (metres) => Math.round(metres * 1e6) / 1e6),
  };
  await writeFile(path, `${JSON.stringify(file)}\n`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
