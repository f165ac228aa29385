import { CLOSE_CODES, PROTOCOL_VERSION } from './constants.ts';
import type { Answers, Notification, RequestData, RequestType, ServerMessage } from './messages.ts';
import { ServerClock } from './server-clock.ts';

/** The part of a WebSocket that is needed: the browser's own and that of `ws` both have it. */
export interface SocketLike {
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export interface SignalingClientOptions {
  /** Opens a socket to `/signal`; called again for every new attempt. */
  readonly connect: () => SocketLike;
  readonly token: string;
  /** Secret of an earlier `join` (kept over a reload of the page), if there is one. */
  readonly resume?: string;
  /** A request without an answer fails after this. */
  readonly requestTimeoutMs?: number;
  /** First pause before a new attempt; doubles up to `maxBackoffMs`, less up to half by chance. */
  readonly backoffMs?: number;
  readonly maxBackoffMs?: number;
  /** Milliseconds since the Unix epoch, with fractions where the platform has them. */
  readonly now?: () => number;
}

/** `ended` is final. In `lost` the client tries again by itself. */
export type SignalingState = 'idle' | 'connecting' | 'joined' | 'lost' | 'ended';

type NotificationData<T extends Notification['type']> = Extract<Notification, { type: T }>['data'];

export interface SignalingEvents {
  readonly state: SignalingState;
  /** After every `join`: look at `resumed` and `mediaEpoch` to see whether transports of before still stand. */
  readonly joined: Answers['join'];
  /** Nothing more will come; `retry` says whether it makes sense to build a new client later. */
  readonly ended: SignalingError;
}

/** `code` is the server's, or CONNECTION_LOST, TIMEOUT, CLOSED of the client itself. */
export class SignalingError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SignalingError';
    this.code = code;
  }
}

interface Pending {
  resolve(data: never): void;
  reject(error: SignalingError): void;
  timer: ReturnType<typeof setTimeout>;
}

type Listener = (data: never) => void;

/**
 * Speaks docs/protocol.md: joins, matches answers to requests, hands out notifications, keeps the server's clock, and
 * after a lost connection joins again with the resume secret. Runs in a browser and in Node.
 */
export class SignalingClient {
  #options: Required<Omit<SignalingClientOptions, 'resume'>>;
  #state: SignalingState = 'idle';
  #socket: SocketLike | null = null;
  #nextId = 1;
  #pending = new Map<number, Pending>();
  #listeners = new Map<string, Set<Listener>>();
  #resume: string | null;
  #attempts = 0;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #clock: ServerClock;
  /** Why the server said that it will close. */
  #goodbye: SignalingError | null = null;
  #joinWaiters: { resolve(joined: Answers['join']): void; reject(error: SignalingError): void }[] = [];

