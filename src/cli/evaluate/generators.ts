import { LokiError } from '../../errors.ts';
import type { Avatar } from '../../reenact/avatar.ts';
import type { LandmarkRig } from '../../reenact/fit/landmark-rig.ts';
import type { Generator } from '../../reenact/generator.ts';
import { generatorOf } from '../../reenact/geometric/generator.ts';

/** A tier of generator, by the name that `--generators` has for it. */
export interface NamedGenerator {
  readonly name: string;
  /** A generator of its own for one avatar and one run, from its start. */
  open(rig: LandmarkRig, avatar: Avatar): Promise<Generator>;
}

const GENERATORS: readonly NamedGenerator[] = [
  { name: 'geometric', open: async (_, avatar) => generatorOf(avatar.rig) },
];

/**
 * The generators of a list with commas, in its order.
 * @throws LokiError INVALID_OPTION
 */
export function parseGenerators(list: string): NamedGenerator[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))];
  return names.map((name) => {
    const known = GENERATORS.find((generator) => generator.name === name);
    if (known !== undefined) return known;
    throw new LokiError(
      'INVALID_OPTION',
      `--generators takes a list of ${GENERATORS.map((generator) => generator.name).join(', ')}, not ${name || 'nothing'}.`,
    );
  });
}
