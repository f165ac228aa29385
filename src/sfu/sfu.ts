import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '../errors.ts';
import { MediaEndpoint } from './http/media-endpoint.ts';
import { openWhep } from './http/whep.ts';
import { openWhip } from './http/whip.ts';
import type { Room } from './room.ts';
import { RoomStore } from './rooms.ts';
import { SessionHub } from './session-hub.ts';
import type { Sfu, SfuDependencies, SfuOptions } from './sfu-types.ts';
import { SignalingServer } from './signaling/server.ts';
import { WorkerPool } from './workers.ts';

export { SFU_DEFAULTS } from './sfu-defaults.ts';
export type * from './sfu-types.ts';

const DRAIN_POLL_MS = 100;

/**
 * Starts the mediasoup workers and serves rooms on them. Nothing here looks into a packet: media go from driver to
 * reenactment worker and from there to viewers through mediasoup's own processes.
 *
 * @throws LokiError MODEL_MISSING where mediasoup's worker binary is not in place, CONFIG_INVALID where a port or
 * address can't be had
 */
export async function createSfu(options: SfuOptions, dependencies: SfuDependencies): Promise<Sfu> {
  const log = dependencies.log.child({ part: 'sfu' });
  const pool = await WorkerPool.create(options, log);
  const hub = new SessionHub(dependencies.reenactment);
  const rooms = new RoomStore({ options, avatars: dependencies.avatars, pool, hub, log });
  const signaling = new SignalingServer(options, { ...dependencies, log }, rooms);
  const endpoint = {
    rooms,
    verifyToken: dependencies.verifyToken,
    sfu: options,
    log,
    countRefusal: (code: ErrorCode) => signaling.countRefusal(code),
  };
  const whip: MediaEndpoint = new MediaEndpoint({
    ...endpoint,
    path: 'whip',
    roles: ['driver'],
    open: (room, offer, grant) =>
      openWhip(room, offer, grant, options.graceMs, (resource) => whip.forget(resource)),
  });
  const whep: MediaEndpoint = new MediaEndpoint({
    ...endpoint,
    path: 'whep',
    roles: ['viewer', 'driver', 'admin'],
    open: (room, offer, grant) =>
      openWhep(room, offer, grant, options.graceMs, (resource) => whep.forget(resource)),
  });
  let closing: Promise<void> | null = null;

  const close = async () => {
    signaling.close();
    whip.close();
    whep.close();
    await Promise.all(rooms.list().map((room: Room) => room.close()));
    pool.close();
  };

  return {
    rooms,
    handleUpgrade: (request, socket, head) => signaling.handleUpgrade(request, socket, head),
    whip: (request) => whip.handle(request),
    whep: (request) => whep.handle(request),
    async snapshot() {
      return {
        connections: signaling.connections,
        rooms: rooms.list().map((room) => room.snapshot()),
        workers: await pool.snapshot(),
        workerRestarts: pool.restarts,
        refusals: signaling.refusals,
        closes: signaling.closes,
      };
    },
    async drain(ms) {
      signaling.drain();
      whip.drain();
      whep.drain();
      const members = () => signaling.peers + whip.size + whep.size;
      const deadlineMs = Date.now() + ms;
      while (members() > 0 && Date.now() < deadlineMs) await sleep(DRAIN_POLL_MS);
    },
    close: () => (closing ??= close()),
  };
}
