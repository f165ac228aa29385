import type { ServerConfig } from '../config.ts';
import type { Logger } from '../log.ts';
import type { SupervisedReenactment } from '../reenact/runtime/supervisor.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Addresses } from './addresses.ts';
import type { Authorise } from './authorise.ts';
import type { AvatarStore } from './avatars/avatar-store.ts';
import type { PicturePreparer } from './avatars/prepare-picture.ts';
import type { EphemeralRooms } from './ephemeral-rooms.ts';
import type { Metrics } from './metrics.ts';
import type { ShortLinks } from './short-links.ts';
import type { Tokens } from './tokens.ts';

/** What the routes share. */
export interface GatewayContext {
  readonly config: ServerConfig;
  readonly log: Logger;
  readonly sfu: Sfu;
  readonly reenactment: SupervisedReenactment;
  readonly tokens: Tokens;
  /** Nobody configured a secret: this machine's own user is let in without a token. */
  readonly development: boolean;
  readonly authorise: Authorise;
  readonly avatars: AvatarStore;
  readonly preparer: PicturePreparer;
  readonly ephemeralRooms: EphemeralRooms;
  readonly shortLinks: ShortLinks;
  readonly metrics: Metrics;
  readonly addresses: Addresses;
  /** True from the moment that the server is told to stop. */
  readonly draining: () => boolean;
}
