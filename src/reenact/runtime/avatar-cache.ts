import { LokiError } from '../../errors.ts';
import type { Avatar } from '../avatar.ts';
import { createDiffusionGenerator } from '../diffusion/generator.ts';
import type { EngineSource } from '../diffusion/runtime/engine-keeper.ts';
import type { IdentityShelf } from '../diffusion/stream-seat.ts';
import { TierControl } from '../diffusion/tier-control.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { Generator } from '../generator.ts';
import { generatorOf } from '../geometric/generator.ts';
import type { WarpRig } from '../geometric/rig.ts';
import type { HeadModel } from '../head/head-model.ts';
import type { LiveAvatar } from '../live/types.ts';
import type { AvatarBuilder } from './avatar-builder.ts';
import { type AvatarBasis, type AvatarKey, avatarKey } from './avatar-key.ts';
import type { AvatarStore } from './avatar-store.ts';

export interface AvatarCacheParts {
  readonly rig: LandmarkRig;
  readonly store: AvatarStore;
  readonly builder: Pick<AvatarBuilder, 'prepare'>;
  readonly basis: AvatarBasis;
  /** Null where there is no model pack. */
  readonly networks: SharedNetworks | null;
}

/** What the generators of a process share. */
export interface SharedNetworks {
  readonly engines: EngineSource;
  /** Denoising steps a frame that may be chosen, the most first. */
  readonly ladder: readonly number[];
}

/** Between two frames of a driver at 25 fps, the most that a session is made for by default. */
const FRAME_MS = 40;
/** Of every stream's noise: an avatar looks the same each time. */
const NOISE_SEED = 1;

/** Avatars in memory whether or not a session uses them, about 25 MB each. */
const MAX_IN_MEMORY = 3;

/**
 * Avatars of one process: from memory, else from disk, else built. Sessions that share an avatar share its warp rig:
 * a rig's buffers belong to one frame at a time, and a frame is drawn in one go on one thread.
 */
export class AvatarCache {
  readonly #parts: AvatarCacheParts;
  /** By name; the most recently used last. Holds promises, so that two requests at once read one file. */
  readonly #avatars = new Map<string, Promise<Avatar>>();

  constructor(parts: AvatarCacheParts) {
    this.#parts = parts;
  }

  /** @throws LokiError of the portrait */
  async load(path: string, sizePx: number): Promise<LiveAvatar> {
    const key = await avatarKey(path, sizePx, this.#parts.basis);
    const { rig } = await this.#recall(key, path);
    return { reference: rig.reference, generator: this.#generator(key, rig) };
  }

  /** Makes sure that the avatar is on disk. @throws LokiError of the portrait */
  async prepare(path: string, sizePx: number): Promise<void> {
    const { store, builder, basis } = this.#parts;
    if (!(await store.has(await avatarKey(path, sizePx, basis)))) await builder.prepare(path, sizePx);
  }

  /** Lets go of what was made from a picture; sessions that show it keep it until they end. */
  forget(picture: string): void {
    for (const name of this.#avatars.keys()) if (name.startsWith(picture)) this.#avatars.delete(name);
  }

  #generator(key: AvatarKey, rig: WarpRig): Generator {
    const { networks, store } = this.#parts;
    if (networks === null) return generatorOf(rig);
    return drawnByNetworks(networks, this.#parts.rig.model, rig, store.identities(key));
  }

  #recall(key: AvatarKey, path: string): Promise<Avatar> {
    const name = `${key.picture}-${key.sizePx}`;
    const avatar = this.#avatars.get(name) ?? this.#fetch(key, path);
    this.#avatars.delete(name);
    this.#avatars.set(name, avatar);
    const [oldest] = this.#avatars.keys();
    if (this.#avatars.size > MAX_IN_MEMORY) this.#avatars.delete(oldest);
    avatar.catch(() => {
      if (this.#avatars.get(name) === avatar) this.#avatars.delete(name);
    });
    return avatar;
  }

  async #fetch(key: AvatarKey, path: string): Promise<Avatar> {
    const { rig, store, builder } = this.#parts;
    const known = await store.read(key, rig);
    if (known !== null) return known;
    await builder.prepare(path, key.sizePx);
    const built = await store.read(key, rig);
    if (built === null) throw new LokiError('INTERNAL', 'The prepared avatar could not be read back.');
    return built;
  }
}

/** A session's generator, with as many steps as there is time for. @param shelf null where nothing is kept */
export function drawnByNetworks(
  { engines, ladder }: SharedNetworks,
  model: HeadModel,
  rig: WarpRig,
  shelf: IdentityShelf | null,
): Generator {
  return createDiffusionGenerator(
    { model, rig, engines, shelf, seed: NOISE_SEED },
    new TierControl({ ladder, frameMs: FRAME_MS }),
  );
}
