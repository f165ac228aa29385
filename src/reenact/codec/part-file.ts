import { rmSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LokiError } from '../../errors.ts';

const unfinished = new Set<string>();
let watchesExit = false;

/**
 * A file that is written as `TARGET.part` in the target's folder and takes the target's name when it is whole and
 * on the disk. A part that is neither committed nor discarded is removed when the process ends.
 */
export class PartFile {
  readonly target: string;
  readonly path: string;

  private constructor(target: string) {
    this.target = target;
    this.path = `${target}.part`;
  }

  /** Creates the empty part. @throws LokiError OUTPUT_NOT_WRITABLE, DISK_FULL */
  static async create(target: string): Promise<PartFile> {
    const part = new PartFile(target);
    try {
      if ((await stat(target)).isDirectory()) {
        throw new LokiError('OUTPUT_NOT_WRITABLE', `${target} is a folder: name a file.`);
      }
    } catch (error) {
      if (error instanceof LokiError) throw error;
    }
    try {
      const handle = await open(part.path, 'w');
      await handle.close();
    } catch (error) {
      throw outputError(target, error);
    }
    if (!watchesExit) {
      watchesExit = true;
      process.once('exit', removeUnfinished);
    }
    unfinished.add(part.path);
    return part;
  }

  /** Makes the content durable and gives it the target's name, replacing what stood there. */
  async commit(): Promise<void> {
    try {
      const handle = await open(this.path, 'r+');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(this.path, this.target);
    } catch (error) {
      await this.discard();
      throw outputError(this.target, error);
    }
    unfinished.delete(this.path);
    await syncFolder(dirname(this.target));
  }

  /** Idempotent; nothing after `commit()`. */
  async discard(): Promise<void> {
    if (unfinished.delete(this.path)) await rm(this.path, { force: true });
  }
}

/** Fails early, before any work, where `target` cannot be written. @throws LokiError OUTPUT_NOT_WRITABLE, DISK_FULL */
export async function checkWritable(target: string): Promise<void> {
  await (await PartFile.create(target)).discard();
}

/** One sentence for what the operating system says against writing `target`. */
export function outputError(target: string, cause: unknown): LokiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const folder = dirname(target);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LokiError('DISK_FULL', `The disk is full: ${target} could not be written.`, { cause });
    case 'ENOENT':
    case 'ENOTDIR':
      return new LokiError('OUTPUT_NOT_WRITABLE', `There is no folder ${folder}: make it first.`, { cause });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LokiError('OUTPUT_NOT_WRITABLE', `The folder ${folder} is read-only: choose another one.`, {
        cause,
      });
    default:
      return new LokiError('OUTPUT_NOT_WRITABLE', `${target} could not be written: ${code || 'I/O error'}.`, {
        cause,
      });
  }
}

function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { force: true });
}

/** Makes the new name durable; not every system lets a folder be synced, and none loses the content by that. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}
