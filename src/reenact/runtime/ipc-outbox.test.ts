import { describe, expect, it } from 'vitest';
import { IpcOutbox } from './ipc-outbox.ts';

interface Note {
  readonly kind: string;
  readonly value: number;
}

/** A channel whose receiver takes messages only when told to. */
function channel() {
  const sent: Note[] = [];
  const callbacks: (() => void)[] = [];
  return {
    sent,
    take: () => callbacks.shift()?.(),
    send: (message: unknown, _handle: undefined, _options: undefined, callback: (e: null) => void) => {
      sent.push(message as Note);
      callbacks.push(() => callback(null));
      return true;
    },
  };
}

describe('IpcOutbox', () => {
  it('keeps one message under way and only the latest behind it, and counts what it dropped', () => {
    const slow = channel();
    const outbox = new IpcOutbox<Note>(slow);
    for (let value = 0; value < 10; value++) outbox.sendLatest('a', { kind: 'landmarks', value });
    expect(slow.sent.map(({ value }) => value)).toEqual([0]);
    slow.take();
    slow.take();
    expect(slow.sent.map(({ value }) => value)).toEqual([0, 9]);
    expect(outbox.drops).toEqual({ landmarks: 8 });
    outbox.sendLatest('a', { kind: 'landmarks', value: 10 });
    expect(slow.sent.map(({ value }) => value)).toEqual([0, 9, 10]);
  });

  it('lets one session wait without holding up another', () => {
    const slow = channel();
    const outbox = new IpcOutbox<Note>(slow);
    outbox.sendLatest('a', { kind: 'landmarks', value: 1 });
    outbox.sendLatest('b', { kind: 'landmarks', value: 2 });
    expect(slow.sent.map(({ value }) => value)).toEqual([1, 2]);
  });

  it('sends everything that must arrive, in order', () => {
    const slow = channel();
    const outbox = new IpcOutbox<Note>(slow);
    for (let value = 0; value < 5; value++) outbox.send({ kind: 'options', value });
    expect(slow.sent.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
  });
});
