import type { types } from 'mediasoup';
import { LokiError } from '../errors.ts';
import type { AvatarSource } from './avatar-source.ts';
import type { PayloadTypes } from './codecs.ts';

const MAX_PLAYER_ROUTERS = 8;

/**
 * The avatar's streams under players' own payload types: mediasoup sends under those of the router, and a WHEP player,
 * being the offerer, has named its own. One router for each set that players name.
 */
export class PlayerSources {
  readonly #sources = new Map<string, Promise<AvatarSource>>();

  /**
   * @param avatar the streams as the room has them
   * @param createRouter makes a router of the payload types' codecs
   * @throws LokiError SERVER_BUSY for too many different sets
   */
  of(
    { audio, video }: PayloadTypes,
    avatar: AvatarSource,
    createRouter: () => Promise<types.Router>,
  ): Promise<AvatarSource> {
    const key = `${audio} ${video}`;
    const known = this.#sources.get(key);
    if (known) return known;
    if (this.#sources.size >= MAX_PLAYER_ROUTERS) {
      throw new LokiError('SERVER_BUSY', 'The room serves too many different kinds of players.');
    }
    const source = createRouter().then((router) => avatar.pipeTo(router));
    this.#sources.set(key, source);
    source.catch(() => this.#sources.delete(key));
    return source;
  }

  /** Forgets them all. @returns what ends their routers, where these are not gone already */
  clear(): () => void {
    const sources = [...this.#sources.values()];
    this.#sources.clear();
    return () => {
      for (const source of sources) source.then(({ router }) => router.close()).catch(() => {});
    };
  }
}
