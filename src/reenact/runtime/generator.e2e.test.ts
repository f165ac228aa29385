import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionSpec, SessionStats } from '../../contract/live-session.ts';
import { copyFramePack, type PackCopy, TOY_PACK } from '../diffusion/toy-pack-fixture.ts';
import { PLAIN_OPTIONS, specOf, TestPeer } from '../live/live-fixture.ts';
import { setUpGenerator, stepLadder } from './generator-setup.ts';
import type { GeneratorOptions } from './runtime-types.ts';
import { createReenactment, type SupervisedReenactment } from './supervisor.ts';

const OPTIONS: GeneratorOptions = {
  pack: TOY_PACK,
  provider: 'cpu',
  precision: 'auto',
  threads: 1,
  steps: 2,
  default: 'geometric',
};

let stateDir: string;
let whole: PackCopy;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'loki-generator-'));
  whole = await copyFramePack();
});
afterAll(async () => {
  await whole.remove();
  await rm(stateDir, { recursive: true, force: true });
});

const start = (pack: string): Promise<SupervisedReenactment> =>
  createReenactment({
    headPath: null,
    stateDir,
    spare: false,
    workers: 1,
    maxUtilisation: 100,
    generator: { ...OPTIONS, pack },
    log: pino({ level: 'silent' }),
  });

async function until(what: string, met: () => boolean): Promise<void> {
  const beganMs = performance.now();
  while (!met()) {
    if (performance.now() - beganMs > 60_000) throw new Error(`${what}: not within a minute`);
    await sleep(50);
  }
}

describe('a live session with a model pack', () => {
  it.each([
    ['a window', 'toy', () => TOY_PACK],
    ['whole pictures', 'loki', () => whole.folder],
  ])(
    'that makes %s is drawn by it when its driver chooses so, and by the picture alone again',
    async (_, name, pack) => {
      const reenactment = await start(pack());
      const spec: SessionSpec = specOf('VP8', { sessionId: 'chosen', sizePx: 256 });
      const peer = await TestPeer.open(spec.streams);
      let stats: SessionStats | null = null;
      reenactment.on('stats', (latest) => {
        stats = latest;
      });
      const seen = (): SessionStats | null => stats;
      peer.connect(await reenactment.open(spec));
      reenactment.attach('chosen', peer.address, {});
      await until('frames', () => seen()?.generator === 'geometric');
      expect(seen()!.inference).toMatchObject({ pack: name, provider: null, steps: 0 });

      reenactment.setOptions('chosen', { ...PLAIN_OPTIONS, generator: 'diffusion' });
      await until('the networks', () => (seen()?.inference?.steps ?? 0) > 0);
      expect(seen()).toMatchObject({
        generator: name,
        inference: { provider: 'cpu', precision: 'float32', note: null },
      });
      const kept = await readdir(join(stateDir, 'prepared-avatars'));
      expect(kept.some((name) => /\.avatar-[0-9a-f]{16}$/.test(name))).toBe(true);

      reenactment.setOptions('chosen', PLAIN_OPTIONS);
      await until('geometric', () => seen()?.generator === 'geometric');
      await reenactment.close('chosen');
      await peer.close();
      await reenactment.shutdown();
    },
  );
});

describe('the pack that a server is configured with', () => {
  it('may be missing where it is the shipped one and nothing begins with it, and is asked for otherwise', async () => {
    const nowhere = { ...OPTIONS, pack: '/nowhere' };
    await expect(setUpGenerator(nowhere)).rejects.toMatchObject({ code: 'PACK_MISSING' });
    expect(await setUpGenerator(null)).toBeNull();
    expect(await setUpGenerator(OPTIONS)).toMatchObject({ packName: 'toy', ladder: [2, 1], eager: false });
  });

  it('gives the numbers of steps to choose from', () => {
    expect(stepLadder([1, 2, 4], 4)).toEqual([4, 2, 1]);
    expect(stepLadder([1, 2, 4], 1)).toEqual([1]);
    expect(stepLadder([1, 2, 4], 3)).toEqual([3, 2, 1]);
  });
});
