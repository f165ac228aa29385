/** The sending half of an IPC channel: `ChildProcess`, or `process` in a child. */
export interface IpcChannel {
  send?(
    message: unknown,
    sendHandle: undefined,
    options: undefined,
    callback: (error: Error | null) => void,
  ): boolean;
}

/**
 * Sends over an IPC channel without letting a slow or stopped receiver pile up what is outdated anyway: of messages
 * under one key one is on its way and one waits, the latest. Messages to a closed channel are lost; whoever waits for
 * an answer learns of it by the process's end.
 */
export class IpcOutbox<M extends { kind: string }> {
  readonly #channel: IpcChannel;
  readonly #waiting = new Map<string, M | null>();
  readonly #drops: Record<string, number> = {};

  constructor(channel: IpcChannel) {
    this.#channel = channel;
  }

  /** Messages that a later one replaced before it was sent, by kind. */
  get drops(): Readonly<Record<string, number>> {
    return this.#drops;
  }

  /** For what must arrive, in order. */
  send(message: M): void {
    this.#write(message, () => undefined);
  }

  /** For what only the latest counts of. */
  sendLatest(key: string, message: M): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      this.#waiting.set(key, null);
      this.#write(message, () => this.#next(key));
      return;
    }
    if (waiting !== null) this.#drops[waiting.kind] = (this.#drops[waiting.kind] ?? 0) + 1;
    this.#waiting.set(key, message);
  }

  #next(key: string): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (waiting) this.sendLatest(key, waiting);
  }

  #write(message: M, sent: () => void): void {
    // With a callback, a closed channel is reported there instead of being thrown.
    this.#channel.send?.(message, undefined, undefined, sent);
  }
}
