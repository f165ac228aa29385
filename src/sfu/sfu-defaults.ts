import { availableParallelism } from 'node:os';
import { DEFAULT_LIVE_OPTIONS } from '../contract/live-options.ts';
import type { SfuOptions } from './sfu-types.ts';

/** Values for one machine that is reached on loopback; the configuration overrides them one by one. */
export const SFU_DEFAULTS: SfuOptions = {
  workers: availableParallelism(),
  workerBin: null,
  listen: [{ ip: '127.0.0.1' }],
  port: 44_400,
  rtpPorts: null,
  stunUrls: [],
  turn: null,
  maxRooms: 100,
  maxViewers: 200,
  maxConnections: 2_000,
  maxConnectionsAnAddress: 500,
  maxSilentConnections: 256,
  joinTimeoutMs: 5_000,
  graceMs: 15_000,
  heartbeatMs: 10_000,
  requestsASecond: 20,
  maxBufferedBytes: 1024 * 1024,
  maxDriverBitrateBps: 4_000_000,
  video: { codec: 'VP8', sizePx: 512, maxFps: 30, bitrateBps: 1_500_000 },
  label: DEFAULT_LIVE_OPTIONS.label,
  generator: DEFAULT_LIVE_OPTIONS.generator,
};
