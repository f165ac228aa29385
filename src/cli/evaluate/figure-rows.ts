import type { CaseResult, FollowFigures, GeneratorResult } from './types.ts';

/** One figure of the report: how to read it off, and which way is better. */
export interface FigureRow {
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  readonly better: 'lower' | 'higher';
  of(figures: FollowFigures): number | null;
}

export const FIGURE_ROWS: readonly FigureRow[] = [
  row('head pose, median', '°', 2, 'lower', (f) => f.headPoseDeg.median),
  row('head pose, p95', '°', 2, 'lower', (f) => f.headPoseDeg.p95),
  row('expression map L1, median', 'mm', 3, 'lower', (f) => f.expressionMm.median),
  row('expression map L1, p95', 'mm', 3, 'lower', (f) => f.expressionMm.p95),
  row('landmarks off, median', '% iod', 2, 'lower', (f) => f.landmarksIod.median * 100),
  row('still: landmark jitter', '% iod', 3, 'lower', (f) => f.flicker.landmarkJitterIod.median * 100),
  row('still: frame difference', 'levels²', 2, 'lower', (f) => f.flicker.frameDifference),
  row('PSNR', 'dB', 2, 'higher', (f) => f.picture?.psnrDb.mean ?? null),
  row('PSNR of the face', 'dB', 2, 'higher', (f) => f.picture?.facePsnrDb.mean ?? null),
  row('PSNR of the mouth', 'dB', 2, 'higher', (f) => f.picture?.mouthPsnrDb.mean ?? null),
  row('PSNR of the mouth, p5', 'dB', 2, 'higher', (f) => f.picture?.mouthPsnrDb.p5 ?? null),
  row('SSIM', '', 4, 'higher', (f) => f.picture?.ssim.mean ?? null),
];

function row(
  label: string,
  unit: string,
  digits: number,
  better: FigureRow['better'],
  of: FigureRow['of'],
): FigureRow {
  return { label, unit, digits, better, of };
}

export interface Summary {
  readonly label: string;
  readonly unit: string;
  readonly floor: number | null;
  /** By generator. */
  readonly means: Readonly<Record<string, number | null>>;
}

/** Means over pairs of one kind, figure by figure; pairs without a figure are left out of its mean. */
export function summarise(results: readonly CaseResult[]): Summary[] {
  const names = [
    ...new Set(results.flatMap(({ generators }) => generators.map(({ generator }) => generator))),
  ];
  const meanOf = (figures: readonly FollowFigures[], { of }: FigureRow): number | null => {
    const values = figures.map(of).filter((value) => value !== null && Number.isFinite(value)) as number[];
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return FIGURE_ROWS.map((figure) => ({
    label: figure.label,
    unit: figure.unit,
    floor: meanOf(
      results.map(({ floor }) => floor),
      figure,
    ),
    means: Object.fromEntries(
      names.map((name) => [
        name,
        meanOf(
          results.flatMap(({ generators }) => resultsOf(generators, name)),
          figure,
        ),
      ]),
    ),
  }));
}

function resultsOf(generators: readonly GeneratorResult[], name: string): GeneratorResult[] {
  return generators.filter(({ generator }) => generator === name);
}
