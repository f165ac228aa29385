import { Counter, Gauge, Registry } from 'prom-client';
import { LIVE_STAGES, type SessionStats } from '../contract/live-session.ts';
import type { SupervisedReenactment } from '../reenact/runtime/supervisor.ts';
import type { RoomSnapshot, Sfu, SfuSnapshot } from '../sfu/sfu.ts';
import { processResident } from './process-resident.ts';

export interface Metrics {
  readonly contentType: string;
  /** Prometheus text format, as of now. */
  render(): Promise<string>;
}

/**
 * The server's figures, named in docs/running.md. They are read when Prometheus asks, but for the drops, which the
 * sessions take with them when they end and which are therefore summed up as they are reported.
 */
export function createMetrics(sfu: Sfu, reenactment: SupervisedReenactment): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge<L>({ name: `loki_${name}`, help, labelNames, registers });
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Counter<L>({ name: `loki_${name}`, help, labelNames, registers });

  const sessions = gauge('sessions', 'Sessions that are open.');
  const viewers = gauge('viewers', 'Viewers, WHEP players included.');
  const rooms = gauge('rooms', 'Rooms.');
  const connections = gauge('signalling_connections', 'Open signalling connections.');
  const stages = gauge('stage_latency_ms', 'Latency of a stage, of the slowest session, last seconds.', [
    'stage',
    'quantile',
  ]);
  const captureToSend = gauge(
    'capture_to_send_ms',
    'From the driver’s camera to the packet leaving the worker, slowest session.',
    ['quantile'],
  );
  const captureToScreen = gauge(
    'capture_to_screen_ms',
    'From the driver’s camera to viewers’ screens as they report it, slowest room.',
    ['quantile'],
  );
  const fps = gauge('fps', 'Frames a second of the slowest live session.', ['direction']);
  const generators = gauge('generator_info', 'Sessions by what draws them now.', [
    'generator',
    'provider',
    'precision',
    'steps',
  ]);
  const utilisation = gauge(
    'utilisation_ratio',
    'Use of all cores, and what one session more would make of it.',
    ['when'],
  );
  const rss = gauge('process_rss_bytes', 'Memory in use.', ['process']);
  const drops = counter('dropped_frames_total', 'Frames that a full queue dropped.', ['queue']);
  const restarts = counter('worker_restarts_total', 'Processes that were replaced.', ['kind']);
  const admissions = counter('admission_refusals_total', 'Sessions that were refused for want of power.');
  const refusals = counter('refusals_total', 'Requests and connections that the SFU refused.', ['code']);
  const cpu = counter('process_cpu_seconds_total', 'User and system time.', ['process']);

  const dropsSeen = new Map<string, Readonly<Record<string, number>>>();
  reenactment.on('stats', ({ sessionId, drops: now }: SessionStats) => {
    const before = dropsSeen.get(sessionId) ?? {};
    for (const [queue, count] of Object.entries(now)) {
      // A restarted worker counts from 0 again.
      const since = count - (before[queue] ?? 0);
      drops.inc({ queue }, since >= 0 ? since : count);
    }
    dropsSeen.set(sessionId, now);
  });

  async function read(): Promise<void> {
    const media = await sfu.snapshot();
    const reenact = reenactment.snapshot();
    for (const metric of [
      restarts,
      admissions,
      refusals,
      cpu,
      rss,
      stages,
      captureToSend,
      captureToScreen,
      generators,
    ]) {
      metric.reset();
    }
    const stats = media.rooms.map((room) => room.stats).filter((stat) => stat !== null);
    const open = new Set(stats.map(({ sessionId }) => sessionId));
    for (const sessionId of dropsSeen.keys()) if (!open.has(sessionId)) dropsSeen.delete(sessionId);

    sessions.set(reenact.sessions);
    viewers.set(media.rooms.reduce((sum, room) => sum + room.viewers, 0));
    rooms.set(media.rooms.length);
    connections.set(media.connections);
    for (const stage of LIVE_STAGES) {
      const worst = slowest(stats.map(({ latencyMs }) => latencyMs[stage]));
      if (worst !== null) setQuantiles((quantile, value) => stages.set({ stage, quantile }, value), worst);
    }
    const sent = slowest(stats.map((stat) => stat.captureToSendMs));
    if (sent !== null) setQuantiles((quantile, value) => captureToSend.set({ quantile }, value), sent);
    const seen = slowest(media.rooms.map((room: RoomSnapshot) => room.captureToScreenMs));
    if (seen !== null) setQuantiles((quantile, value) => captureToScreen.set({ quantile }, value), seen);
    for (const { generator, inference } of stats) {
      const { provider, precision, steps } = inference ?? { provider: null, precision: '', steps: 0 };
      const drawing = steps > 0;
      generators.inc({
        generator,
        provider: drawing ? (provider ?? '') : '',
        precision: drawing ? precision : '',
        steps: String(steps),
      });
    }
    const live = stats.filter(({ state }) => state === 'live');
    fps.set({ direction: 'in' }, Math.min(...live.map(({ fpsIn }) => fpsIn), live.length === 0 ? 0 : 1000));
    fps.set(
      { direction: 'out' },
      Math.min(...live.map(({ fpsOut }) => fpsOut), live.length === 0 ? 0 : 1000),
    );
    utilisation.set({ when: 'now' }, reenact.utilisation);
    utilisation.set({ when: 'with_one_more' }, reenact.predictedUtilisation);
    restarts.inc({ kind: 'reenactment-crash' }, reenact.restarts.crash);
    restarts.inc({ kind: 'reenactment-hang' }, reenact.restarts.hang);
    restarts.inc({ kind: 'sfu' }, media.workerRestarts);
    admissions.inc(reenact.refusals);
    for (const [code, count] of Object.entries(media.refusals)) refusals.inc({ code }, count);
    await readProcesses(media);
    for (const { name, rssBytes, cpuSeconds } of reenact.processes) {
      rss.set({ process: name }, rssBytes);
      cpu.inc({ process: name }, cpuSeconds);
    }
  }

  async function readProcesses({ workers }: SfuSnapshot): Promise<void> {
    const { user, system } = process.cpuUsage();
    rss.set({ process: 'gateway' }, process.memoryUsage.rss());
    cpu.inc({ process: 'gateway' }, (user + system) / 1e6);
    for (const [index, worker] of workers.entries()) {
      const name = `sfu-${index + 1}`;
      rss.set({ process: name }, (await processResident(worker.pid)) ?? worker.maxRssBytes);
      cpu.inc({ process: name }, worker.cpuSeconds);
    }
  }

  return {
    contentType: registry.contentType,
    render: async () => {
      await read();
      return registry.metrics();
    },
  };
}

interface Pair {
  readonly p50: number;
  readonly p95: number;
}

function slowest(all: readonly (Pair | null)[]): Pair | null {
  return all.reduce((worst, pair) => (pair !== null && pair.p95 > (worst?.p95 ?? -1) ? pair : worst), null);
}

function setQuantiles(set: (quantile: string, value: number) => void, { p50, p95 }: Pair): void {
  set('0.5', p50);
  set('0.95', p95);
}
