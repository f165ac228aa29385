import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LokiError } from '../../../errors.ts';
import { layoutOf, type PackLayout } from './contract.ts';
import {
  GRAPH_NAMES,
  type GraphEntry,
  type GraphName,
  manifestSchema,
  type PackManifest,
} from './manifest.ts';

/** A pack whose manifest holds and whose files are those that it names. Nothing of it has run yet. */
export interface ModelPack {
  readonly folder: string;
  readonly manifest: PackManifest;
  readonly layout: PackLayout;
  /** SHA-256 of pack.json, which names the hashes of all the rest: the pack's identity. */
  readonly id: string;
}

/** A manifest is a few kilobytes. */
const MAX_MANIFEST_BYTES = 1e6;

/**
 * Reads a model pack and checks all that can be checked without running it: the manifest's form, that its tensors are
 * those that the runtime knows, the files' hashes, and the head model.
 *
 * @param headSha256 of the head model in use; null leaves that check out
 * @throws LokiError PACK_MISSING, PACK_INVALID, PACK_WRONG_HEAD
 */
export async function loadPack(folder: string, headSha256: string | null): Promise<ModelPack> {
  const { manifest, id } = await readManifest(folder);
  const layout = layoutOf(manifest);
  if (typeof layout === 'string') throw invalid(folder, `pack.json: ${layout}`);
  if (headSha256 !== null && manifest.head.sha256 !== headSha256)
    throw new LokiError(
      'PACK_WRONG_HEAD',
      `The model pack ${folder} was trained with another head model (${manifest.head.name}): ` +
        'use a pack for the head in use, or the head that the pack names.',
    );
  for (const { file, sha256 } of filesOf(manifest)) await checkFile(folder, file, sha256);
  return { folder, manifest, layout, id };
}

async function readManifest(folder: string): Promise<{ manifest: PackManifest; id: string }> {
  const path = join(folder, 'pack.json');
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile())
    throw new LokiError(
      'PACK_MISSING',
      `There is no model pack in ${folder} (no pack.json): name a folder that holds one, or use the geometric generator.`,
    );
  if (found.size > MAX_MANIFEST_BYTES) throw invalid(folder, 'pack.json is too large to be a manifest.');
  const bytes = await readFile(path);
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalid(folder, 'pack.json is no JSON.', cause);
  }
  const parsed = manifestSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(folder, `pack.json, ${issue.path.join('.') || 'the whole'}: ${issue.message}.`);
  }
  return { manifest: parsed.data, id: createHash('sha256').update(bytes).digest('hex') };
}

/** Each once: graphs in 8 bits may be those in float. */
function filesOf({ graphs, int8 }: PackManifest): { file: string; sha256: string }[] {
  const entries = GRAPH_NAMES.flatMap((name) => [graphs[name], int8?.[name]]);
  const files = entries.flatMap((entry) => [entry, entry?.data]).filter((file) => file !== undefined);
  return [...new Map(files.map((file) => [`${file.file} ${file.sha256}`, file])).values()];
}

async function checkFile(folder: string, file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  // Piece by piece: weights beside a graph may be larger than what one buffer holds.
  await pipeline(createReadStream(join(folder, file)), hash).catch((cause) => {
    throw new LokiError(
      'PACK_MISSING',
      `The model pack ${folder} lacks its file ${file}: copy it whole again.`,
      { cause },
    );
  });
  if (hash.digest('hex') !== sha256)
    throw invalid(folder, `${file} is not the file that pack.json names (its SHA-256 differs).`);
}

/** The graph that runs, and whether it is the quantised one. */
export function graphOf(
  { manifest }: Pick<ModelPack, 'manifest'>,
  name: GraphName,
  int8: boolean,
): { entry: GraphEntry; int8: boolean } {
  const quantised = int8 ? manifest.int8?.[name] : undefined;
  return quantised === undefined
    ? { entry: manifest.graphs[name], int8: false }
    : { entry: quantised, int8: true };
}

/** Whether a denoiser or decoder in 8 bits comes with the pack. */
export function hasInt8({ manifest }: Pick<ModelPack, 'manifest'>): boolean {
  const { int8 } = manifest;
  return int8?.denoiser !== undefined || int8?.decoder !== undefined;
}

export function invalid(folder: string, why: string, cause?: unknown): LokiError {
  return new LokiError('PACK_INVALID', `The model pack ${folder} can't be used: ${why}`, { cause });
}
