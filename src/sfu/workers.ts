import { setTimeout as sleep } from 'node:timers/promises';
import type { types } from 'mediasoup';
import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { ROUTER_CODECS } from './codecs.ts';
import type { ListenAddress, SfuOptions, SfuWorkerSnapshot } from './sfu-types.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
const LEASE_WAIT_MS = 10_000;
/** A key frame comes as one burst. */
const SOCKET_BUFFER_BYTES = 1024 * 1024;

/** A router on one of the workers. `release` closes it; the worker's death closes it, too, and calls `onDied`. */
export interface RouterLease {
  readonly router: types.Router;
  readonly webRtcServer: types.WebRtcServer;
  /** Another router on the same worker, released with this lease. */
  sibling(codecs: types.RouterRtpCodecCapability[]): Promise<types.Router>;
  release(): void;
}

interface Slot {
  readonly index: number;
  running: { worker: types.Worker; webRtcServer: types.WebRtcServer; port: number } | null;
  readonly leases: Map<RouterLease, () => void>;
}

type PoolOptions = Pick<SfuOptions, 'workers' | 'workerBin' | 'listen' | 'port'>;

/**
 * mediasoup workers, one a core, each with all its WebRTC on one UDP and one TCP port. A worker that dies is replaced
 * on the same port, and whoever had a router on it is told to take another.
 */
export class WorkerPool {
  #options: PoolOptions;
  #log: Logger;
  #create: typeof import('mediasoup').createWorker;
  #slots: Slot[];
  #restarts = 0;
  #closed = false;
  #waiting = new Set<() => void>();

