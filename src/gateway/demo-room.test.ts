import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionSpec } from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import { createLogger } from '../log.ts';
import type { SupervisedReenactment } from '../reenact/runtime/supervisor.ts';
import { type ClipPlayer, DEMO_ROOM, DemoRoom } from './demo-room.ts';
import { BookSfu } from './gateway-fixture.ts';
import { yieldToPeople } from './yield-to-people.ts';

const log = createLogger({ logLevel: 'silent' });
const ADDRESS = { ip: '127.0.0.1', port: 5000 };

class CountedPlayer implements ClipPlayer {
  stopped = false;
  end: () => void = () => {};
  readonly ended = new Promise<void>((resolve) => {
    this.end = resolve;
  });
  async stop(): Promise<void> {
    this.stopped = true;
    this.end();
  }
}

async function open(refusal: LokiError | null = null) {
  const sfu = new BookSfu();
  const players: CountedPlayer[] = [];
  const play = async () => {
    const player = new CountedPlayer();
    players.push(player);
    return player;
  };
  const streams = { video: { codec: 'VP8', payloadType: 96, ssrc: 1 }, audio: null } as const;
  const demo = await DemoRoom.open({ rooms: sfu.rooms, avatarId: 'amara', streams, play, log });
  const state = () => sfu.books.get(DEMO_ROOM)!.state;
  let attempts = 0;
  const takeDrivers = () => {
    Object.assign(sfu.books.get(DEMO_ROOM)!, {
      driveFromRtp: async () => {
        attempts++;
        if (refusal !== null) throw refusal;
        return { address: ADDRESS, close: () => {} };
      },
    });
  };
  takeDrivers();
  return { sfu, demo, players, state, takeDrivers, attempts: () => attempts };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the demonstration room', () => {
  it('plays only while somebody watches', async () => {
    const { demo, players, state } = await open();
    await vi.advanceTimersByTimeAsync(3000);
    expect(players).toHaveLength(0);
    state().viewers = 1;
    await vi.advanceTimersByTimeAsync(1000);
    expect(players.map(({ stopped }) => stopped)).toEqual([false]);
    state().viewers = 0;
    await vi.advanceTimersByTimeAsync(3000);
    expect(demo.playing).toBe(true);
    await vi.advanceTimersByTimeAsync(4000);
    expect(demo.playing).toBe(false);
    expect(players[0]?.stopped).toBe(true);
    await demo.close();
  });

  it('starts again after its player died', async () => {
    const { demo, players, state } = await open();
    state().viewers = 1;
    await vi.advanceTimersByTimeAsync(1000);
    players[0]?.end();
    await vi.advanceTimersByTimeAsync(1000);
    expect(players.map(({ stopped }) => stopped)).toEqual([true, false]);
    await demo.close();
  });

  it('makes way at once and stays away for a while', async () => {
    const { sfu, demo, players, state, takeDrivers } = await open();
    expect(await demo.makeWay()).toBe(false);
    state().viewers = 1;
    await vi.advanceTimersByTimeAsync(1000);
    const close = vi.spyOn(sfu.books.get(DEMO_ROOM)!, 'close');
    expect(await demo.makeWay()).toBe(true);
    // Who watches is told to wait, not that their link is of no more use.
    expect(close.mock.calls).toEqual([[expect.objectContaining({ code: 'SERVER_BUSY' })]]);
    expect(players[0]?.stopped).toBe(true);
    takeDrivers();
    state().viewers = 1;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(demo.playing).toBe(false);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(demo.playing).toBe(true);
    await demo.close();
  });

  it('waits while the server is busy, and starts no player', async () => {
    const { demo, players, state, attempts } = await open(new LokiError('SERVER_BUSY', 'Busy.'));
    state().viewers = 1;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(attempts()).toBe(1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(attempts()).toBe(2);
    expect(players).toHaveLength(0);
    await demo.close();
  });

  it('closes with its player and its room, twice without harm', async () => {
    const { demo, players, state, sfu } = await open();
    state().viewers = 1;
    await vi.advanceTimersByTimeAsync(1000);
    await Promise.all([demo.close(), demo.close()]);
    expect(players[0]?.stopped).toBe(true);
    expect(sfu.books.size).toBe(0);
  });
});

describe('yieldToPeople', () => {
  const spec = {} as SessionSpec;
  const reenactment = (answers: (LokiError | null)[]) =>
    ({
      ready: true,
      open: async () => {
        const answer = answers.shift();
        if (answer) throw answer;
        return ADDRESS;
      },
    }) as unknown as SupervisedReenactment;
  const busy = new LokiError('SERVER_BUSY', 'Busy.');

  it('opens a session for which the demonstration had to make way', async () => {
    const makeWay = vi.fn(async () => true);
    expect(await yieldToPeople(reenactment([busy, null]), makeWay).open(spec)).toBe(ADDRESS);
    expect(makeWay).toHaveBeenCalledTimes(1);
  });

  it('waits until what made way is gone', async () => {
    const answers = [busy, busy, busy, null];
    const opened = yieldToPeople(reenactment(answers), async () => true).open(spec);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await opened).toBe(ADDRESS);
    expect(answers).toHaveLength(0);
  });

  it('refuses where the server stays busy all the same', async () => {
    const opened = yieldToPeople(reenactment(Array(100).fill(busy)), async () => true).open(spec);
    const refused = expect(opened).rejects.toBe(busy);
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
  });

  it('refuses where nothing could be freed, and asks nobody for another reason', async () => {
    await expect(yieldToPeople(reenactment([busy]), async () => false).open(spec)).rejects.toBe(busy);
    const other = new LokiError('NO_FACE', 'None.');
    const makeWay = vi.fn(async () => true);
    await expect(yieldToPeople(reenactment([other]), makeWay).open(spec)).rejects.toBe(other);
    expect(makeWay).not.toHaveBeenCalled();
  });

  it('passes everything else on', () => {
    expect(yieldToPeople(reenactment([]), async () => true).ready).toBe(true);
  });
});
