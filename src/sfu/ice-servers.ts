import { createHmac } from 'node:crypto';
import type { SfuOptions } from './sfu-types.ts';

export interface IceServer {
  readonly urls: string[];
  readonly username?: string;
  readonly credential?: string;
}

/**
 * STUN and TURN servers for one peer. TURN credentials are those of the TURN REST API (draft-uberti-behave-turn-rest-00,
 * section 2.2): the name is `expiry:peer`, expiry in seconds since the Unix epoch, and the password the base64 of
 * HMAC-SHA1 of the name under the secret shared with the TURN server.
 */
export function iceServersFor(
  { stunUrls, turn }: Pick<SfuOptions, 'stunUrls' | 'turn'>,
  peerId: string,
  nowMs: number,
): IceServer[] {
  const servers: IceServer[] = [];
  if (stunUrls.length > 0) servers.push({ urls: [...stunUrls] });
  if (turn && turn.urls.length > 0) {
    const username = `${Math.floor(nowMs / 1000) + turn.ttlS}:${peerId}`;
    const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
    servers.push({ urls: [...turn.urls], username, credential });
  }
  return servers;
}

/** As `Link` header fields (RFC 9725, section 4.6), one a URL. */
export function iceServerLinks(servers: readonly IceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) =>
    urls.map((url) =>
      [
        `<${url}>`,
        'rel="ice-server"',
        ...(username === undefined ? [] : [`username="${username}"`]),
        ...(credential === undefined ? [] : [`credential="${credential}"`, 'credential-type="password"']),
      ].join('; '),
    ),
  );
}
