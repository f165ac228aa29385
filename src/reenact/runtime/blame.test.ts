import { describe, expect, it } from 'vitest';
import { BLAME_WINDOW_MS, type DeathRecord, judge, restartDelayMs } from './blame.ts';

const NONE: ReadonlySet<string> = new Set();
const session = (sessionId: string): DeathRecord => ({ sessionId, deathsMs: [] });

describe('judge', () => {
  it('lets a session that was alone die twice, and refuses it the third time', () => {
    const alone = session('a');
    expect(judge([alone], NONE, 1000).poisonous).toEqual([]);
    expect(judge([alone], NONE, 2000).poisonous).toEqual([]);
    expect(judge([alone], NONE, 3000).poisonous).toEqual(['a']);
  });

  it('forgets deaths that are long ago', () => {
    const alone = session('a');
    for (const at of [0, 1, BLAME_WINDOW_MS + 2, 2 * BLAME_WINDOW_MS + 4])
      expect(judge([alone], NONE, at).poisonous).toEqual([]);
    expect(alone.deathsMs).toHaveLength(1);
  });

  it('blames the one that was being opened, not those that ran', () => {
    const [old, fresh] = [session('old'), session('fresh')];
    judge([old, fresh], new Set(['fresh']), 0);
    judge([old, fresh], new Set(['fresh']), 1);
    expect(judge([old, fresh], new Set(['fresh']), 2).poisonous).toEqual(['fresh']);
  });

  it('blames nobody in company, and parts them the second time', () => {
    const both = [session('a'), session('b')];
    expect(judge(both, NONE, 0)).toEqual({ poisonous: [], isolate: false });
    expect(judge(both, NONE, 1)).toEqual({ poisonous: [], isolate: true });
    // Parted, the poisonous one dies alone and is found; the other lives on.
    expect(judge([both[1]], NONE, 2)).toEqual({ poisonous: ['b'], isolate: false });
    expect(both[0].deathsMs).toHaveLength(2);
  });

  it('does not blame several that were being opened at once', () => {
    const both = [session('a'), session('b')];
    for (const at of [0, 1, 2]) expect(judge(both, new Set(['a', 'b']), at).poisonous).toEqual([]);
  });
});

describe('restartDelayMs', () => {
  it('restarts at once at first, then waits twice as long each time, within a bound', () => {
    expect([1, 2, 3, 4, 5, 6].map(restartDelayMs)).toEqual([0, 0, 250, 500, 1000, 2000]);
    expect(restartDelayMs(50)).toBe(8000);
  });
});
