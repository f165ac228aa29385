import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';

function recorder(isTTY: boolean) {
  let text = '';
  let nowMs = 0;
  const output = {
    isTTY,
    columns: 100,
    write: (part: string) => {
      text += part;
      return true;
    },
    on: () => output,
    removeListener: () => output,
  };
  return {
    progress: createProgress(output, () => nowMs),
    tick: (ms: number) => (nowMs += ms),
    text: () => text,
  };
}

describe('progress', () => {
  it('is plain lines where there is no terminal: one every few seconds, and the last one', () => {
    const { progress, tick, text } = recorder(false);
    progress.phase('Animating');
    for (let done = 1; done <= 500; done++) {
      tick(20);
      progress.frame(done, 500);
    }
    progress.line('Done.');
    const lines = text().trimEnd().split('\n');
    expect(lines[0]).toBe('Animating ...');
    expect(lines.slice(1, -1)).toEqual([
      '150/500 frames, 50 fps, 7 s left',
      '300/500 frames, 50 fps, 4 s left',
      '450/500 frames, 50 fps, 1 s left',
      '500/500 frames, 50 fps',
    ]);
    expect(lines.at(-1)).toBe('Done.');
    expect(text()).not.toContain('\u001b');
  });

  it('says minutes where seconds would be many, and nothing it cannot know', () => {
    const { progress, tick, text } = recorder(false);
    tick(4000);
    progress.frame(1, 9001);
    for (let done = 2; done <= 5; done++) {
      tick(1000);
      progress.frame(done, 9001);
    }
    expect(text()).toMatch(/^1\/9001 frames, - fps, - left\n/);
    expect(text()).toMatch(/1\.0 fps, 149 min 5\d s left/);
  });

  it('is one bar on a terminal', () => {
    const { progress, tick, text } = recorder(true);
    progress.phase('Animating');
    for (let done = 1; done <= 50; done++) {
      tick(40);
      progress.frame(done, 50);
    }
    progress.stop();
    expect(text()).toMatch(/50\/50 frames {2}25 fps {2}0 s left/);
    expect(text()).toContain('=====');
  });
});
