import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LokiError } from '../../errors.ts';
import { cutGraph, describeShapes, readTfliteGraph, type TfliteGraph } from './tflite-graph.ts';
import type { LandmarkCount } from './types.ts';
import { readStoredZip } from './zip-stored.ts';

/** The networks of the tracker. Shapes are TFLite's, channels last. */
export interface FaceModels {
  /** BlazeFace short range: `[1, 128, 128, 3]` → `[1, 896, 16]`, `[1, 896, 1]`. */
  readonly detector: TfliteGraph;
  /**
   * Face mesh: `[1, meshInputSize, meshInputSize, 3]` → `[1, 1, 1, 3 · points]`, presence logit `[1, 1, 1, 1]`.
   * Where `heads` is not null it gives 468 points, and a third output: features `[1, 48, 48, 32]`.
   */
  readonly mesh: TfliteGraph;
  /** Second half of the attention mesh: three crops `[1, 16, 16, 32]` of the features → lips, eyes, irises. */
  readonly heads: TfliteGraph | null;
  readonly meshInputSize: number;
  readonly points: LandmarkCount;
  /** Which file they came from, for logs and reports. */
  readonly source: string;
}

/** `face_landmarker.task`, float16, version 1: as published, and a copy in circulation with bytes before the archive. */
const TASK_SHA256 = [
  '64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff',
  'a4099af5c7096fedb10381a4e09010cc3b32b02ba305f6d40e4876fb0ec9d765',
];
const TASK_NAME = 'face_landmarker.task';

// Tensors of face_landmark_with_attention.tflite where it is cut: picture; mesh, presence, features.
const ATTENTION_INPUT = [0];
const ATTENTION_MIDDLE = [186, 710, 35];
// Crops of lips, right eye, left eye; lips, right eye, right iris, left eye, left iris before they are placed.
const ATTENTION_CROPS = [199, 200, 201];
const ATTENTION_FOUND = [684, 687, 690, 693, 696];

/** `@mediapipe/face_mesh` 0.4.1657299874; Apache-2.0. */
const PACKED_SHA256 = ['dbe5905c582c0462cdaea17e7e6ecea92edaa8cccc515c5e2e7291f2cbb5fb99'];
const PACKED_DATA = 'face_mesh_solution_packed_assets.data';
const PACKED_LOADER = 'face_mesh_solution_packed_assets_loader.js';

/**
 * Where the networks are looked for unless told otherwise: `models/cache/face_landmarker.task`, then the npm
 * package `@mediapipe/face_mesh`.
 */
export function defaultFaceModelPaths(): string[] {
  const repository = fileURLToPath(new URL('../../../', import.meta.url));
  return [join(repository, 'models', 'cache', TASK_NAME), faceMeshPackagePath()];
}

/** Folder of the installed npm package `@mediapipe/face_mesh`. */
export function faceMeshPackagePath(): string {
  return dirname(createRequire(import.meta.url).resolve('@mediapipe/face_mesh/package.json'));
}

/**
 * The networks from the first of `paths` that exists: a `face_landmarker.task` bundle, or the folder of the npm
 * package `@mediapipe/face_mesh`. Both are known by their SHA-256, so nothing else reaches the runtime.
 *
 * @param refine false takes the package's plain mesh of 468 points: no irises, coarser lips and lids, less work.
 *
 * @throws LokiError `MODEL_MISSING`: none exists; `MODEL_INVALID`: the first that exists is damaged.
 */
export async function loadFaceModels(
  paths: readonly string[] = defaultFaceModelPaths(),
  refine = true,
): Promise<FaceModels> {
  for (const path of paths) {
    const task = path.endsWith('.task');
    const bytes = await readIfThere(task ? path : join(path, PACKED_DATA));
    if (bytes === null) continue;
    requireSha256(bytes, task ? TASK_SHA256 : PACKED_SHA256, path);
    if (task) return parseTaskBundle(bytes, basename(path));
    const loader = await readIfThere(join(path, PACKED_LOADER));
    if (loader === null) {
      throw new LokiError('MODEL_INVALID', `"${path}" lacks ${PACKED_LOADER}: run npm install again.`);
    }
    return parsePackedAssets(bytes, Buffer.from(loader).toString('utf8'), refine);
  }
  throw new LokiError(
    'MODEL_MISSING',
    `No face tracking model was found (looked for ${paths.join(', ')}): run npm install again.`,
  );
}

