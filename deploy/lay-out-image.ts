import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copies, last, type Stage } from './parse-dockerfile.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

export interface ImageLayout {
  /** All stages, the image's own last. */
  readonly stages: readonly Stage[];
  /** Folder that stands for `/`. */
  readonly root: string;
  /** In place of the one that a build stage would get. */
  readonly mediasoupWorker: string;
}

/**
 * Files as the last stage's `COPY` lines lay them out, without a container engine. What build stages would make is
 * taken from where set-up has made the same thing in this checkout: packages, worker, face model and pages.
 */
export function layOutImage({ stages, root, mediasoupWorker }: ImageLayout): void {
  const image = stages[stages.length - 1];
  const folder = join(root, last(image, 'WORKDIR') ?? '');
  for (const { from, sources, target } of copies(image)) {
    const stage = stages.find(({ name }) => name === from);
    const intoFolder = sources.length > 1 || target.endsWith('/');
    const destination = target.startsWith('/') ? join(root, target) : resolve(folder, target);
    for (const source of sources) {
      const local = stage === undefined ? source : source.slice(`${last(stage, 'WORKDIR')}/`.length);
      if (local === 'node_modules') copyProductionPackages(destination);
      else if (local === 'mediasoup-worker') copy(mediasoupWorker, destination, intoFolder);
      // There is no face model where set-up could not fetch it.
      else if (local !== 'models/cache' || existsSync(join(ROOT, local))) {
        copy(join(ROOT, local), destination, intoFolder);
      }
    }
  }
}

/** As `COPY` does: a folder's content into the target, a file under the target's name or into it. */
function copy(path: string, target: string, intoFolder: boolean): void {
  const isFolder = statSync(path).isDirectory();
  const destination = intoFolder && !isFolder ? join(target, path.slice(path.lastIndexOf('/') + 1)) : target;
  mkdirSync(isFolder ? destination : dirname(destination), { recursive: true });
  cpSync(path, destination, { recursive: true });
}

/** What `npm install --omit=dev` leaves of this checkout's packages, less what the Dockerfile removes. */
function copyProductionPackages(target: string): void {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  for (const [path, { dev = false, devOptional = false }] of Object.entries(lock.packages)) {
    const isOuter = /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path);
    if (!isOuter || dev || devOptional || !existsSync(join(ROOT, path))) continue;
    const destination = join(dirname(target), path);
    mkdirSync(dirname(destination), { recursive: true });
    try {
      // 400 MB: linked where the two folders are on one disk.
      execFileSync('cp', ['-rl', join(ROOT, path), destination], { stdio: 'ignore' });
    } catch {
      cpSync(join(ROOT, path), destination, { recursive: true });
    }
  }
  for (const path of ['mediasoup/worker', '@mediapipe/tasks-vision']) {
    rmSync(join(target, path), { recursive: true, force: true });
  }
}
