import type { ReenactmentReport } from './report.ts';

/** The motion fidelity that a generator must reach; angles in degrees, lengths in inter-ocular distances. */
export const BARS = {
  headPoseFollowDeg: { median: 1.5, p95: 3.5 },
  gain: { least: 0.8, most: 1.2 },
  mouthGapCorrelation: 0.95,
  lidClosureCorrelation: 0.9,
} as const;

type MotionFigures = Pick<
  ReenactmentReport,
  'headPoseFollowDeg' | 'headPoseGain' | 'mouthGap' | 'lidClosure' | 'avatarLost'
>;

/** The bars that a report misses, each as one line; empty where it reaches them all. */
export function missedBars(report: MotionFigures): string[] {
  const missed: string[] = [];
  const { headPoseFollowDeg: follow, headPoseGain, mouthGap, lidClosure } = report;
  if (!(follow.median <= BARS.headPoseFollowDeg.median))
    missed.push(`head pose follow, median ${follow.median.toFixed(2)}° > ${BARS.headPoseFollowDeg.median}°`);
  if (!(follow.p95 <= BARS.headPoseFollowDeg.p95))
    missed.push(`head pose follow, p95 ${follow.p95.toFixed(2)}° > ${BARS.headPoseFollowDeg.p95}°`);
  for (const [name, value] of [
    ...Object.entries(headPoseGain).map(([axis, gain]) => [`${axis} gain`, gain] as const),
    ['mouth gap slope', mouthGap.slope] as const,
  ])
    if (value !== null && !(value >= BARS.gain.least && value <= BARS.gain.most))
      missed.push(`${name} ${value.toFixed(2)} outside ${BARS.gain.least} to ${BARS.gain.most}`);
  if (mouthGap.correlation !== null && !(mouthGap.correlation >= BARS.mouthGapCorrelation))
    missed.push(`mouth gap correlation ${mouthGap.correlation.toFixed(3)} < ${BARS.mouthGapCorrelation}`);
  if (lidClosure.correlation !== null && !(lidClosure.correlation >= BARS.lidClosureCorrelation))
    missed.push(
      `lid closure correlation ${lidClosure.correlation.toFixed(3)} < ${BARS.lidClosureCorrelation}`,
    );
  if (report.avatarLost > 0)
    missed.push(`${report.avatarLost} frames in which the avatar's face was not found`);
  return missed;
}
