import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LokiError } from '../../errors.ts';
import type { CalibrateOptions } from '../fit/calibrate.ts';
import { uncalibrated } from '../fit/calibrate.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { Calibration } from '../fit/types.ts';
import { loadRig } from '../session.ts';
import type { TrackedFace } from '../track/types.ts';
import { DriverLearner } from './driver-learner.ts';
import type { LearnedDriver } from './saved-calibration.ts';

let rig: LandmarkRig;
beforeAll(async () => {
  rig = await loadRig();
});

/** A face whose nose stands aside by `turn` inter-ocular distances. */
function face(turn = 0, imageHeight = 720): TrackedFace {
  const landmarks = new Float32Array(478 * 3).fill(400);
  const put = (point: number, x: number, y: number): void => landmarks.set([x, y, 0], point * 3);
  put(33, 590, 300);
  put(133, 610, 300);
  put(362, 690, 300);
  put(263, 710, 300);
  put(1, 650 + 100 * turn, 350);
  put(152, 650, 480);
  put(13, 650, 420);
  put(14, 650, 422);
  return {
    sequence: 0,
    ptsMs: 0,
    captureTimeMs: 0,
    landmarks,
    points: 478,
    confidence: 0.99,
    imageWidth: 1280,
    imageHeight,
  };
}

describe('driver learner', () => {
  const requests: { faces: readonly TrackedFace[]; options: CalibrateOptions }[] = [];
  const learned: LearnedDriver[] = [];
  const failures: LokiError[] = [];
  let answer: (faces: readonly TrackedFace[]) => Promise<Calibration>;
  let learner: DriverLearner;

  beforeEach(() => {
    vi.useFakeTimers();
    for (const list of [requests, learned, failures]) list.length = 0;
    answer = async () => uncalibrated(rig, 1280, 720);
    learner = new DriverLearner({
      calibrator: {
        calibrate: (faces, options = {}) => {
          requests.push({ faces, options });
          return answer(faces);
        },
      },
      onLearned: (driver) => learned.push(driver),
      onFailed: (error) => failures.push(error),
    });
  });
  afterEach(() => {
    learner.close();
    vi.useRealTimers();
  });

  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  it('learns from the first face at once, then from varied ones, and not for more of the same', async () => {
    learner.see(face(), 0);
    expect(learner.calibrating).toBe(true);
    await settle();
    expect(learner.calibrating).toBe(false);
    expect(requests.map(({ faces }) => faces.length)).toEqual([1]);
    for (let ms = 40; ms < 3000; ms += 40) learner.see(face(), ms);
    await settle();
    expect(requests.length).toBe(1);
    for (let ms = 3000; ms < 60_000; ms += 40) learner.see(face((ms % 4000) / 1000), ms);
    await settle();
    expect(requests.length).toBeGreaterThan(1);
    expect(requests.length).toBeLessThanOrEqual(4);
    expect(requests.at(-1)!.faces.length).toBeLessThanOrEqual(16);
    expect(learned.length).toBe(requests.length);
  });

  it('takes half a second of rest as the neutral, on request', async () => {
    const done = learner.captureNeutral();
    expect(learner.calibrating).toBe(true);
    for (let ms = 0; ms <= 520; ms += 40) learner.see(face(ms / 2000), ms);
    await settle();
    await done;
    expect(requests.at(-1)!.options.neutralFace).toBe(0);
    expect(learned.at(-1)!.explicitNeutral).toBe(true);
    // The nose of the mean of all frames.
    expect(requests.at(-1)!.faces[0].landmarks[3]).toBeCloseTo(650 + 100 * 0.13, 0);
  });

  it('says so when nobody rests before the camera, when another request comes, and at the end', async () => {
    const alone = learner.captureNeutral();
    const refused = expect(alone).rejects.toMatchObject({ code: 'NO_FACE' });
    await vi.advanceTimersByTimeAsync(3001);
    await refused;
    const first = expect(learner.captureNeutral()).rejects.toMatchObject({ code: 'CANCELLED' });
    const second = expect(learner.captureNeutral()).rejects.toMatchObject({ code: 'CANCELLED' });
    learner.close();
    await Promise.all([first, second]);
  });

  it('keeps a driver who still fits after the camera changed, and learns a stranger anew', async () => {
    const known = {
      calibration: uncalibrated(rig, 1280, 720),
      imageWidth: 1280,
      imageHeight: 720,
      explicitNeutral: false,
    };
    learner.adopt(known);
    learner.doubt();
    for (let i = 0; i < 20; i++) learner.fitted(0.006);
    learner.see(face(), 0);
    await settle();
    expect(requests.length).toBe(0);
    learner.doubt();
    for (let i = 0; i < 20; i++) learner.fitted(0.014);
    learner.see(face(), 40);
    await settle();
    expect(requests.length).toBe(1);
  });

  it('begins anew when the picture changes its aspect, and drops what was on its way', async () => {
    let resolve: (calibration: Calibration) => void = () => {};
    answer = () => new Promise((settled) => (resolve = settled));
    learner.see(face(), 0);
    learner.see(face(0, 1280), 40);
    resolve(uncalibrated(rig, 1280, 720));
    await settle();
    expect(learned).toEqual([]);
    learner.see(face(0, 1280), 80);
    resolve(uncalibrated(rig, 1280, 1280));
    await settle();
    expect(learned.map(({ imageHeight }) => imageHeight)).toEqual([1280]);
  });

  it('passes the death of the calibrator on, and tries again after anything else', async () => {
    answer = () => Promise.reject(new LokiError('SERVER_BUSY', 'later'));
    learner.see(face(), 0);
    await settle();
    learner.see(face(), 40);
    await settle();
    expect(requests.length).toBe(2);
    expect(failures).toEqual([]);
    answer = () => Promise.reject(new LokiError('WORKER_DIED', 'gone'));
    learner.see(face(), 80);
    await settle();
    expect(failures.map(({ code }) => code)).toEqual(['WORKER_DIED']);
  });
});
