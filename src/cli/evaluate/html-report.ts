import { escapeHtml } from './escape-html.ts';
import { FIGURE_ROWS, type FigureRow, summarise } from './figure-rows.ts';
import { type ChartLine, lineChart } from './line-chart.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { CaseFailure, CaseGallery, CaseResult, PictureRow } from './types.ts';

const COMMANDED = '#111827';
const COLOURS = ['#d9480f', '#1971c2', '#2f9e44', '#9c36b5', '#e67700'];

export interface EvaluatedCase {
  readonly result: CaseResult;
  readonly gallery: CaseGallery;
}

/** The whole evaluation as one HTML file that asks for nothing from outside. */
export function htmlReport(
  cases: readonly EvaluatedCase[],
  failures: readonly CaseFailure[],
  title: string,
): string {
  const results = cases.map(({ result }) => result);
  const kinds = [
    { kind: 'cross', head: 'Driven by somebody else' },
    { kind: 'self', head: 'Driven by the person of the portrait: the output should equal the clip' },
  ] as const;
  const summaries = kinds
    .map(({ kind, head }) => {
      const some = results.filter((result) => result.kind === kind);
      return some.length === 0 ? '' : summaryTable(head, some);
    })
    .join('');
  const contents = cases
    .map(({ result }, i) => `<a href="#c${i}">${escapeHtml(nameOf(result))}</a>`)
    .join(' · ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${REPORT_STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="note">Every figure is read off the written videos by tracking them again. <b>Floor</b>: the driver's own frames, encoded and
tracked again, against the first tracking; what is below it cannot be told apart. Best of a row in bold. iod: inter-ocular distance.</p>
${summaries}
${failures.length === 0 ? '' : failureList(failures)}
<p class="contents">${contents}</p>
${cases.map(caseSection).join('\n')}
</body></html>
`;
}

function summaryTable(head: string, results: readonly CaseResult[]): string {
  const summaries = summarise(results);
  const names = Object.keys(summaries[0].means);
  const rows = summaries
    .map(({ floor, means }, i) =>
      figureRow(
        FIGURE_ROWS[i],
        floor,
        names.map((name) => means[name]),
      ),
    )
    .join('');
  return `<section><h2>${head}</h2><p class="note">Means over ${results.length} ${results.length === 1 ? 'pair' : 'pairs'}.</p>
<table>${headRow(names)}${rows}</table></section>`;
}

function headRow(names: readonly string[]): string {
  return `<tr><th></th><th>floor</th>${names.map((name, g) => `<th><i style="background:${COLOURS[g % COLOURS.length]}"></i>${escapeHtml(name)}</th>`).join('')}<th></th></tr>`;
}

/** One figure over the generators; nothing where none of them has it. */
function figureRow(
  { label, unit, digits, better }: FigureRow,
  floor: number | null,
  values: readonly (number | null)[],
): string {
  const known = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (known.length === 0) return '';
  const best = better === 'lower' ? Math.min(...known) : Math.max(...known);
  const text = (value: number | null): string =>
    value === null || !Number.isFinite(value) ? '–' : value.toFixed(digits);
  const cells = values
    .map((value) => `<td${known.length > 1 && value === best ? ' class="best"' : ''}>${text(value)}</td>`)
    .join('');
  return `<tr><th>${label}</th><td class="floor">${text(floor)}</td>${cells}<td class="unit">${unit}</td></tr>`;
}

function failureList(failures: readonly CaseFailure[]): string {
  const items = failures
    .map((failure) => `<li>${escapeHtml(nameOf(failure))}: ${escapeHtml(failure.error)}</li>`)
    .join('');
  return `<section><h2>Could not be evaluated</h2><ul>${items}</ul></section>`;
}

function caseSection({ result, gallery }: EvaluatedCase, index: number): string {
  const { generators, floor } = result;
  const names = generators.map(({ generator }) => generator);
  const rows = FIGURE_ROWS.map((figure) =>
    figureRow(figure, figure.of(floor), generators.map(figure.of)),
  ).join('');
  const missed = generators
    .filter((generator) => generator.missed.length > 0)
    .map(
      ({ generator, missed: lines }) =>
        `<p class="missed">${escapeHtml(`${generator}: ${lines.join('; ')}`)}</p>`,
    )
    .join('');
  return `<section id="c${index}"><h2>${escapeHtml(nameOf(result))}</h2>
<p class="note">${result.frames} frames, ${result.looked} looked at. A portrait that does not move: expression ${result.expressionFrozenMm.median.toFixed(3)} mm,
head ${generators[0].report.headPoseFollowFrozenDeg.median.toFixed(2)}°.</p>${missed}
<div class="columns"><table>${headRow(names)}${rows}</table><div class="charts">${charts(result)}</div></div>
<h3>Over the clip</h3>${strip(gallery.strip)}
<h3>Worst frames</h3><div class="worst">${gallery.worst.map(pictureRow).join('')}</div></section>`;
}

function charts({ trajectories, generators }: CaseResult): string {
  const { sequence, commanded, seen } = trajectories;
  const names = generators.map(({ generator }) => generator);
  const linesOf = (figure: 'yaw' | 'pitch' | 'roll' | 'expressionMm' | 'mouthPsnrDb'): ChartLine[] =>
    names.map((name, g) => ({
      label: name,
      colour: COLOURS[g % COLOURS.length],
      values: seen[name][figure],
    }));
  const angle = (axis: 'yaw' | 'pitch' | 'roll'): string =>
    lineChart(
      `${axis}, ° (black: commanded)`,
      sequence,
      [...linesOf(axis), { label: 'commanded', colour: COMMANDED, values: commanded[axis], dashed: true }],
      6,
    );
  return [
    angle('yaw'),
    angle('pitch'),
    angle('roll'),
    lineChart('expression map L1, mm', sequence, linesOf('expressionMm'), 0.2),
    lineChart('PSNR of the mouth, dB', sequence, linesOf('mouthPsnrDb'), 4),
  ].join('');
}

/** Frames across, sources down. */
function strip(rows: readonly PictureRow[]): string {
  if (rows.length === 0) return '';
  const head = rows.map(({ caption }) => `<th>${escapeHtml(caption)}</th>`).join('');
  const lines = rows[0].pictures
    .map(
      ({ label }, source) =>
        `<tr><th>${escapeHtml(label)}</th>${rows.map(({ pictures, caption }) => `<td>${image(pictures[source].jpeg, `${label}, ${caption}`)}</td>`).join('')}</tr>`,
    )
    .join('');
  return `<table class="strip"><tr><th></th>${head}</tr>${lines}</table>`;
}

function pictureRow({ caption, sequence, pictures }: PictureRow): string {
  const images = pictures
    .map(
      ({ label, jpeg }) =>
        `<span>${image(jpeg, `${label}, frame ${sequence}`)}<small>${escapeHtml(label)}</small></span>`,
    )
    .join('');
  return `<figure><figcaption>${escapeHtml(caption)} (frame ${sequence})</figcaption><div>${images}</div></figure>`;
}

function image(jpeg: string, alt: string): string {
  return jpeg === '' ? '' : `<img src="${jpeg}" alt="${escapeHtml(alt)}">`;
}

function nameOf({ kind, driver, portrait }: Pick<CaseResult, 'kind' | 'driver' | 'portrait'>): string {
  return kind === 'self' ? `${driver}, itself` : `${driver} × ${portrait}`;
}
