import { describe, expect, it } from 'vitest';
import { PictureSlots } from './picture-slots.ts';

describe('PictureSlots', () => {
  it('reuses memory that came back, and grows it only for a larger picture', async () => {
    const slots = new PictureSlots(2);
    const first = await slots.acquire(100);
    const memory = first.pixels;
    slots.release(first);
    expect((await slots.acquire(50)).pixels).toBe(memory);
    slots.release(first);
    expect((await slots.acquire(200)).pixels.byteLength).toBe(200);
  });

  it('makes callers beyond the limit wait, and serves them in order', async () => {
    const slots = new PictureSlots(2);
    const held = [await slots.acquire(1), await slots.acquire(1)];
    const served: number[] = [];
    const waiting = [1, 2, 3].map((n) =>
      slots.acquire(1).then((slot) => {
        served.push(n);
        return slot;
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(served).toEqual([]);
    slots.release(held[1]);
    const slot = await waiting[0];
    expect(served).toEqual([1]);
    slots.release(slot);
    slots.release(held[0]);
    await Promise.all(waiting);
    expect(served).toEqual([1, 2, 3]);
  });
});
