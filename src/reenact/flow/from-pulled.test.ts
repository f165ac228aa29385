import { concatMap, firstValueFrom, map, take, tap, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fromPulled } from './from-pulled.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('fromPulled', () => {
  it('never reads further ahead than the bound, and loses nothing', async () => {
    let read = 0;
    let left = 0;
    let furthest = 0;
    async function* numbers(): AsyncGenerator<number> {
      for (let i = 0; i < 40; i++) {
        read++;
        furthest = Math.max(furthest, read - left);
        yield i;
      }
    }
    const source = fromPulled(numbers(), 3);
    const seen = await firstValueFrom(
      source.values.pipe(
        concatMap(async (n) => {
          await tick();
          return n;
        }),
        tap(() => {
          left++;
          source.release();
        }),
        toArray(),
      ),
    );
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(furthest).toBeLessThanOrEqual(4);
    expect(furthest).toBeGreaterThan(1);
  });

  it('closes the iterator when the consumer leaves early', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    }
    const source = fromPulled(endless(), 2);
    await firstValueFrom(
      source.values.pipe(
        tap(() => source.release()),
        take(5),
        toArray(),
      ),
    );
    await tick();
    expect(closed).toBe(true);
  });

  it('passes an error of the iterable on', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('torn');
    }
    const source = fromPulled(broken(), 2);
    await expect(
      firstValueFrom(
        source.values.pipe(
          map((n) => n),
          toArray(),
        ),
      ),
    ).rejects.toThrow('torn');
  });
});
