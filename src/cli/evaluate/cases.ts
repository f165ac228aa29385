import { readdir } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { LokiError } from '../../errors.ts';
import type { HeadModel } from '../../reenact/head/head-model.ts';
import { BUILTIN_DRIVER_PATH, builtinAvatars } from '../avatars.ts';
import { writeFirstFrame } from './evaluate-case.ts';
import type { EvaluateOptions } from './options.ts';
import { renderHeldOutPeople } from './synthetic-people.ts';
import type { EvaluationCase, NamedPath } from './types.ts';

const VIDEO = new Set(['.mp4', '.mov', '.mkv', '.webm']);
const PICTURE = new Set(['.jpg', '.jpeg', '.png', '.webp']);

/**
 * The pairs that are asked for, in order. What has to be drawn or cut out for them is written to `folder`.
 * @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE, NO_VIDEO_STREAM
 */
export async function planCases(
  options: EvaluateOptions,
  model: HeadModel,
  folder: string,
  onStep: (line: string) => void,
): Promise<EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  if (options.drivers !== undefined) {
    const drivers = await filesIn(options.drivers, VIDEO, 'videos');
    const portraits =
      options.portraits === undefined ? [] : await filesIn(options.portraits, PICTURE, 'pictures');
    for (const driver of drivers)
      for (const portrait of portraits) cases.push({ kind: 'cross', driver, portrait });
    if (options.self) for (const driver of drivers) cases.push(await selfCase(driver, folder));
  }
  if (options.synthetic) {
    const builtin = { name: 'driver', path: BUILTIN_DRIVER_PATH };
    for (const [name, path] of builtinAvatars())
      cases.push({ kind: 'cross', driver: builtin, portrait: { name, path } });
    const { people: count, frames } = options;
    const people = await renderHeldOutPeople(folder, model, count, frames, (name) =>
      onStep(`Drawing ${name}, whom no training has seen`),
    );
    for (const [index, { portrait }] of people.entries()) {
      const driver = people[(index + 1) % people.length].clip;
      if (people.length > 1) cases.push({ kind: 'cross', driver, portrait });
    }
    for (const { clip, portrait } of people) cases.push({ kind: 'self', driver: clip, portrait });
    if (options.self) cases.push(await selfCase(builtin, folder));
  }
  return cases;
}

/** The first frame as the avatar. */
async function selfCase(driver: NamedPath, folder: string): Promise<EvaluationCase> {
  const path = join(folder, `${driver.name}-first.png`);
  await writeFirstFrame(driver.path, path);
  return { kind: 'self', driver, portrait: { name: driver.name, path } };
}

async function filesIn(path: string, extensions: ReadonlySet<string>, what: string): Promise<NamedPath[]> {
  if (extensions.has(extname(path).toLowerCase())) return [named(resolve(path))];
  let names: string[];
  try {
    names = await readdir(path);
  } catch (cause) {
    throw new LokiError('INPUT_NOT_FOUND', `There is no folder ${path}.`, { cause });
  }
  const files = names
    .filter((name) => extensions.has(extname(name).toLowerCase()))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => named(resolve(path, name)));
  if (files.length === 0) throw new LokiError('INPUT_NOT_FOUND', `There are no ${what} in ${path}.`);
  return files;
}

function named(path: string): NamedPath {
  return { name: basename(path, extname(path)), path };
}
