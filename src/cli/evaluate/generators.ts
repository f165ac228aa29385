import { basename } from 'node:path';
import { LokiError } from '../../errors.ts';
import type { Avatar } from '../../reenact/avatar.ts';
import type { LandmarkRig } from '../../reenact/fit/landmark-rig.ts';
import type { Generator } from '../../reenact/generator.ts';
import { generatorChoice } from '../generator-options.ts';
import { openGenerator } from '../open-generator.ts';

/** A generator by the name that reports and files have for it. */
export interface NamedGenerator {
  readonly name: string;
  /** One for one avatar, from its start. */
  open(rig: LandmarkRig, avatar: Avatar): Promise<Generator>;
}

/**
 * The generators of a list with commas, in its order: `geometric`, `nano`, a pack's folder, and behind a colon the
 * denoising steps, as in `geometric,nano,nano:4`.
 *
 * @param folder that relative paths count from
 * @throws LokiError INVALID_OPTION, PACK_MISSING
 */
export function parseGenerators(list: string, folder: string): NamedGenerator[] {
  const items = [...new Set(list.split(',').map((item) => item.trim()))];
  const named = items.map((item): NamedGenerator => {
    const [, generator, steps] = /^(.+?)(?::(\d{1,2}))?$/.exec(item) ?? [];
    if (generator === undefined || steps === '0')
      throw new LokiError('INVALID_OPTION', `--generators takes names with commas between, not ${list}.`);
    const choice = generatorChoice(
      { generator, ...(steps !== undefined && { steps: Number(steps) }) },
      folder,
    );
    return {
      name: steps === undefined ? basename(generator) : `${basename(generator)}-${steps}`,
      open: (rig, avatar) => openGenerator(choice, rig.model, avatar.rig),
    };
  });
  const twice = named.find(({ name }, i) => named.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined)
    throw new LokiError('INVALID_OPTION', `--generators has two of the name ${twice.name}.`);
  return named;
}
