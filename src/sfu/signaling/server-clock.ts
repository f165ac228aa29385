const EXCHANGES = 8;
const BURST_PAUSE_MS = 60;
const PAUSE_MS = 5_000;

interface Exchange {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

/** The server's clock, from the exchange with the least round trip of the last eight: a burst first, then now and then. */
export class ServerClock {
  readonly #now: () => number;
  readonly #ask: (sentMs: number) => Promise<{ readonly serverMs: number }>;
  readonly #exchanges: Exchange[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #running = false;

  /** @param ask sends this machine's time, and gives the server's */
  constructor(now: () => number, ask: (sentMs: number) => Promise<{ readonly serverMs: number }>) {
    this.#now = now;
    this.#ask = ask;
  }

  /** Server's clock minus this one; null before the first exchange. */
  get offsetMs(): number | null {
    return this.#best()?.offsetMs ?? null;
  }

  get roundTripMs(): number | null {
    return this.#best()?.roundTripMs ?? null;
  }

  start(): void {
    this.#running = true;
    this.#exchange();
  }

  /** What is known stays: a new connection reaches the same server. */
  stop(): void {
    this.#running = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #exchange(): void {
    const sentMs = this.#now();
    this.#ask(sentMs)
      .then(({ serverMs }) => {
        const receivedMs = this.#now();
        this.#exchanges.push({
          roundTripMs: receivedMs - sentMs,
          offsetMs: serverMs - (sentMs + receivedMs) / 2,
        });
        if (this.#exchanges.length > EXCHANGES) this.#exchanges.shift();
      })
      .catch(() => {})
      .finally(() => {
        if (!this.#running) return;
        const few = this.#exchanges.length < EXCHANGES;
        this.#timer = setTimeout(() => this.#exchange(), few ? BURST_PAUSE_MS : PAUSE_MS);
      });
  }

  #best(): Exchange | null {
    return this.#exchanges.reduce<Exchange | null>(
      (best, exchange) => (best === null || exchange.roundTripMs < best.roundTripMs ? exchange : best),
      null,
    );
  }
}
