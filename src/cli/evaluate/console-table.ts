import type { Spread } from '../../reenact/evaluate/statistics.ts';
import type { CaseResult, FollowFigures, GeneratorResult } from './types.ts';

const NAME_WIDTH = 28;

/** Column heads of {@link reportLine}. */
export const REPORT_HEAD = [
  'pair'.padEnd(NAME_WIDTH),
  'frames',
  'tracked',
  'fps'.padStart(5),
  'reproj %'.padStart(11),
  'worst %',
  'follow °'.padStart(11),
  'frozen °'.padStart(11),
  'yaw'.padStart(5),
  'pitch',
  'roll'.padStart(5),
  'mouth r',
  'slope',
  'lid r',
  'gaze r',
  'lost',
].join('  ');

/** The figures of `animate --report`, one pair and generator a line. */
export function reportLine(result: CaseResult, { generator, report: r, missed }: GeneratorResult): string {
  return [
    nameOf(result, generator),
    String(r.frames).padStart(6),
    String(r.tracked).padStart(7),
    number(r.fps, 5, 1),
    pair(r.reprojectionIod, 100),
    number(r.worstGroupIod.p95 * 100, 7),
    pair(r.headPoseFollowDeg),
    pair(r.headPoseFollowFrozenDeg),
    number(r.headPoseGain.yaw, 5),
    number(r.headPoseGain.pitch, 5),
    number(r.headPoseGain.roll, 5),
    number(r.mouthGap.correlation, 7, 3),
    number(r.mouthGap.slope, 5),
    number(r.lidClosure.correlation, 5),
    number(r.gaze.correlation, 6),
    String(r.avatarLost).padStart(4),
    missed.length === 0 ? '' : '✗',
  ].join('  ');
}

/** Column heads of {@link followLine}. */
export const FOLLOW_HEAD = [
  'pair'.padEnd(NAME_WIDTH),
  'follow °'.padStart(11),
  'expr mm'.padStart(11),
  'frozen'.padStart(6),
  'landm %'.padStart(11),
  'jitter %'.padStart(8),
  'Δframe²'.padStart(7),
  'PSNR'.padStart(6),
  'SSIM'.padStart(6),
  'face dB'.padStart(7),
  'mouth dB'.padStart(8),
].join('  ');

/** The figures of one generator of a pair, or of its floor. */
export function followLine(result: CaseResult, name: string, figures: FollowFigures): string {
  const { picture, flicker } = figures;
  return [
    nameOf(result, name),
    pair(figures.headPoseDeg),
    pair(figures.expressionMm),
    number(result.expressionFrozenMm.median, 6),
    pair(figures.landmarksIod, 100),
    number(flicker.landmarkJitterIod.median * 100, 8, 3),
    number(flicker.frameDifference, 7),
    number(picture?.psnrDb.mean ?? null, 6),
    number(picture?.ssim.mean ?? null, 6, 4),
    number(picture?.facePsnrDb.mean ?? null, 7),
    number(picture?.mouthPsnrDb.mean ?? null, 8),
  ].join('  ');
}

function nameOf({ driver, portrait, kind }: CaseResult, generator: string): string {
  const who = kind === 'self' ? `${driver} self` : `${driver} × ${portrait}`;
  return `${who} ${generator}`.padEnd(NAME_WIDTH);
}

function pair({ median, p95 }: Spread, factor = 1): string {
  return `${(median * factor).toFixed(2)}/${(p95 * factor).toFixed(2)}`.padStart(11);
}

function number(value: number | null, width: number, digits = 2): string {
  return (value === null || Number.isNaN(value) ? '–' : value.toFixed(digits)).padStart(width);
}
