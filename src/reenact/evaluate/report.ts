import { eulerFromMatrix, geodesicAngle } from '../head/rotation.ts';
import type { AvatarSample, MotionSample, ResidualHistogram } from './motion-log.ts';
import type { StageTimes } from './stage-clock.ts';
import { correlation, quantile, type Spread, slope, spread } from './statistics.ts';

/** Motion that a driver must show for a figure about it to mean anything. */
const MOVES = {
  /** Degrees between the 5th and the 95th percentile of a rotation axis. */
  axisDeg: 5,
  /** Fraction of the inter-ocular distance, likewise. */
  mouthGap: 0.03,
  /** Fraction of the eye's width, between the 2nd and the 98th percentile: a blink is short. */
  lidOpening: 0.08,
  /** Fraction of the eye's width. */
  gaze: 0.06,
};

const DEG = 180 / Math.PI;

/** What `--report` writes. Lengths are fractions of the inter-ocular distance, angles degrees, times milliseconds. */
export interface ReenactmentReport {
  readonly frames: number;
  /** Frames in which the driver's face was found. */
  readonly tracked: number;
  readonly fps: number;
  readonly msPerFrame: StageTimes;
  /** Landmarks of the driver against the fitted head, oval and jaw line aside, over all frames and landmarks. */
  readonly reprojectionIod: Spread;
  /** RMS of each frame's worst landmark group. */
  readonly worstGroupIod: Spread;
  /** Rotation of the head in the written video against the commanded one, frame by frame. */
  readonly headPoseFollowDeg: Spread;
  /** The same figure for a video in which the portrait does not move. */
  readonly headPoseFollowFrozenDeg: Spread;
  /** Slope of the written video's angle on the driver's; null where the driver hardly moves. */
  readonly headPoseGain: { yaw: number | null; pitch: number | null; roll: number | null };
  readonly mouthGap: { correlation: number | null; slope: number | null };
  readonly lidClosure: { correlation: number | null };
  readonly gaze: { correlation: number | null };
  /** Frames of the written video in which no face was found again. */
  readonly avatarLost: number;
  readonly peakRssMb: number;
}

/** The figures about motion: `driver[i]` and `avatar[i]` are the same frame; `portraitRotation` is the picture's own. */
export function summariseMotion(
  driver: readonly MotionSample[],
  residuals: ResidualHistogram,
  avatar: readonly (AvatarSample | null)[],
  portraitRotation: ArrayLike<number>,
): Omit<ReenactmentReport, 'fps' | 'msPerFrame' | 'peakRssMb'> {
  const worstGroups = driver.flatMap((sample) => sample.worstGroupIod ?? []);

  const pairs = driver.flatMap((sample, i) => {
    const output = avatar[i];
    return output != null ? [{ sample, output }] : [];
  });
  const seen = pairs.flatMap(({ sample, output }) =>
    sample.driver !== null && sample.driverRotation !== null
      ? [{ driver: sample.driver, driverRotation: sample.driverRotation, output }]
      : [],
  );

  return {
    frames: driver.length,
    tracked: driver.filter((sample) => sample.tracked).length,
    reprojectionIod: { median: residuals.quantile(0.5), p95: residuals.quantile(0.95) },
    worstGroupIod: spread(worstGroups),
    headPoseFollowDeg: spread(
      pairs.map(({ sample, output }) => geodesicAngle(sample.commandedRotation, output.rotation) * DEG),
    ),
    headPoseFollowFrozenDeg: spread(
      driver.map((sample) => geodesicAngle(sample.commandedRotation, portraitRotation) * DEG),
    ),
    headPoseGain: {
      yaw: axisGain(seen, 'yaw'),
      pitch: axisGain(seen, 'pitch'),
      roll: axisGain(seen, 'roll'),
    },
    mouthGap: follow(
      seen.map((pair) => pair.driver.mouthGap),
      seen.map((pair) => pair.output.measures.mouthGap),
      MOVES.mouthGap,
      0.05,
    ),
    lidClosure: {
      correlation: follow(
        seen.map((pair) => pair.driver.lidOpening),
        seen.map((pair) => pair.output.measures.lidOpening),
        MOVES.lidOpening,
        0.02,
      ).correlation,
    },
    gaze: { correlation: gazeCorrelation(seen) },
    avatarLost: avatar.filter((sample) => sample === null).length,
  };
}

interface SeenPair {
  readonly driver: NonNullable<MotionSample['driver']>;
  readonly driverRotation: ArrayLike<number>;
  readonly output: AvatarSample;
}

function axisGain(pairs: readonly SeenPair[], axis: 'yaw' | 'pitch' | 'roll'): number | null {
  const driver = pairs.map((pair) => eulerFromMatrix(pair.driverRotation)[axis] * DEG);
  const output = pairs.map((pair) => eulerFromMatrix(pair.output.rotation)[axis] * DEG);
  return follow(driver, output, MOVES.axisDeg, 0.05).slope;
}

/** Both null where the driver's range between the `tail` and the `1 - tail` quantile is under `leastRange`. */
function follow(
  driver: readonly number[],
  output: readonly number[],
  leastRange: number,
  tail: number,
): { correlation: number | null; slope: number | null } {
  const range = quantile(driver, 1 - tail) - quantile(driver, tail);
  if (!(range >= leastRange)) return { correlation: null, slope: null };
  // An avatar that does not move at all follows with correlation 0: null is for drivers that do not.
  return { correlation: correlation(driver, output) ?? 0, slope: slope(driver, output) };
}

function gazeCorrelation(pairs: readonly SeenPair[]): number | null {
  const both = pairs.flatMap(({ driver, output }) =>
    driver.gaze !== null && output.measures.gaze !== null ? [[driver.gaze, output.measures.gaze]] : [],
  );
  return follow(
    both.map((pair) => pair[0]),
    both.map((pair) => pair[1]),
    MOVES.gaze,
    0.05,
  ).correlation;
}
