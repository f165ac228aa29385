import { escapeHtml } from './escape-html.ts';

export interface ChartLine {
  readonly label: string;
  readonly colour: string;
  /** Null breaks the line. */
  readonly values: readonly (number | null)[];
  readonly dashed?: boolean;
}

const WIDTH = 330;
const HEIGHT = 120;
const LEFT = 34;
const RIGHT = 6;
const TOP = 16;
const BOTTOM = 16;
/** Points of a line; more than one a pixel are not seen. */
const MOST_POINTS = 300;

/**
 * A small line chart as inline SVG. All lines share the abscissa, the frames' numbers.
 *
 * @param leastRange that the ordinate spans, so that noise does not look like motion
 * @returns nothing where there are no values
 */
export function lineChart(
  title: string,
  sequence: readonly number[],
  lines: readonly ChartLine[],
  leastRange: number,
): string {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  if (values.length === 0) return '';
  let low = Math.min(...values);
  let high = Math.max(...values);
  const missing = Math.max(0, leastRange - (high - low));
  low -= missing / 2;
  high += missing / 2;
  const first = sequence[0];
  const span = Math.max(1, sequence[sequence.length - 1] - first);
  const x = (i: number): number => LEFT + ((sequence[i] - first) / span) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const grid = [low, (low + high) / 2, high]
    .map(
      (value) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>` +
        `<text x="${LEFT - 4}" y="${(y(value) + 3).toFixed(1)}" text-anchor="end">${tick(value, high - low)}</text>`,
    )
    .join('');
  const paths = lines
    .map(
      ({ colour, values: points, dashed }) =>
        `<path d="${pathOf(points, x, y)}" stroke="${colour}"${dashed ? ' stroke-dasharray="4 3"' : ''}/>`,
    )
    .join('');
  return (
    `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">` +
    `<text class="title" x="${LEFT}" y="10">${escapeHtml(title)}</text>${grid}${paths}` +
    `<text x="${LEFT}" y="${HEIGHT - 4}">frame ${first}</text>` +
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" text-anchor="end">${first + span}</text></svg>`
  );
}

function pathOf(
  values: readonly (number | null)[],
  x: (i: number) => number,
  y: (value: number) => number,
): string {
  const step = Math.max(1, Math.ceil(values.length / MOST_POINTS));
  let path = '';
  let isOpen = false;
  for (let i = 0; i < values.length; i += step) {
    const value = values[i];
    if (value === null) {
      isOpen = false;
      continue;
    }
    path += `${isOpen ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    isOpen = true;
  }
  return path;
}

function tick(value: number, range: number): string {
  return value.toFixed(range < 1 ? 2 : range < 20 ? 1 : 0);
}
