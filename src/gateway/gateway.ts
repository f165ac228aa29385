import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerConfig } from '../config.ts';
import type { Logger } from '../log.ts';
import type { SupervisedReenactment } from '../reenact/runtime/supervisor.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { type Addresses, lanAddress } from './addresses.ts';
import { createAuthorise } from './authorise.ts';
import type { AvatarStore } from './avatars/avatar-store.ts';
import { PicturePreparer } from './avatars/prepare-picture.ts';
import { EphemeralRooms } from './ephemeral-rooms.ts';
import { createGatewayApp } from './gateway-app.ts';
import type { Listeners } from './listeners.ts';
import { createMetrics } from './metrics.ts';
import { ShortLinks } from './short-links.ts';
import type { Tokens } from './tokens.ts';

export interface GatewayOptions {
  readonly config: ServerConfig;
  readonly log: Logger;
  readonly listeners: Listeners;
  readonly sfu: Sfu;
  readonly reenactment: SupervisedReenactment;
  readonly tokens: Tokens;
  /** Nobody configured a secret: this machine's own user is let in without a token. */
  readonly development: boolean;
  readonly avatars: AvatarStore;
  /** Where the built pages are, unless in their usual place. */
  readonly pagesFolder?: string;
}

export interface Gateway {
  readonly addresses: Addresses;
  readonly shortLinks: ShortLinks;
  /** Readiness probes fail from now on, and no new rooms are made. */
  beginDrain(): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * The HTTP(S) side of the server; it serves on the listeners from now on and closes them in the end.
 * @throws LokiError MODEL_MISSING where the pages are not built
 */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log, listeners, sfu, reenactment, tokens, development, avatars } = options;
  const preparer = new PicturePreparer();
  const shortLinks = new ShortLinks();
  const ephemeralRooms = new EphemeralRooms({
    rooms: sfu.rooms,
    firstAvatarId: () => avatars.list(null)[0]?.id ?? '',
    idleMs: config.rooms.idleS * 1000,
    log,
  });
  let draining = false;
  const addresses = addressesOf(config, listeners.plain.port, listeners.secure?.port ?? null);
  const { app, handler } = await createGatewayApp(
    {
      config,
      log,
      sfu,
      reenactment,
      tokens,
      development,
      authorise: createAuthorise(tokens, development),
      avatars,
      preparer,
      ephemeralRooms,
      shortLinks,
      metrics: createMetrics(sfu, reenactment),
      addresses,
      draining: () => draining,
    },
    options.pagesFolder,
  );

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (/^\/signal(\?|$)/.test(request.url ?? '')) sfu.handleUpgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  };
  listeners.serve({ onRequest: handler, onUpgrade });
  log.info({ addresses }, 'listening');

  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    draining = true;
    ephemeralRooms.close();
    preparer.close();
    await listeners.close();
    await app.close();
  };
  return {
    addresses,
    shortLinks,
    beginDrain: () => {
      draining = true;
      ephemeralRooms.close();
    },
    close: () => (closed ??= close()),
  };
}

/** Where people reach the listeners. */
export function addressesOf(
  { http, https }: Pick<ServerConfig, 'http' | 'https'>,
  plainPort: number,
  securePort: number | null,
): Addresses {
  const everywhere = (host: string): boolean => host === '0.0.0.0' || host === '::';
  const own = everywhere(http.host) || http.host === '127.0.0.1' || http.host === '::1';
  const local = `http://${own ? 'localhost' : http.host}:${plainPort}`;
  if (http.publicUrl !== null) return { local, public: http.publicUrl.replace(/\/+$/, '') };
  const reached = (host: string): string | null => (everywhere(host) ? lanAddress() : host);
  const secureHost = securePort === null ? null : reached(https.host);
  if (secureHost !== null) return { local, public: `https://${secureHost}:${securePort}` };
  const plainHost = everywhere(http.host) ? lanAddress() : null;
  return { local, public: plainHost === null ? local : `http://${plainHost}:${plainPort}` };
}