  constructor(options: SignalingClientOptions) {
    this.#options = {
      requestTimeoutMs: 15_000,
      backoffMs: 250,
      maxBackoffMs: 5_000,
      now: () => performance.timeOrigin + performance.now(),
      ...options,
    };
    this.#resume = options.resume ?? null;
    this.#clock = new ServerClock(this.#options.now, (sentMs) => this.#send('clock', { sentMs }));
  }

  get state(): SignalingState {
    return this.#state;
  }

  /** Server's clock minus this one; null before the first exchange. */
  get clockOffsetMs(): number | null {
    return this.#clock.offsetMs;
  }

  get roundTripMs(): number | null {
    return this.#clock.roundTripMs;
  }

  /** Now, on the server's clock; this machine's own until the first exchange. */
  serverNowMs(): number {
    return this.#options.now() + (this.clockOffsetMs ?? 0);
  }

  /** Resolves with the first `join`; a server that can't be reached is tried again. @throws SignalingError if refused */
  start(): Promise<Answers['join']> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'idle') {
        reject(new SignalingError('CLOSED', 'This client was started before.'));
        return;
      }
      this.#joinWaiters.push({ resolve, reject });
      this.#open();
    });
  }

  /** @returns the function that takes the listener away */
  on<T extends Notification['type']>(event: T, listener: (data: NotificationData<T>) => void): () => void;
  on<T extends keyof SignalingEvents>(event: T, listener: (data: SignalingEvents[T]) => void): () => void;
  on(event: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(event, listeners);
    return () => listeners.delete(listener);
  }

  /** @throws SignalingError with the server's code; CONNECTION_LOST at once while there is no joined connection */
  request<T extends RequestType>(type: T, data: RequestData<T>): Promise<Answers[T]> {
    if (this.#state !== 'joined') {
      return Promise.reject(new SignalingError('CONNECTION_LOST', 'There is no connection to the server.'));
    }
    return this.#send(type, data);
  }

  /** Leaves for good. Idempotent. */
  close(): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'joined') {
      this.#send('leave', {}).catch(() => {});
    }
    this.#end(new SignalingError('CLOSED', 'The client was closed.'));
  }

  #open(): void {
    this.#setState(this.#attempts === 0 ? 'connecting' : 'lost');
    let socket: SocketLike;
    try {
      socket = this.#options.connect();
    } catch {
      this.#lost(null, { code: 1006 });
      return;
    }
    this.#socket = socket;
    socket.onopen = () => this.#join(socket);
    socket.onmessage = (event: { data: unknown }) => this.#receive(String(event.data));
    socket.onclose = (event: { code: number }) => this.#lost(socket, event);
    // What follows an error is always a close.
    socket.onerror = () => {};
  }

  #join(socket: SocketLike): void {
    this.#send('join', {
      version: PROTOCOL_VERSION,
      token: this.#options.token,
      ...(this.#resume !== null && { resume: this.#resume }),
    }).then(
      (joined) => {
        if (this.#socket !== socket) return;
        this.#attempts = 0;
        this.#resume = joined.resume;
        this.#setState('joined');
        for (const waiter of this.#joinWaiters.splice(0)) waiter.resolve(joined);
        this.#emit('joined', joined);
        this.#clock.start();
      },
      (error: SignalingError) => {
        // The server closes after a refusal, with the code that says whether to try again.
        this.#goodbye ??= error;
        if (error.code === 'TIMEOUT') socket.close();
      },
    );
  }

  #send<T extends RequestType>(type: T, data: RequestData<T>): Promise<Answers[T]> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new SignalingError('TIMEOUT', `The server did not answer ${type} in time.`));
      }, this.#options.requestTimeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      this.#socket?.send(JSON.stringify({ id, type, data }));
    });
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as ServerMessage;
    if ('type' in message) {
      if (message.type === 'goodbye') {
        this.#goodbye = new SignalingError(message.data.code, message.data.message);
      }
      this.#emit(message.type, message.data);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.ok) pending.resolve(message.data as never);
    else pending.reject(new SignalingError(message.error.code, message.error.message));
  }

  #lost(socket: SocketLike | null, event: { code: number }): void {
    if (socket !== this.#socket || this.#state === 'ended') return;
    this.#socket = null;
    // The clock's exchanges stay: a new connection reaches the same server.
    this.#clock.stop();
    this.#rejectPending(new SignalingError('CONNECTION_LOST', 'The connection to the server was lost.'));
    const known = Object.values(CLOSE_CODES).find(({ code }) => code === event.code);
    if (known && !known.retry) {
      this.#end(this.#goodbye ?? new SignalingError('CLOSED', `The server closed with code ${event.code}.`));
      return;
    }
    this.#goodbye = null;
    const fullMs = Math.min(this.#options.maxBackoffMs, this.#options.backoffMs * 2 ** this.#attempts);
    this.#attempts++;
    this.#setState('lost');
    this.#retryTimer = setTimeout(() => this.#open(), fullMs * (1 - Math.random() / 2));
  }

  #end(error: SignalingError): void {
    this.#setState('ended');
    if (this.#retryTimer) clearTimeout(this.#retryTimer);
    this.#clock.stop();
    this.#rejectPending(error);
    for (const waiter of this.#joinWaiters.splice(0)) waiter.reject(error);
    this.#socket?.close(1000);
    this.#socket = null;
    this.#emit('ended', error);
  }

  #rejectPending(error: SignalingError): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
  }

  #setState(state: SignalingState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#emit('state', state);
  }

  #emit(event: string, data: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(data as never);
  }
}
