import type { RawData, WebSocket } from 'ws';
import type { z } from 'zod';
import { LokiError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { SerialQueue } from '../../serial-queue.ts';
import { asLokiError } from '../as-loki-error.ts';
import type { Peer, PeerConnection } from '../peer.ts';
import type { SfuOptions } from '../sfu-types.ts';
import { CLOSE_CODES, type CloseReason } from './constants.ts';
import {
  type Answers,
  type ClientRequest,
  clientRequest,
  type Notification,
  type RequestData,
} from './messages.ts';
import { isOrdered, runRequest } from './requests.ts';
import { TokenBucket } from './token-bucket.ts';

/** Malformed messages that one connection may send before it is closed. */
const MAX_MALFORMED = 10;
/** Requests over the rate that are still answered, one by one, before the connection is closed. */
const MAX_REFUSED = 200;
const MAX_PENDING = 32;
const MISSED_HEARTBEATS = 2;
/** What a preview or a statistic may wait behind: they are dropped first. */
const DROPPABLE_BEHIND_BYTES = 64 * 1024;
const CLOSE_GRACE_MS = 1_000;

export interface ConnectionHost {
  readonly options: Pick<SfuOptions, 'joinTimeoutMs' | 'requestsASecond' | 'maxBufferedBytes'>;
  readonly log: Logger;
  /** @throws LokiError why the join is refused */
  join(
    connection: SignalingConnection,
    data: RequestData<'join'>,
  ): Promise<{ peer: Peer; answer: Answers['join'] }>;
  /** The first successful `join`, or the end. */
  spoke(connection: SignalingConnection): void;
  closed(connection: SignalingConnection): void;
  countRefusal(code: LokiError['code']): void;
  countClose(reason: CloseReason): void;
}

/** One WebSocket: checks what comes in, answers in order, and never buffers without bound what goes out. */
export class SignalingConnection implements PeerConnection {
  readonly address: string;
  #socket: WebSocket;
  #host: ConnectionHost;
  #peer: Peer | null = null;
  #joining = false;
  #lastId = -1;
  #malformed = 0;
  #refused = 0;
  #pending = 0;
  #missed = 0;
  #bucket: TokenBucket;
  #queue = new SerialQueue();
  #joinTimer: ReturnType<typeof setTimeout>;
  #closing = false;

  constructor(socket: WebSocket, address: string, host: ConnectionHost) {
    this.#socket = socket;
    this.address = address;
    this.#host = host;
    this.#bucket = new TokenBucket(host.options.requestsASecond, performance.now());
    this.#joinTimer = setTimeout(() => this.close('JOIN_TIMEOUT'), host.options.joinTimeoutMs);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#missed = 0;
    });
    socket.on('ping', (data) => this.#answerPing(data));
    socket.on('error', () => {
      // Too large, no UTF-8, a broken frame: ws closes with the code that says so, and `close` follows.
    });
    socket.on('close', () => this.#onClose());
  }

  notify(notification: Notification): void {
    const droppable = notification.type === 'preview' || notification.type === 'stats';
    if (droppable && this.#socket.bufferedAmount > DROPPABLE_BEHIND_BYTES) return;
    this.#send(notification);
  }

  /** Says goodbye where there is one to say, and ends the connection with the reason's code. Idempotent. */
  close(reason: CloseReason, goodbye?: LokiError): void {
    if (this.#closing) return;
    if (goodbye) this.#send({ type: 'goodbye', data: { code: goodbye.code, message: goodbye.message } });
    // Sending may have found that the reader has stopped.
    if (this.#closing) return;
    this.#finish(reason);
  }

  /** Called at the server's pace; the connection ends when it misses two. */
  heartbeat(): void {
    if (this.#closing) return;
    if (this.#missed >= MISSED_HEARTBEATS) {
      this.#finish('HEARTBEAT_LOST');
      return;
    }
    this.#missed++;
    if (!this.#isStuck()) this.#socket.ping();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#closing) return;
    // Whoever speaks lives, even if pongs get lost behind a slow link.
    this.#missed = 0;
    const allowed = this.#bucket.take(performance.now());
    if (!allowed && ++this.#refused > MAX_REFUSED) {
      this.close('TOO_MANY_REQUESTS');
      return;
    }
    const message = isBinary ? null : parse(data);
    const id = message?.['id'];
    if (message === null || typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
      this.#malformedMessage('A message is a JSON object with a whole number as its id.');
      return;
    }
    if (!allowed) {
      this.#refuse(id, new LokiError('TOO_MANY_REQUESTS', 'Too many requests; wait a moment.'));
      return;
    }
    if (id <= this.#lastId) {
      this.#refuse(id, new LokiError('BAD_MESSAGE', 'The ids of requests grow; this one came before.'));
      return;
    }
    this.#lastId = id;
    const request = clientRequest.safeParse(message);
    if (!request.success) {
      this.#malformed++;
      this.#refuse(id, new LokiError('BAD_MESSAGE', describe(request.error)));
      if (this.#malformed > MAX_MALFORMED) this.close('BAD_MESSAGE');
      return;
    }
    this.#dispatch(request.data);
  }

  #dispatch(request: ClientRequest): void {
    const { id, type } = request;
    if (type === 'join') {
      void this.#join(id, request.data);
      return;
    }
    const peer = this.#peer;
    if (!peer) {
      this.#refuse(id, new LokiError('NOT_JOINED', 'Send `join` first, and wait for its answer.'));
      return;
    }
    if (type === 'leave') {
      this.#send({ id, ok: true, data: {} });
      this.#finish('LEFT');
      peer.leave();
      return;
    }
    if (this.#pending >= MAX_PENDING) {
      this.#refuse(id, new LokiError('TOO_MANY_REQUESTS', 'Too many requests wait for their answers.'));
      return;
    }
    this.#pending++;
    const run = async () => {
      try {
        this.#send({ id, ok: true, data: await runRequest(peer, type, request.data as never) });
      } catch (error) {
        this.#refuse(id, asLokiError(error));
      } finally {
        this.#pending--;
      }
    };
    void (isOrdered(type) ? this.#queue.run(run) : run());
  }

  async #join(id: number, data: RequestData<'join'>): Promise<void> {
    if (this.#joining) {
      this.#refuse(id, new LokiError('BAD_MESSAGE', 'A connection joins once.'));
      return;
    }
    this.#joining = true;
    try {
      const { peer, answer } = await this.#host.join(this, data);
      if (this.#closing) {
        peer.disconnected(this);
        return;
      }
      clearTimeout(this.#joinTimer);
      this.#peer = peer;
      this.#host.spoke(this);
      this.#send({ id, ok: true, data: answer });
    } catch (error) {
      const why = asLokiError(error);
      this.#refuse(id, why);
      this.close(joinCloseReason(why.code));
    }
  }

  #refuse(id: number, error: LokiError): void {
    this.#host.countRefusal(error.code);
    if (error.code === 'INTERNAL') this.#host.log.error({ err: error.cause ?? error }, 'request failed');
    this.#send({ id, ok: false, error: { code: error.code, message: error.message } });
  }

  #malformedMessage(message: string): void {
    this.#host.countRefusal('BAD_MESSAGE');
    if (++this.#malformed > MAX_MALFORMED) {
      this.close('BAD_MESSAGE');
      return;
    }
    this.#send({ type: 'warning', data: { code: 'BAD_MESSAGE', message } });
  }

  #send(message: object): void {
    if (this.#closing || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#isStuck()) {
      this.#finish('READER_STOPPED');
      return;
    }
    this.#socket.send(JSON.stringify(message));
  }

  #answerPing(data: Buffer): void {
    if (this.#closing || this.#isStuck()) return;
    if (this.#bucket.take(performance.now())) this.#socket.pong(data);
  }

  #isStuck(): boolean {
    return this.#socket.bufferedAmount > this.#host.options.maxBufferedBytes;
  }

  #finish(reason: CloseReason): void {
    this.#closing = true;
    this.#host.countClose(reason);
    this.#socket.close(CLOSE_CODES[reason].code, reason);
    // A reader that has stopped reads no close frame either.
    setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS).unref();
  }

  #onClose(): void {
    this.#closing = true;
    clearTimeout(this.#joinTimer);
    this.#peer?.disconnected(this);
    this.#host.closed(this);
  }
}

function parse(data: RawData): Record<string, unknown> | null {
  try {
    const message: unknown = JSON.parse(data.toString());
    return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  const where = issue.path.length > 0 ? ` at ${issue.path.join('.').slice(0, 80)}` : '';
  return `Not a request of this protocol${where}: ${issue.message.slice(0, 120)}.`;
}

function joinCloseReason(code: LokiError['code']): CloseReason {
  return code in CLOSE_CODES ? (code as CloseReason) : 'REFUSED';
}
