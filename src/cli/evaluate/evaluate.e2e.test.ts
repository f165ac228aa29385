import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILTIN_DRIVER_PATH } from '../avatars.ts';
import { writeFirstFrame } from './evaluate-case.ts';
import { parseEvaluateArguments } from './options.ts';
import { runEvaluate } from './run-evaluate.ts';
import type { CaseResult } from './types.ts';

/** A second of speech, from rest. */
const FRAMES = 28;

describe('evaluate', () => {
  let folder: string;
  let html: string;
  let cases: CaseResult[];
  const lines: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loki-evaluate-test-'));
    const file = (name: string): string => join(folder, name);
    await mkdir(file('videos'));
    // The avatar of the self-reenactment for a portrait, so that it is made once.
    const portrait = file('videos/driver-first.png');
    await writeFirstFrame(BUILTIN_DRIVER_PATH, portrait);
    const args = ['--drivers', BUILTIN_DRIVER_PATH, '--portraits', portrait, '--self'];
    const outputs = ['--json', file('a.json'), '--html', file('a.html'), '--keep', file('videos')];
    const options = parseEvaluateArguments([...args, '--frames', String(FRAMES), '--every', '2', ...outputs]);
    await runEvaluate(options!, null, (line) => lines.push(line));
    cases = JSON.parse(await readFile(file('a.json'), 'utf8')).cases;
    html = await readFile(file('a.html'), 'utf8');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('drives every frame, looks at those that it is told to, and keeps the videos', async () => {
    expect(cases.map(({ kind }) => kind)).toEqual(['cross', 'self']);
    for (const { frames, looked, trajectories, generators } of cases) {
      expect([frames, looked]).toEqual([FRAMES, FRAMES / 2]);
      expect(trajectories.sequence).toHaveLength(FRAMES / 2);
      expect(trajectories.commanded.yaw).toHaveLength(FRAMES / 2);
      expect(Object.values(trajectories.seen)[0].expressionMm).toHaveLength(FRAMES / 2);
      expect(generators[0].report.frames).toBe(FRAMES / 2);
    }
    expect(await readdir(join(folder, 'videos'))).toEqual(
      expect.arrayContaining([
        'driver-driver-first-geometric.mp4',
        'driver-driver-first-driver.mp4',
        'driver-driver-self-geometric.mp4',
      ]),
    );
  });

  it('puts every figure above the floor of codec and tracker', () => {
    for (const { generators, floor, expressionFrozenMm } of cases) {
      const [geometric] = generators;
      expect(floor.headPoseDeg.median).toBeLessThan(geometric.headPoseDeg.median);
      expect(floor.expressionMm.median).toBeLessThan(geometric.expressionMm.median);
      expect(expressionFrozenMm.median).toBeGreaterThan(0);
      expect(geometric.headPoseDeg.median).toBeLessThan(2);
      expect(geometric.landmarksIod.median).toBeLessThan(0.06);
      expect(geometric.flicker.landmarkJitterIod.median).toBeLessThan(0.003);
    }
  });

  it('gives the clip back where the person drives their own picture, and has no truth elsewhere', () => {
    const [cross, self] = cases;
    expect(cross.generators[0].picture).toBeNull();
    const picture = self.generators[0].picture!;
    const floor = self.floor.picture!;
    for (const figure of ['psnrDb', 'facePsnrDb', 'mouthPsnrDb'] as const) {
      expect(picture[figure].mean).toBeGreaterThan(20);
      expect(picture[figure].mean).toBeLessThan(floor[figure].mean);
    }
    expect(picture.ssim.mean).toBeGreaterThan(0.8);
    expect(picture.ssim.mean).toBeLessThan(floor.ssim.mean);
  });

  it('writes a report that asks for nothing from outside', () => {
    expect(html).not.toMatch(/https?:|<script|<link|url\(/);
    expect(html.match(/src="(?!data:image\/jpeg;base64,)/)).toBeNull();
    expect(html).toContain('driver × driver-first');
    expect(html).toContain('driver, itself');
    expect(html).toContain('<svg');
  });

  it('prints the table of the report and the table of the floor', () => {
    expect(lines.some((line) => line.startsWith('driver × driver-first geometric'))).toBe(true);
    expect(lines.some((line) => line.startsWith('driver × driver-first floor'))).toBe(true);
    expect(lines.some((line) => /of 2 pairs reach every bar/.test(line))).toBe(true);
  });
});
