import { setTimeout as sleep } from 'node:timers/promises';

/** The server's figures at one moment: every line of `/metrics`, by name with labels. */
export interface Sample {
  /** Since the sampler began. */
  readonly atMs: number;
  readonly figures: Readonly<Record<string, number>>;
}

const INTERVAL_MS = 2000;

/** Reads `/metrics` until it is stopped: CPU and RSS of every process, latencies, frame rates, restarts. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly #base: string;
  readonly #stopped = new AbortController();
  readonly #beganMs = performance.now();
  readonly #running: Promise<void>;

  constructor(base: string) {
    this.#base = base;
    this.#running = this.#run();
  }

  /** Values of one figure, oldest first. */
  series(name: string): { atMs: number; value: number }[] {
    return this.samples.flatMap(({ atMs, figures }) =>
      figures[name] === undefined ? [] : [{ atMs, value: figures[name] }],
    );
  }

  /** Names of the processes seen, by the label of their memory. */
  get processes(): string[] {
    const names = new Set<string>();
    for (const { figures } of this.samples)
      for (const name of Object.keys(figures)) {
        const [, process] = /^loki_process_rss_bytes\{process="([^"]+)"\}$/.exec(name) ?? [];
        if (process !== undefined) names.add(process);
      }
    return [...names].sort();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const text = await fetch(`${this.#base}/metrics`).then(
        (response) => response.text(),
        () => '',
      );
      this.samples.push({ atMs: performance.now() - this.#beganMs, figures: parse(text) });
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function parse(text: string): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    if (at > 0) figures[line.slice(0, at)] = Number(line.slice(at + 1));
  }
  return figures;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
