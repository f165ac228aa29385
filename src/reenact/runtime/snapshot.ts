import type { Doorkeeper } from './doorkeeper.ts';
import type { ProcessSnapshot, ReenactmentSnapshot } from './runtime-types.ts';
import type { SessionSlot } from './session-record.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface SnapshotSource {
  readonly slots: readonly SessionSlot[];
  readonly spare: WorkerProcess | null;
  readonly sessions: number;
  readonly restarts: ReenactmentSnapshot['restarts'];
  readonly droppedMessages: ReenactmentSnapshot['droppedMessages'];
  readonly doorkeeper: Doorkeeper;
}

export function takeSnapshot(source: SnapshotSource): ReenactmentSnapshot {
  const { slots, spare, sessions, restarts, droppedMessages, doorkeeper } = source;
  const named: [string, WorkerProcess, number][] = [];
  for (const { name, process, sessions } of slots)
    if (process !== null) named.push([name, process, sessions.size]);
  if (spare !== null) named.push(['reenactment-spare', spare, 0]);
  return {
    processes: named.map(([name, process, count]) => processSnapshot(name, process, count)),
    sessions,
    utilisation: doorkeeper.utilisation,
    predictedUtilisation: doorkeeper.predict(sessions, Math.min(...slots.map((slot) => slot.sessions.size))),
    restarts,
    refusals: doorkeeper.refusals,
    droppedMessages,
  };
}

function processSnapshot(name: string, { pid, usage }: WorkerProcess, sessions: number): ProcessSnapshot {
  return { name, pid, rssBytes: usage.rssBytes, cpuSeconds: usage.cpuSeconds, sessions };
}
