import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { latestWins } from './latest-wins.ts';

describe('latestWins', () => {
  it('lets in as many as there is room for, then keeps the newest and drops the rest', () => {
    const source = new Subject<number>();
    const dropped: number[] = [];
    const seen: number[] = [];
    const gate = latestWins<number>(
      () => 2,
      (value) => dropped.push(value),
    );
    source.pipe(gate.admit).subscribe((value) => seen.push(value));
    for (const value of [1, 2, 3, 4, 5]) source.next(value);
    expect(seen).toEqual([1, 2]);
    expect(dropped).toEqual([3, 4]);
    gate.release();
    expect(seen).toEqual([1, 2, 5]);
    gate.release();
    gate.release();
    for (const value of [6, 7, 8]) source.next(value);
    expect(seen).toEqual([1, 2, 5, 6, 7]);
    expect(dropped).toEqual([3, 4]);
  });

  it('is transparent to a pipeline that keeps up', () => {
    const source = new Subject<number>();
    const dropped: number[] = [];
    const seen: number[] = [];
    const gate = latestWins<number>(
      () => 1,
      (value) => dropped.push(value),
    );
    source.pipe(gate.admit).subscribe((value) => {
      seen.push(value);
      gate.release();
    });
    for (let i = 0; i < 100; i++) source.next(i);
    expect(seen.length).toBe(100);
    expect(dropped).toEqual([]);
  });

  it('keeps the order while there is room for more or fewer than before', () => {
    const source = new Subject<number>();
    const dropped: number[] = [];
    const seen: number[] = [];
    let room = 1;
    const gate = latestWins<number>(
      () => room,
      (value) => dropped.push(value),
    );
    source.pipe(gate.admit).subscribe((value) => seen.push(value));
    source.next(1);
    source.next(2);
    room = 2;
    source.next(3);
    expect([seen, dropped]).toEqual([[1, 3], [2]]);
    source.next(4);
    room = 1;
    gate.release();
    expect(seen).toEqual([1, 3]);
    gate.release();
    expect(seen).toEqual([1, 3, 4]);
  });

  it('passes completion and errors on', () => {
    const ended: string[] = [];
    const source = new Subject<number>();
    source
      .pipe(
        latestWins<number>(
          () => 1,
          () => {},
        ).admit,
      )
      .subscribe({ complete: () => ended.push('complete') });
    source.complete();
    const broken = new Subject<number>();
    broken
      .pipe(
        latestWins<number>(
          () => 1,
          () => {},
        ).admit,
      )
      .subscribe({ error: () => ended.push('error') });
    broken.error(new Error('torn'));
    expect(ended).toEqual(['complete', 'error']);
  });
});
