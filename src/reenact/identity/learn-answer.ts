import { setImmediate } from 'node:timers/promises';
import { landmarksOf } from '../fit/landmark-groups.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { VideoFrame } from '../frame.ts';
import type { Generator } from '../generator.ts';
import type { FaceTracker, TrackedFace } from '../track/types.ts';
import { AnswerReadings } from './answer-readings.ts';
import { openingShares } from './opening-shares.ts';
import type { PictureAnswer } from './picture-answer.ts';
import { PLAIN_PROBES, probeFace } from './probe-faces.ts';
import type { ReferenceIdentity } from './reference.ts';
import { variedProbes } from './varied-probes.ts';

/** Which faces are drawn then changes the gain of a nod by 0.015 (standard deviation); with 40 by 0.02. */
const VARIED = 80;
const STAMP = { sequence: 0, ptsMs: 0, captureTimeMs: 0 };

/**
 * Draws the avatar turned, with its mouth open and with expressions, looks at it as a viewer's tracker would, and
 * learns how it answers. Some 120 stills; one is drawn and another read while the tracker looks at a third.
 *
 * @param tracker is reset: give it no stream to follow meanwhile
 * @returns an answer that turns nothing where the tracker finds no face in most of the pictures
 */
export async function learnAnswer(
  rig: LandmarkRig,
  tracker: FaceTracker,
  generator: Generator,
  reference: ReferenceIdentity,
): Promise<PictureAnswer> {
  const units = rig.model.expressionUnits;
  const effects = {
    browHeights: browHeightsOf(rig, reference.calibration.interocularM),
    shares: openingShares(rig.model, rig.embedding),
  };
  const readings = new AnswerReadings(rig, reference, effects.browHeights);
  const stills = [...PLAIN_PROBES, ...variedProbes(units, VARIED)].map((probe) => ({
    probe,
    told: probeFace(units, reference.coefficients, probe, effects),
  }));
  tracker.reset();
  let before: (typeof stills)[number] | null = null;
  let looking: Promise<TrackedFace | null> | null = null;
  for (const still of stills) {
    const frame = await generator.generate({ ...STAMP, coefficients: still.told });
    const face = await looking;
    looking = lookAt(tracker, frame);
    // A failure is thrown where the face is awaited; until then it isn't an unhandled one.
    looking.catch(() => undefined);
    // Only now do the pictures reach the tracker's thread.
    await setImmediate();
    if (before !== null && face !== null) readings.add(before.probe, before.told, face);
    before = still;
  }
  const last = await looking;
  if (before !== null && last !== null) readings.add(before.probe, before.told, last);
  tracker.reset();
  return readings.answer();
}

/** The second look has its region from the first's landmarks, as in a stream. */
async function lookAt(tracker: FaceTracker, frame: VideoFrame): Promise<TrackedFace | null> {
  const [, { face }] = await Promise.all([tracker.track(frame), tracker.track(frame)]);
  return face;
}

/** `[expressionCount]` how far each unit raises the brows, inter-ocular distances. */
function browHeightsOf(rig: LandmarkRig, interocularM: number): Float64Array {
  const heights = new Float64Array(rig.expressionCount);
  const brows = landmarksOf('brows');
  for (const landmark of brows)
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
      const first = rig.unitStart[landmark];
      for (let k = first; k < rig.unitStart[landmark + 1]; k++)
        heights[rig.units[k]] +=
          rig.deltas[rig.deltaStart[term] + (k - first) * 3 + 1] / (brows.length * interocularM);
    }
  return heights;
}
