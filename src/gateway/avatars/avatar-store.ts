import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type BuiltinAvatar, builtinAvatars } from '../../builtin-media.ts';
import { LokiError } from '../../errors.ts';
import type { Logger } from '../../log.ts';

const INCOMING = '.incoming-';
const RECORD = 'avatar.json';
const CONSENT = 'consent.json';
/** Names of the two files of an uploaded avatar. */
export const PICTURE_FILE = 'portrait.jpg';
export const THUMBNAIL_FILE = 'thumbnail.webp';

/** Who said what, when, of which picture: kept beside it as long as it is kept. */
export interface ConsentRecord {
  readonly statement: string;
  readonly agreedBy: string;
  readonly agreedAt: string;
  /** Of the file as it was uploaded, and of the copy that is kept. */
  readonly sha256: { readonly upload: string; readonly picture: string };
}

const record = z.object({
  id: z.string(),
  name: z.string(),
  /** The room whose people see it; null for everybody of this server. */
  room: z.string().nullable(),
  createdAt: z.string(),
});
type AvatarRecord = z.infer<typeof record>;

export interface StoredAvatar {
  readonly id: string;
  readonly name: string;
  readonly alt: string;
  readonly room: string | null;
  readonly createdAt: string | null;
  readonly picturePath: string;
  readonly thumbnailPath: string;
  readonly builtin: boolean;
}

/** The gallery: avatars that ship with the project, and uploaded ones in a folder each. */
export class AvatarStore {
  readonly #folder: string;
  readonly #avatars = new Map<string, StoredAvatar>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads what is there and removes what an earlier run left half-done. @throws LokiError OUTPUT_NOT_WRITABLE */
  static async open(folder: string, log: Logger): Promise<AvatarStore> {
    const store = new AvatarStore(folder);
    for (const avatar of builtinAvatars()) store.#addBuiltin(avatar);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of (await readdir(folder)).sort()) {
        if (name.startsWith(INCOMING)) await rm(join(folder, name), { recursive: true, force: true });
        else await store.#load(name, log);
      }
    } catch (cause) {
      throw new LokiError('OUTPUT_NOT_WRITABLE', `The folder ${folder} cannot be written.`, { cause });
    }
    return store;
  }

  /** Built-in ones first, then as they were uploaded. @param room whose own are shown too; null for all rooms' */
  list(room: string | null): StoredAvatar[] {
    return [...this.#avatars.values()].filter(
      (avatar) => room === null || avatar.room === null || avatar.room === room,
    );
  }

  get(id: string): StoredAvatar | null {
    return this.#avatars.get(id) ?? null;
  }

  pathOf(id: string): string | null {
    return this.#avatars.get(id)?.picturePath ?? null;
  }

  /** An empty folder for an upload; `adopt` it or `discard` it. */
  async incoming(): Promise<string> {
    const folder = join(this.#folder, `${INCOMING}${randomBytes(8).toString('hex')}`);
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  async discard(incoming: string): Promise<void> {
    await rm(incoming, { recursive: true, force: true });
  }

  /** Makes an incoming folder with its picture and thumbnail an avatar, whole or not at all. */
  async adopt(
    incoming: string,
    { name, room }: { readonly name: string; readonly room: string | null },
    consent: ConsentRecord,
  ): Promise<StoredAvatar> {
    // Not to be guessed: a thumbnail is shown to whoever knows its avatar's id.
    const id = `u-${randomBytes(15).toString('base64url')}`;
    const made: AvatarRecord = { id, name, room, createdAt: consent.agreedAt };
    await writeFile(join(incoming, CONSENT), `${JSON.stringify(consent, null, 2)}\n`, { mode: 0o600 });
    await writeFile(join(incoming, RECORD), `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
    await rename(incoming, join(this.#folder, id));
    return this.#add(made);
  }

  /** Deletes picture, thumbnail and consent record. @throws LokiError AVATAR_NOT_FOUND, NOT_ALLOWED (built in) */
  async remove(id: string): Promise<void> {
    const avatar = this.#avatars.get(id);
    if (avatar === undefined) throw new LokiError('AVATAR_NOT_FOUND', 'There is no such avatar.');
    if (avatar.builtin) throw new LokiError('NOT_ALLOWED', 'The built-in avatars stay.');
    this.#avatars.delete(id);
    const doomed = join(this.#folder, `${INCOMING}${id}`);
    await rename(join(this.#folder, id), doomed);
    await rm(doomed, { recursive: true, force: true });
  }

  async #load(name: string, log: Logger): Promise<void> {
    try {
      const text = await readFile(join(this.#folder, name, RECORD), 'utf8');
      this.#add({ ...record.parse(JSON.parse(text)), id: name });
    } catch (err) {
      log.warn({ err, avatarId: name }, 'stored avatar left out: its record cannot be read');
    }
  }

  #add({ id, name, room, createdAt }: AvatarRecord): StoredAvatar {
    const avatar: StoredAvatar = {
      id,
      name,
      alt: `Uploaded portrait "${name}"`,
      room,
      createdAt,
      picturePath: join(this.#folder, id, PICTURE_FILE),
      thumbnailPath: join(this.#folder, id, THUMBNAIL_FILE),
      builtin: false,
    };
    this.#avatars.set(id, avatar);
    return avatar;
  }

  #addBuiltin({ id, name, alt, path }: BuiltinAvatar): void {
    this.#avatars.set(id, {
      id,
      name,
      alt,
      room: null,
      createdAt: null,
      picturePath: path,
      thumbnailPath: path,
      builtin: true,
    });
  }
}