/**
 * Networks of a `face_landmarker.task` bundle.
 *
 * @throws LokiError `MODEL_INVALID`.
 */
export function parseTaskBundle(bytes: Uint8Array, source: string = TASK_NAME): FaceModels {
  const files = readStoredZip(bytes);
  const detector = readNetwork(files, 'face_detector.tflite', DETECTOR_SHAPES);
  const name = 'face_landmarks_detector.tflite';
  const whole = readNetwork(files, name, '1x256x256x3 → 1x1x1x1434 1x1x1x1 1x1');
  // The third output, whether the tongue shows, is not asked for.
  const mesh = cutGraph(whole, whole.inputs, whole.outputs.slice(0, 2));
  return { detector, mesh, heads: null, meshInputSize: 256, points: 478, source };
}

/**
 * Networks of `@mediapipe/face_mesh`: the loader script of its packed assets lists the byte range of each file.
 * Three operators of its attention mesh are MediaPipe's own, so that network is cut in two around them.
 *
 * @throws LokiError `MODEL_INVALID`.
 */
export function parsePackedAssets(data: Uint8Array, loaderScript: string, refine = true): FaceModels {
  const files = new Map<string, Uint8Array>();
  const entry = /"filename":\s*"([^"]+)",\s*"start":\s*(\d+),\s*"end":\s*(\d+)/g;
  for (const [, name, start, end] of loaderScript.matchAll(entry)) {
    if (Number(end) > data.byteLength || Number(start) > Number(end)) {
      throw new LokiError('MODEL_INVALID', `${PACKED_DATA} is shorter than its loader script says.`);
    }
    files.set(basename(name!), data.subarray(Number(start), Number(end)));
  }
  const detector = readNetwork(files, 'face_detection_short_range.tflite', DETECTOR_SHAPES);
  const common = { detector, meshInputSize: 192, source: '@mediapipe/face_mesh' };
  if (!refine) {
    const mesh = readNetwork(files, 'face_landmark.tflite', '1x192x192x3 → 1x1x1x1404 1x1x1x1');
    return { ...common, mesh, heads: null, points: 468 };
  }
  const attention = readTfliteGraph(requireFile(files, 'face_landmark_with_attention.tflite'));
  const mesh = cutGraph(attention, ATTENTION_INPUT, ATTENTION_MIDDLE);
  const heads = cutGraph(attention, ATTENTION_CROPS, ATTENTION_FOUND);
  requireShapes(mesh, '1x192x192x3 → 1x1x1x1404 1x1x1x1 1x48x48x32');
  const crop = '1x16x16x32';
  requireShapes(heads, `${crop} ${crop} ${crop} → 1x1x1x160 1x1x1x142 1x1x1x10 1x1x1x142 1x1x1x10`);
  return { ...common, mesh, heads, points: 478 };
}

const DETECTOR_SHAPES = '1x128x128x3 → 1x896x16 1x896x1';

function readNetwork(files: Map<string, Uint8Array>, name: string, shapes: string): TfliteGraph {
  const graph = readTfliteGraph(requireFile(files, name));
  requireShapes(graph, shapes);
  return graph;
}

function requireShapes(graph: TfliteGraph, known: string): void {
  if (describeShapes(graph) !== known) {
    throw new LokiError('MODEL_INVALID', `A face network has another shape than this program knows.`);
  }
}

function requireFile(files: Map<string, Uint8Array>, name: string): Uint8Array {
  const file = files.get(name);
  if (file === undefined) throw new LokiError('MODEL_INVALID', `The model bundle has no "${name}".`);
  return file;
}

function requireSha256(bytes: Uint8Array, known: readonly string[], path: string): void {
  if (!known.includes(createHash('sha256').update(bytes).digest('hex'))) {
    throw new LokiError(
      'MODEL_INVALID',
      `"${path}" is damaged or of another version than this program knows (SHA-256 differs): fetch it again.`,
    );
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new LokiError('MODEL_INVALID', `"${path}" can't be read (${code ?? 'unknown reason'}).`, {
      cause: error,
    });
  }
}
