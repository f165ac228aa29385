import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ROOT, SetupError } from './project.mjs';
import { runCommand } from './run-command.mjs';

const CONFIG = join(ROOT, 'src/client/vite.config.ts');
const OUTPUT = join(ROOT, 'out/pages');
/** Fingerprint of the sources that the built pages come from; Vite empties the folder before it builds. */
const STAMP = join(OUTPUT, '.sources');
/** The pages, what they share with the server, the clip they carry, and the versions of their libraries. */
const SOURCES = [
  ...['src/client', 'src/contract', 'src/sfu/signaling', 'src/gateway/api', 'src/errors.ts'],
  ...['models/builtin/driver.mp4', 'package-lock.json'],
];

/** Whether the built pages are those of the present sources. */
export function pagesSettled() {
  return !existsSync(CONFIG) || (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint());
}

/** Builds the pages where their sources have changed. Throws SetupError with Vite's complaint. */
export async function ensurePages({ say }) {
  if (pagesSettled()) return;
  say('Set-up: building the pages (a few seconds) ...');
  const built = fingerprint();
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  try {
    await runCommand(process.execPath, [vite, 'build', '--config', CONFIG, '--logLevel', 'error'], {
      cwd: ROOT,
    });
  } catch (error) {
    const said = error.stderr?.split('\n').find((line) => line.trim() !== '' && !/^error during/.test(line));
    throw new SetupError(
      `The pages could not be built (${said ?? error.message}): see \`npm run build:pages\`.`,
    );
  }
  writeFileSync(STAMP, built);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const path of filesOf(join(ROOT, source))) {
      hash.update(relative(ROOT, path).replaceAll(sep, '/')).update('\0').update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  try {
    return readdirSync(path, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !/\.test\.ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    throw error;
  }
}
