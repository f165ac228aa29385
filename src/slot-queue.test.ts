import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SlotQueue } from './slot-queue.ts';

/** A task that ends when it is told to. */
function held(log: string[], name: string) {
  let end = (_error?: Error): void => {};
  const ended = new Promise<string>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve(name) : reject(error));
  });
  const task = (slot: number): Promise<string> => {
    log.push(`${name} in ${slot}`);
    return ended;
  };
  return { task, end: (error?: Error) => end(error) };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SlotQueue', () => {
  it('runs as many at once as it has slots, each slot’s tasks one after another', async () => {
    const queue = new SlotQueue(2);
    const log: string[] = [];
    const tasks = ['a', 'b', 'c', 'd'].map((name) => held(log, name));
    const results = tasks.map(({ task }) => queue.run(task));
    await settle();
    expect(log).toEqual(['a in 0', 'b in 1']);
    tasks[0].end();
    await settle();
    expect(log).toEqual(['a in 0', 'b in 1', 'c in 0']);
    for (const { end } of tasks) end();
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('begins and gives in the order asked for, whichever is done first', async () => {
    const queue = new SlotQueue(2);
    const log: string[] = [];
    const given: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => held(log, name));
    const results = [a, b, c].map(({ task }) => queue.run(task).then((name) => given.push(name)));
    await settle();
    b.end();
    await settle();
    // The third has the first one's slot, and waits for it.
    expect([log.length, given]).toEqual([2, []]);
    a.end();
    await settle();
    expect(given).toEqual(['a', 'b']);
    c.end();
    await Promise.all(results);
    expect(given).toEqual(['a', 'b', 'c']);
  });

  it('keeps none of the results', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const queue = new SlotQueue(2);
    let gone = 0;
    const registry = new FinalizationRegistry(() => gone++);
    for (let i = 0; i < 50; i++) {
      const result = { picture: i };
      registry.register(result, i);
      await queue.run(async () => result);
    }
    for (let i = 0; i < 20 && gone < 45; i++) {
      collect();
      await settle();
    }
    expect(gone).toBeGreaterThanOrEqual(45);
  });

  it('goes on behind a task that fails', async () => {
    const queue = new SlotQueue(1);
    const log: string[] = [];
    const [a, b] = ['a', 'b'].map((name) => held(log, name));
    const [first, second] = [queue.run(a.task), queue.run(b.task)];
    const refused = expect(first).rejects.toThrow('no');
    a.end(new Error('no'));
    await refused;
    b.end();
    expect(await second).toBe('b');
  });
});
