import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LokiError } from '../../errors.ts';
import type { Avatar } from '../avatar.ts';
import { decodeIdentity, encodeIdentity } from '../diffusion/identity-file.ts';
import type { IdentityShelf } from '../diffusion/stream-seat.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import { deserializeWarpRig, serializeWarpRig } from '../geometric/rig-file.ts';
import type { AvatarKey } from './avatar-key.ts';

export interface AvatarStoreOptions {
  /** Made where it is missing. */
  readonly folder: string;
  /** The avatars unused for longest are deleted beyond this; default 512 MB, about 70 avatars. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 512e6;
const SUFFIX = '.avatar';
const PART_SUFFIX = '.part';
const MAGIC = 'LAV2';
const HEADER_BYTES = 68;

/**
 * Prepared avatars on disk, shared by all processes of a server:
 *
 *     offset bytes
 *     0      4     'LAV2'
 *     4      32    SHA-256 of the key, so that a file under another's name is refused
 *     36     32    SHA-256 of bytes 0..35
 *     68           the warp rig (rig-file.ts), which carries its own version and checksum
 *
 * A file is written under another name and then renamed, so that none is ever seen half-written. What was made by
 * other code or for another head has another name, and is deleted in its turn.
 */
export class AvatarStore {
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor({ folder, maxBytes = DEFAULT_MAX_BYTES }: AvatarStoreOptions) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /**
   * Makes the folder, and clears away what a crash left half-written: once a server, before anybody writes.
   *
   * @throws LokiError OUTPUT_NOT_WRITABLE
   */
  async open(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new LokiError('OUTPUT_NOT_WRITABLE', `The state folder ${this.#folder} can't be made.`, {
        cause,
      });
    }
    for (const name of await this.#names())
      if (name.endsWith(PART_SUFFIX)) await rm(join(this.#folder, name), { force: true });
  }

  async has(key: AvatarKey): Promise<boolean> {
    return (await stat(this.#path(key)).catch(() => null)) !== null;
  }

  /** @returns null where there is none, or a damaged one (which is deleted) */
  async read(key: AvatarKey, rig: LandmarkRig): Promise<Avatar | null> {
    const path = this.#path(key);
    const bytes = await readFile(path).catch(() => null);
    if (bytes === null) return null;
    try {
      checkHeader(bytes, key);
      const avatar = { rig: deserializeWarpRig(bytes.subarray(HEADER_BYTES), rig) };
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      return avatar;
    } catch (error) {
      if (!(error instanceof LokiError)) throw error;
      await rm(path, { force: true });
      return null;
    }
  }

  /** @throws LokiError DISK_FULL, OUTPUT_NOT_WRITABLE */
  async write(key: AvatarKey, { rig: warpRig }: Avatar, rig: LandmarkRig): Promise<void> {
    await this.#put(this.#path(key), Buffer.concat([header(key), serializeWarpRig(warpRig, rig)]));
  }

  async #put(path: string, bytes: Uint8Array): Promise<void> {
    const part = `${path}.${randomUUID()}${PART_SUFFIX}`;
    try {
      await writeFile(part, bytes, { mode: 0o600 });
      await rename(part, path);
    } catch (cause) {
      await rm(part, { force: true }).catch(() => undefined);
      const full = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
      throw new LokiError(
        full ? 'DISK_FULL' : 'OUTPUT_NOT_WRITABLE',
        `The prepared avatar can't be written to ${this.#folder}.`,
        { cause },
      );
    }
    await this.#prune();
  }

  /** Where what packs make of this avatar is kept, beside it: a pack's hash is part of the name. */
  identities(key: AvatarKey): IdentityShelf {
    const pathOf = (packId: string) => `${this.#path(key)}-${packId.slice(0, 16)}`;
    return {
      read: async (layout, packId) => {
        const path = pathOf(packId);
        const bytes = await readFile(path).catch(() => null);
        if (bytes === null) return null;
        try {
          return decodeIdentity(bytes, layout, packId);
        } catch (error) {
          if (!(error instanceof LokiError)) throw error;
          await rm(path, { force: true });
          return null;
        }
      },
      write: async (tensors, layout, packId) => {
        await this.#put(pathOf(packId), encodeIdentity(tensors, layout, packId));
      },
    };
  }

  /** Deletes everything that was made from a picture. */
  async forget(picture: string): Promise<void> {
    for (const name of await this.#names())
      if (name.startsWith(picture)) await rm(join(this.#folder, name), { force: true });
  }

  async #prune(): Promise<void> {
    const files: { path: string; bytes: number; usedMs: number }[] = [];
    for (const name of await this.#names()) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => null);
      if (found !== null) files.push({ path, bytes: found.size, usedMs: found.mtimeMs });
    }
    files.sort((a, b) => b.usedMs - a.usedMs);
    let total = 0;
    for (const { path, bytes } of files) {
      total += bytes;
      if (total > this.#maxBytes) await rm(path, { force: true });
    }
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.filter((name) => name.includes(SUFFIX));
  }

  #path(key: AvatarKey): string {
    return join(this.#folder, nameOf(key));
  }
}

function nameOf({ picture, sizePx, basis }: AvatarKey): string {
  return `${picture}-${sizePx}-${basis.slice(0, 16)}${SUFFIX}`;
}

function header(key: AvatarKey): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  sha256(nameOf(key)).copy(bytes, 4);
  sha256(bytes.subarray(0, 36)).copy(bytes, 36);
  return bytes;
}

/** @throws LokiError MODEL_INVALID */
function checkHeader(bytes: Buffer, key: AvatarKey): void {
  const sound =
    bytes.length > HEADER_BYTES &&
    bytes.toString('latin1', 0, 4) === MAGIC &&
    bytes.subarray(36, HEADER_BYTES).equals(sha256(bytes.subarray(0, 36))) &&
    bytes.subarray(4, 36).equals(sha256(nameOf(key)));
  if (!sound) throw new LokiError('MODEL_INVALID', 'The prepared avatar is damaged: it will be built again.');
}

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}
