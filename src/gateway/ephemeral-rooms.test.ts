import { describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { EphemeralRooms } from './ephemeral-rooms.ts';
import { BookSfu } from './gateway-fixture.ts';

const log = createLogger({ logLevel: 'silent' });
const IDLE_MS = 1000;

function open() {
  const sfu = new BookSfu();
  const rooms = new EphemeralRooms({ rooms: sfu.rooms, firstAvatarId: () => 'amara', idleMs: IDLE_MS, log });
  return { sfu, rooms };
}

describe('rooms that the studio makes', () => {
  it('are closed once nobody has been in them for long enough', async () => {
    const { sfu, rooms } = open();
    await rooms.ensure('a', 'Studio');
    await rooms.sweep(performance.now() + IDLE_MS - 100);
    expect(sfu.books.has('a')).toBe(true);
    await rooms.sweep(performance.now() + IDLE_MS + 1);
    expect(sfu.books.has('a')).toBe(false);
    rooms.close();
  });

  it('stay while there is a viewer or a driver, and for a while after', async () => {
    const { sfu, rooms } = open();
    await rooms.ensure('a', 'Studio');
    const nowMs = performance.now();
    const { state } = sfu.books.get('a')!;
    state.viewers = 1;
    await rooms.sweep(nowMs + 10 * IDLE_MS);
    state.viewers = 0;
    state.driver = { peerId: 'p', via: 'signal', connected: true };
    await rooms.sweep(nowMs + 20 * IDLE_MS);
    state.driver = null;
    await rooms.sweep(nowMs + 20.5 * IDLE_MS);
    expect(sfu.books.has('a')).toBe(true);
    await rooms.sweep(nowMs + 21 * IDLE_MS);
    expect(sfu.books.has('a')).toBe(false);
    rooms.close();
  });

  it('do not include rooms that others made', async () => {
    const { sfu, rooms } = open();
    await sfu.rooms.create({ roomId: 'kept', avatarId: 'amara' });
    await rooms.ensure('kept', 'Studio');
    await rooms.sweep(performance.now() + 10 * IDLE_MS);
    expect(sfu.books.has('kept')).toBe(true);
    rooms.close();
  });

  it('are made no more once the server stops', async () => {
    const { rooms } = open();
    rooms.close();
    await expect(rooms.ensure('a', 'Studio')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
