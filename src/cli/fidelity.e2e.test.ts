import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatMap, lastValueFrom, take } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVideo } from '../reenact/codec/open-video.ts';
import { missedBars } from '../reenact/evaluate/bars.ts';
import type { ReenactmentReport } from '../reenact/evaluate/report.ts';
import { fromPulled } from '../reenact/flow/from-pulled.ts';
import type { VideoFrame } from '../reenact/frame.ts';
import { defaultFaceModelPaths } from '../reenact/track/face-models.ts';
import type { AnimateJob } from './animate-job.ts';
import { avatarPath, BUILTIN_DRIVER_PATH } from './avatars.ts';
import { reenactorsOfKeptAvatars } from './avatars-once-fixture.ts';
import { defaultJob } from './default-job.ts';
import { runAnimate } from './run-animate.ts';

/** The first seconds of the built-in driver: rest, speech, blinks, brows, glances. */
const CALM_FRAMES = 150;
/** The npm package's face model, where set-up could not fetch the finer one, reads turned heads less exactly. */
const FINER_MODEL = existsSync(defaultFaceModelPaths()[0]);
/** Of head-pose-follow over the sweeps with that model, degrees (4.3 to 4.5 seen). */
const COARSER_SWEEP_P95_DEG = 7;

describe('the built-in driver on a built-in avatar', () => {
  const openReenactor = reenactorsOfKeptAvatars();
  let folder: string;
  let job: AnimateJob;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loki-fidelity-'));
    job = defaultJob(BUILTIN_DRIVER_PATH, avatarPath('priya', folder), join(folder, 'a.mp4'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('follows within the bars, sweeps of the head included', async () => {
    const report = join(folder, 'a.json');
    await runAnimate(
      { ...job, outputs: { ...job.outputs, report } },
      openReenactor,
      new AbortController().signal,
    );
    const figures = JSON.parse(await readFile(report, 'utf8')) as ReenactmentReport;
    expect(figures.frames).toBe(500);
    expect(figures.tracked).toBe(500);
    const missed = missedBars(figures);
    if (FINER_MODEL) expect(missed).toEqual([]);
    else {
      expect(missed.filter((line) => !/head pose follow, p95/.test(line))).toEqual([]);
      expect(figures.headPoseFollowDeg.p95).toBeLessThan(COARSER_SWEEP_P95_DEG);
    }
    expect(figures.gaze.correlation).toBeGreaterThan(0.8);
  });

  it('fails them when the picture is frozen, even where the head moves little', async () => {
    const source = await openVideo(BUILTIN_DRIVER_PATH);
    const reenactor = await openReenactor(job, source, new AbortController().signal);
    const { values, release } = fromPulled(source.frames(), 4);
    let frozen: VideoFrame | null = null;
    await lastValueFrom(
      reenactor.reenact(values.pipe(take(CALM_FRAMES))).pipe(
        concatMap(async (frame) => {
          frozen ??= frame.avatar;
          release();
        }),
      ),
    );
    const report = await reenactor.evaluate(repeat(frozen!, CALM_FRAMES), { fps: 0, peakRssMb: 0 });
    await reenactor.close();
    await source.close();
    const missed = missedBars(report).join('\n');
    expect(missed).toMatch(/mouth gap/);
    expect(missed).toMatch(/lid closure/);
    expect(missed).toMatch(/head pose follow/);
    expect(Math.abs(report.headPoseFollowDeg.p95 - report.headPoseFollowFrozenDeg.p95)).toBeLessThan(
      FINER_MODEL ? 3 : 4,
    );
  });
});

async function* repeat(frame: VideoFrame, count: number): AsyncIterableIterator<VideoFrame> {
  for (let sequence = 0; sequence < count; sequence++) yield { ...frame, sequence };
}
