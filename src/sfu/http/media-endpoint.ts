import { LokiError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { asLokiError } from '../as-loki-error.ts';
import { iceServerLinks, iceServersFor } from '../ice-servers.ts';
import type { Room } from '../room.ts';
import type { RoomStore } from '../rooms.ts';
import { type Offer, parseOffer } from '../sdp/offer.ts';
import type { HttpAnswer, HttpRequest, SfuDependencies, SfuOptions, TokenGrant } from '../sfu-types.ts';
import type { Role } from '../signaling/messages.ts';
import {
  answer,
  contentType,
  header,
  MAX_BODY_BYTES,
  options,
  problem,
  SDP,
  SDP_FRAGMENT,
} from './answers.ts';
import type { MediaResource } from './media-resource.ts';

const ENDPOINT_METHODS = 'POST, OPTIONS';
const RESOURCE_METHODS = 'PATCH, DELETE, OPTIONS';

export interface MediaEndpointOptions {
  /** First part of the path: the resources are below it. */
  readonly path: 'whip' | 'whep';
  readonly roles: readonly Role[];
  readonly rooms: RoomStore;
  readonly verifyToken: SfuDependencies['verifyToken'];
  readonly sfu: SfuOptions;
  readonly log: Logger;
  readonly countRefusal: (code: LokiError['code']) => void;
  /** Answers an offer. @throws LokiError */
  readonly open: (
    room: Room,
    offer: Offer,
    grant: TokenGrant,
  ) => Promise<{ resource: MediaResource; sdp: string }>;
}

/**
 * What WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) have in common: an endpoint that takes an SDP offer by `POST` and
 * makes a resource, which is patched and deleted.
 */
export class MediaEndpoint {
  #options: MediaEndpointOptions;
  #resources = new Map<string, { roomId: string; resource: MediaResource }>();
  #draining = false;

  constructor(options: MediaEndpointOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#resources.size;
  }

  /** Takes no new offers from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** Never rejects. */
  async handle(request: HttpRequest): Promise<HttpAnswer> {
    try {
      const { resourceId } = request.params;
      return resourceId === undefined
        ? await this.#atEndpoint(request)
        : await this.#atResource(request, resourceId);
    } catch (error) {
      const why = asLokiError(error);
      this.#options.countRefusal(why.code);
      if (why.code === 'INTERNAL') this.#options.log.error({ err: why.cause ?? why }, 'request failed');
      return problem(why);
    }
  }

  /** Ends every resource. Idempotent. */
  close(): void {
    this.#draining = true;
    for (const { resource } of [...this.#resources.values()]) resource.end();
  }

  async #atEndpoint(request: HttpRequest): Promise<HttpAnswer> {
    if (request.method === 'OPTIONS') {
      // A preflight has no token; a client that shows one learns the ICE servers before it offers.
      const links = header(request, 'authorization') ? this.#links(await this.#grant(request)) : {};
      return options(ENDPOINT_METHODS, { 'accept-post': SDP, ...links });
    }
    if (request.method !== 'POST') return answer(405, { allow: ENDPOINT_METHODS });
    if (header(request, 'authorization') === undefined) return unauthorised();
    const grant = await this.#grant(request);
    if (this.#draining) throw new LokiError('SHUTTING_DOWN', 'The server is being stopped.');
    if (contentType(request) !== SDP) {
      const error = new LokiError('BAD_MESSAGE', `The offer is sent as ${SDP}.`);
      return problem(error, { 'accept-post': SDP }, 415);
    }
    if (Buffer.byteLength(request.body) > MAX_BODY_BYTES) {
      return problem(new LokiError('BAD_MESSAGE', 'The offer is too large.'), {}, 413);
    }
    const { rooms, open, path } = this.#options;
    const room = rooms.require(grant.room);
    const { resource, sdp } = await open(room, parseOffer(request.body), grant);
    this.#resources.set(resource.id, { roomId: room.roomId, resource });
    return answer(
      201,
      {
        'content-type': SDP,
        location: `/${path}/${room.roomId}/${resource.id}`,
        etag: resource.etag,
        'accept-patch': SDP_FRAGMENT,
        ...this.#links(grant),
      },
      sdp,
    );
  }

  async #atResource(request: HttpRequest, resourceId: string): Promise<HttpAnswer> {
    if (request.method === 'OPTIONS') return options(RESOURCE_METHODS, { 'accept-patch': SDP_FRAGMENT });
    if (request.method !== 'PATCH' && request.method !== 'DELETE') {
      return answer(405, { allow: RESOURCE_METHODS });
    }
    if (header(request, 'authorization') === undefined) return unauthorised();
    await this.#grant(request);
    const entry = this.#resources.get(resourceId);
    if (!entry || entry.roomId !== request.params.roomId) {
      throw new LokiError('NOT_FOUND', 'There is no such session; it may have ended.');
    }
    if (request.method === 'PATCH') return entry.resource.patch(request);
    entry.resource.end();
    return answer(200);
  }

  /** @throws LokiError TOKEN_INVALID, TOKEN_EXPIRED, NOT_ALLOWED */
  async #grant(request: HttpRequest): Promise<TokenGrant> {
    const token = /^Bearer +(\S+)$/i.exec(header(request, 'authorization') ?? '')?.[1];
    if (token === undefined) throw new LokiError('TOKEN_INVALID', 'The request needs a bearer token.');
    const grant = await this.#options.verifyToken(token);
    if (grant.room !== request.params.roomId || !this.#options.roles.includes(grant.role)) {
      throw new LokiError('NOT_ALLOWED', 'The token is for another room or another role.');
    }
    return grant;
  }

  #links(grant: TokenGrant): { link?: string[] } {
    const links = iceServerLinks(iceServersFor(this.#options.sfu, grant.tokenId, Date.now()));
    return links.length > 0 ? { link: links } : {};
  }

  /** Called by whoever opens resources, as they end. */
  forget(resource: MediaResource): void {
    this.#resources.delete(resource.id);
  }
}

/** Without credentials there is no error to name (RFC 6750, section 3). */
function unauthorised(): HttpAnswer {
  const error = new LokiError('TOKEN_INVALID', 'The request needs a bearer token.');
  return problem(error, { 'www-authenticate': 'Bearer' });
}
