import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRoom } from './join-room-fixture.ts';
import { MEDIASOUP_WORKER, type ServerProcess, startServer } from './server-process.ts';
import { Tokens } from './tokens.ts';

interface Room {
  readonly id: string;
  readonly driverPresent: boolean;
  readonly session: string;
}

/** Without mediasoup's worker, which `npm run setup` gets, there is no server to test. */
describe.skipIf(MEDIASOUP_WORKER === null)(
  'the demonstration room of a server that bears one session',
  () => {
    let server: ServerProcess;
    let tokens: Tokens;
    beforeAll(async () => {
      server = await startServer({
        args: ['--no-https'],
        env: { LOKI_REENACTMENT_MAX_SESSIONS: '1', LOKI_ROOMS_GRACE_S: '5' },
      });
      tokens = new Tokens(readFileSync(join(server.stateDir, 'token-secret'), 'utf8').trim());
    });
    afterAll(async () => {
      await server?.stop();
    });

    const demo = async (): Promise<Room> =>
      (await (await fetch(`${server.base}/api/rooms/demo`)).json()) as Room;
    const token = async (room: string, role: 'driver' | 'viewer') =>
      (await tokens.mint({ room, role, ttlS: 600 })).token;

    it('rests until somebody watches, then the built-in driver moves its avatar', async () => {
      expect(await demo()).toMatchObject({ driverPresent: false, session: 'waiting' });
      const { answer } = await joinRoom(server.base, await token('demo', 'viewer'));
      expect(answer).toMatchObject({ ok: true });
      await expect.poll(async () => (await demo()).session, { timeout: 150_000, interval: 500 }).toBe('live');
      expect((await demo()).driverPresent).toBe(true);
    });

    it('makes way for somebody who wants to drive', async () => {
      const response = await fetch(`${server.base}/api/session`, { method: 'POST' });
      const session = (await response.json()) as { token: string };
      const { answer } = await joinRoom(server.base, session.token);
      expect(answer).toMatchObject({ ok: true });
      expect(await demo()).toMatchObject({ driverPresent: false });
    });

    it('does not make way for a second driver of the same server: that one is refused', async () => {
      const response = await fetch(`${server.base}/api/session`, { method: 'POST' });
      const session = (await response.json()) as { token: string };
      const { refusal } = await joinRoom(server.base, session.token);
      const silence = setTimeout(20_000, 'no refusal');
      expect(await Promise.race([refusal, silence])).toBe('SERVER_BUSY');
    });
  },
);