  private constructor(options: PoolOptions, log: Logger, create: typeof import('mediasoup').createWorker) {
    this.#options = options;
    this.#log = log;
    this.#create = create;
    this.#slots = Array.from({ length: options.workers }, (_, index) => ({
      index,
      running: null,
      leases: new Map(),
    }));
  }

  /** @throws LokiError MODEL_MISSING without the worker binary, CONFIG_INVALID where address or port can't be had */
  static async create(options: PoolOptions, log: Logger): Promise<WorkerPool> {
    // mediasoup reads this variable once, when it is imported: hence the late import.
    if (options.workerBin) process.env['MEDIASOUP_WORKER_BIN'] = options.workerBin;
    const { createWorker } = await import('mediasoup');
    const pool = new WorkerPool(options, log, createWorker);
    try {
      await Promise.all(pool.#slots.map((slot) => pool.#start(slot)));
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  /**
   * A new router on the worker with the fewest.
   *
   * @param onDied the worker died: the router is gone, take another
   * @throws LokiError SERVER_BUSY where no worker comes back in time, SHUTTING_DOWN after `close`
   */
  async lease(onDied: () => void): Promise<RouterLease> {
    const deadlineMs = Date.now() + LEASE_WAIT_MS;
    for (;;) {
      if (this.#closed) throw new LokiError('SHUTTING_DOWN', 'The server is being stopped.');
      const slot = this.#slots
        .filter(({ running }) => running !== null)
        .sort((a, b) => a.leases.size - b.leases.size)[0];
      const lease = slot && (await this.#leaseOn(slot, onDied));
      if (lease) return lease;
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0)
        throw new LokiError('SERVER_BUSY', 'No media worker is running; try again in a moment.');
      await this.#nextStart(Math.min(leftMs, 1_000));
    }
  }

  get restarts(): number {
    return this.#restarts;
  }

  async snapshot(): Promise<SfuWorkerSnapshot[]> {
    const snapshots = await Promise.all(
      this.#slots.map(async ({ running, leases }) => {
        if (!running) return null;
        try {
          const usage = await running.worker.getResourceUsage();
          return {
            pid: running.worker.pid,
            port: running.port,
            rooms: leases.size,
            cpuSeconds: (usage.ru_utime + usage.ru_stime) / 1000,
            // getrusage counts kibibytes on Linux.
            maxRssBytes: usage.ru_maxrss * 1024,
          };
        } catch {
          // It died between two lines.
          return null;
        }
      }),
    );
    return snapshots.filter((snapshot) => snapshot !== null);
  }

  /** Ends the workers, and with them all that is on them. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const slot of this.#slots) {
      slot.leases.clear();
      slot.running?.worker.close();
      slot.running = null;
    }
    this.#wake();
  }

  async #leaseOn(slot: Slot, onDied: () => void): Promise<RouterLease | null> {
    const { running } = slot;
    if (!running) return null;
    let router: types.Router;
    try {
      router = await running.worker.createRouter({ mediaCodecs: ROUTER_CODECS });
    } catch {
      // It died meanwhile.
      return null;
    }
    if (slot.running !== running) return null;
    const siblings = new Set<types.Router>();
    const lease: RouterLease = {
      router,
      webRtcServer: running.webRtcServer,
      async sibling(mediaCodecs) {
        const sibling = await running.worker.createRouter({ mediaCodecs });
        siblings.add(sibling);
        sibling.observer.once('close', () => siblings.delete(sibling));
        return sibling;
      },
      release() {
        slot.leases.delete(lease);
        for (const sibling of siblings) sibling.close();
        router.close();
      },
    };
    slot.leases.set(lease, onDied);
    return lease;
  }

  async #start(slot: Slot): Promise<void> {
    let worker: types.Worker;
    try {
      worker = await this.#create({ logLevel: 'error' });
    } catch (error) {
      throw new LokiError(
        'MODEL_MISSING',
        "mediasoup's worker program is not in place or does not start: run `npm run setup`.",
        { cause: error },
      );
    }
    try {
      const port = this.#options.port === 0 ? undefined : this.#options.port + slot.index;
      const webRtcServer = await createWebRtcServer(worker, this.#options.listen, port);
      const { udpSockets } = await webRtcServer.dump();
      if (this.#closed) {
        worker.close();
        return;
      }
      slot.running = { worker, webRtcServer, port: udpSockets[0].port };
    } catch (error) {
      worker.close();
      throw new LokiError(
        'CONFIG_INVALID',
        `The media port ${this.#options.port + slot.index} (UDP and TCP) can't be had on ${this.#options.listen
          .map(({ ip }) => ip)
          .join(', ')}: another program uses it, or the address is not of this machine.`,
        { cause: error },
      );
    }
    worker.on('died', () => this.#onDied(slot, worker));
    this.#wake();
  }

  #onDied(slot: Slot, worker: types.Worker): void {
    if (this.#closed || slot.running?.worker !== worker) return;
    this.#log.error({ pid: worker.pid }, 'mediasoup worker died');
    slot.running = null;
    this.#restarts++;
    const orphans = [...slot.leases.values()];
    slot.leases.clear();
    void this.#restart(slot);
    for (const onDied of orphans) onDied();
  }

  async #restart(slot: Slot): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; !this.#closed; waitMs = Math.min(LAST_RETRY_MS, waitMs * 2)) {
      try {
        await this.#start(slot);
        this.#log.info({ worker: slot.index }, 'mediasoup worker replaced');
        return;
      } catch (error) {
        this.#log.error({ err: error }, 'mediasoup worker could not be replaced yet');
        await sleep(waitMs);
      }
    }
  }

  #nextStart(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}

async function createWebRtcServer(
  worker: types.Worker,
  listen: readonly ListenAddress[],
  port: number | undefined,
): Promise<types.WebRtcServer> {
  return worker.createWebRtcServer({
    listenInfos: listen.flatMap(({ ip, announcedAddress }) =>
      (['udp', 'tcp'] as const).map((protocol) => ({
        protocol,
        ip,
        ...(announcedAddress && { announcedAddress }),
        ...(port !== undefined && { port }),
        ...(ip.includes(':') && { flags: { ipv6Only: true } }),
        ...(protocol === 'udp' && {
          sendBufferSize: SOCKET_BUFFER_BYTES,
          recvBufferSize: SOCKET_BUFFER_BYTES,
        }),
      })),
    ),
  });
}
