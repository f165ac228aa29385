import { randomBytes } from 'node:crypto';
import type { types } from 'mediasoup';
import { LokiError } from '../../errors.ts';
import { candidateLines } from '../sdp/answer.ts';
import type { IceCredentials } from '../sdp/offer.ts';
import type { HttpAnswer, HttpRequest, TokenGrant } from '../sfu-types.ts';
import { answer, contentType, header, problem, SDP_FRAGMENT } from './answers.ts';

/** A client that has not connected by then is not coming. */
const CONNECT_TIMEOUT_MS = 30_000;
const LONGEST_TIMER_MS = 0x7fff_ffff;

export interface MediaResourceOptions {
  readonly transport: types.WebRtcTransport;
  readonly grant: TokenGrant;
  /** The client's own, as it offered them. */
  readonly ice: IceCredentials;
  /** So long a broken path may take to come back. */
  readonly graceMs: number;
  /** Whether the path stands. */
  readonly onPath?: (connected: boolean) => void;
  /** Once, whoever ended it. */
  readonly onEnd: () => void;
}

/** What a `201` made: a WHIP or WHEP session, with its life and its `PATCH` (RFC 9725, section 4.3). */
export class MediaResource {
  readonly id = randomBytes(18).toString('base64url');
  readonly grant: TokenGrant;
  #transport: types.WebRtcTransport;
  #ice: IceCredentials;
  #etag = newEtag();
  #options: MediaResourceOptions;
  #timer: ReturnType<typeof setTimeout>;
  #expiryTimer: ReturnType<typeof setTimeout>;
  #ended = false;

  constructor(options: MediaResourceOptions) {
    this.grant = options.grant;
    this.#options = options;
    this.#transport = options.transport;
    this.#ice = options.ice;
    this.#timer = setTimeout(() => this.end(), CONNECT_TIMEOUT_MS);
    this.#expiryTimer = setTimeout(
      () => this.end(),
      Math.min(LONGEST_TIMER_MS, Math.max(0, options.grant.expiresAtMs - Date.now())),
    );
    this.#transport.on('icestatechange', (state) => this.#onIceState(state));
    this.#transport.on('dtlsstatechange', (state) => {
      if (state === 'closed' || state === 'failed') this.end();
    });
    this.#transport.observer.once('close', () => this.end());
  }

  /** Of the ICE session; changes with an ICE restart. */
  get etag(): string {
    return this.#etag;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Trickled candidates need no answer: this side is ICE-lite and learns the client's addresses from its checks. New
   * credentials restart ICE.
   */
  async patch(request: HttpRequest): Promise<HttpAnswer> {
    if (contentType(request) !== SDP_FRAGMENT) {
      const error = new LokiError('BAD_MESSAGE', `A PATCH carries ${SDP_FRAGMENT}.`);
      return problem(error, { 'accept-patch': SDP_FRAGMENT }, 415);
    }
    const usernameFragment = /^a=ice-ufrag:(\S+)\s*$/m.exec(request.body)?.[1];
    const password = /^a=ice-pwd:(\S+)\s*$/m.exec(request.body)?.[1];
    if (!usernameFragment || !password) {
      return problem(new LokiError('BAD_MESSAGE', 'The fragment has no ICE user fragment and password.'));
    }
    const ifMatch = header(request, 'if-match');
    if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== this.#etag) {
      return problem(new LokiError('BAD_MESSAGE', 'If-Match names another ICE session.'), {}, 412);
    }
    const isRestart = usernameFragment !== this.#ice.usernameFragment || password !== this.#ice.password;
    // Players of WHEP trickle without If-Match, and nothing depends on it; a restart has to be meant.
    if (!isRestart) return answer(204);
    if (ifMatch !== '*') {
      return problem(new LokiError('BAD_MESSAGE', 'An ICE restart needs If-Match: *.'), {}, 428);
    }
    const iceParameters = await this.#transport.restartIce();
    this.#ice = { usernameFragment, password };
    this.#etag = newEtag();
    const lines = [
      'a=ice-lite',
      `a=ice-ufrag:${iceParameters.usernameFragment}`,
      `a=ice-pwd:${iceParameters.password}`,
      ...candidateLines(this.#usedCandidates()),
      'a=end-of-candidates',
    ];
    return answer(200, { 'content-type': SDP_FRAGMENT, etag: this.#etag }, `${lines.join('\r\n')}\r\n`);
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#expiryTimer);
    this.#transport.close();
    this.#options.onEnd();
  }

  /** A restart keeps to the path in use, where there is one: clients were met that take one candidate and no more. */
  #usedCandidates(): types.IceCandidate[] {
    const { iceCandidates, iceSelectedTuple: used } = this.#transport;
    const same = iceCandidates.filter(({ protocol }) => protocol === used?.protocol);
    return same.length > 0 ? same.slice(0, 1) : iceCandidates;
  }

  #onIceState(state: types.IceState): void {
    if (this.#ended) return;
    const connected = state === 'connected' || state === 'completed';
    if (!connected && state !== 'disconnected') return;
    clearTimeout(this.#timer);
    if (!connected) this.#timer = setTimeout(() => this.end(), this.#options.graceMs);
    this.#options.onPath?.(connected);
  }
}

function newEtag(): string {
  return `"${randomBytes(9).toString('base64url')}"`;
}
