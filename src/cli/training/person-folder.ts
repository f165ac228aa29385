import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputError } from '../../reenact/codec/part-file.ts';
import type { ClipKind } from '../../render/training/clip-motion.ts';

/** Counts up when the same seed gives other data. */
export const TRAINING_DATA_VERSION = 2;
/** Deformation 3, place 3, visibility, coverage. */
export const RASTER_CHANNELS = 8;

/** Consecutive frames of one performance. */
export interface ClipMeta {
  readonly start: number;
  readonly length: number;
  readonly kind: ClipKind;
  /** Whether tracker and fit gave the coefficients, or the renderer's own did. */
  readonly fitted: boolean;
  /** Of the warp against the truth where the head is, decibels. */
  readonly facePsnrDb: number;
}

/** meta.json of a person's folder. */
export interface PersonMeta {
  readonly version: number;
  readonly seed: number;
  readonly attempt: number;
  readonly style: string;
  readonly caricature: boolean;
  readonly headSha256: string;
  readonly fps: number;
  readonly frames: number;
  /** Network's window, pixels. */
  readonly windowPx: number;
  /** The same square in pixels of the portrait. */
  readonly windowSide: number;
  readonly portraitSize: number;
  /** Width and height of the raster planes. */
  readonly rasterSize: number;
  readonly clips: readonly ClipMeta[];
}

/** One person's data, as docs/training.md lists its files. */
export interface PersonData {
  readonly meta: PersonMeta;
  /** `[frames, 256, 256, 3]`. */
  readonly target: Uint8Array;
  readonly warp: Uint8Array;
  /** `[frames, 8, 64, 64]` halves. */
  readonly raster: Uint16Array;
  /** `[256, 256, 3]`. */
  readonly portrait: Uint8Array;
  /** `[8, 64, 64]` halves. */
  readonly portraitRaster: Uint16Array;
}

export function personFolder(out: string, seed: number): string {
  return join(out, String(seed));
}

/** Whether the person is there already, whole. */
export function isFinished(out: string, seed: number): boolean {
  return existsSync(join(personFolder(out, seed), 'meta.json'));
}

/**
 * Writes a person's folder under another name and gives it its own when it is whole, so that whoever stops in between
 * leaves nothing half.
 *
 * @throws LokiError OUTPUT_NOT_WRITABLE, DISK_FULL
 */
export async function writePerson(out: string, data: PersonData): Promise<void> {
  const folder = personFolder(out, data.meta.seed);
  const part = `${folder}.part`;
  const files: [string, Uint8Array | string][] = [
    ['target.u8', data.target],
    ['warp.u8', data.warp],
    ['raster.f16', bytesOf(data.raster)],
    ['portrait.u8', data.portrait],
    ['portrait-raster.f16', bytesOf(data.portraitRaster)],
    ['meta.json', `${JSON.stringify(data.meta, null, 1)}\n`],
  ];
  try {
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    for (const [name, content] of files) await writeFile(join(part, name), content);
    await rename(part, folder);
  } catch (cause) {
    await rm(part, { recursive: true, force: true });
    throw outputError(folder, cause);
  }
}

/** Little-endian, as every machine that this runs on. */
function bytesOf(halves: Uint16Array): Uint8Array {
  return new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
}
