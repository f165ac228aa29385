import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One look at a process. */
interface Look {
  readonly group: string;
  readonly parent: number;
  readonly cpuS: number;
  readonly rssBytes: number;
}

/** What the processes of one kind use together. */
export interface GroupUsage {
  readonly name: string;
  readonly rssMedianMb: number;
  readonly rssMostMb: number;
  readonly rssLastMb: number;
  readonly cpuPercent: number;
}

const INTERVAL_MS = 2000;
/** Linux counts CPU time in hundredths of a second, whatever its timer does. */
const TICKS_A_SECOND = 100;
const PAGE_BYTES = 4096;

/** Samples CPU and RSS of process trees from /proc: gateway, SFU, reenactment, browsers, and the load itself. */
export class ProcessUsage {
  readonly #roots: Readonly<Record<string, number>>;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  readonly #cpuS = new Map<string, number>();
  readonly #rss = new Map<string, number[]>();
  #last = new Map<number, Look>();
  #beganMs = performance.now();
  #endedMs = Number.NaN;

  /** @param roots pid by name; the server's children are told apart by what they run */
  constructor(roots: Readonly<Record<string, number>>) {
    this.#roots = roots;
    this.#last = looks(roots);
    this.#running = this.#run();
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    if (!this.#stopped.signal.aborted) {
      this.#stopped.abort();
      await this.#running;
      this.#look();
      this.#endedMs = performance.now();
    }
  }

  groups(): GroupUsage[] {
    const seconds =
      ((Number.isNaN(this.#endedMs) ? performance.now() : this.#endedMs) - this.#beganMs) / 1000;
    return [...this.#rss.keys()].sort().map((name) => {
      const rss = this.#rss.get(name)!;
      const sorted = [...rss].sort((a, b) => a - b);
      return {
        name,
        rssMedianMb: sorted[sorted.length >> 1] / 1e6,
        rssMostMb: sorted[sorted.length - 1] / 1e6,
        rssLastMb: rss[rss.length - 1] / 1e6,
        cpuPercent: (100 * (this.#cpuS.get(name) ?? 0)) / seconds,
      };
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      this.#look();
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #look(): void {
    const now = looks(this.#roots);
    const rss = new Map<string, number>();
    for (const [pid, look] of now) {
      const usedS = look.cpuS - (this.#last.get(pid)?.cpuS ?? 0);
      this.#cpuS.set(look.group, (this.#cpuS.get(look.group) ?? 0) + Math.max(0, usedS));
      rss.set(look.group, (rss.get(look.group) ?? 0) + look.rssBytes);
    }
    for (const [group, bytes] of rss) {
      const series = this.#rss.get(group) ?? [];
      series.push(bytes);
      this.#rss.set(group, series);
    }
    this.#last = now;
  }
}

/** CPU seconds that the living processes of a tree have used so far, by group. */
export function cpuSeconds(roots: Readonly<Record<string, number>>): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { group, cpuS } of looks(roots).values()) sums.set(group, (sums.get(group) ?? 0) + cpuS);
  return sums;
}

/** Living descendants whose command line has `text` in it, busiest first. */
export function descendants(root: number, text: string): number[] {
  return [...looks({ root })]
    .filter(([pid]) => pid !== root && read(`/proc/${pid}/cmdline`).includes(text))
    .sort(([, a], [, b]) => b.cpuS - a.cpuS)
    .map(([pid]) => pid);
}

function looks(roots: Readonly<Record<string, number>>): Map<number, Look> {
  const all = new Map<number, { parent: number; cpuS: number; rssBytes: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat === '') continue;
    // The name in brackets may hold anything; what follows it is numbers.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    all.set(Number(name), {
      parent: Number(fields[1]),
      cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND,
      rssBytes: Number(fields[21]) * PAGE_BYTES,
    });
  }
  const rootOf = new Map(Object.entries(roots).map(([name, pid]) => [pid, name]));
  const found = new Map<number, Look>();
  for (const [pid, look] of all) {
    let at = pid;
    while (!rootOf.has(at) && all.has(at)) at = all.get(at)!.parent;
    const root = rootOf.get(at);
    if (root !== undefined) found.set(pid, { ...look, group: groupOf(root, pid, at) });
  }
  return found;
}

function groupOf(root: string, pid: number, rootPid: number): string {
  if (root !== 'gateway' || pid === rootPid) return root;
  const command = read(`/proc/${pid}/cmdline`);
  if (command.includes('mediasoup-worker')) return 'sfu';
  if (command.includes('reenact/runtime/worker-main')) return 'reenactment';
  if (command.includes('play-file')) return 'file player';
  return 'gateway';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It ended between two lines.
    return '';
  }
}
