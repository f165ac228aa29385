import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GroupUsage } from './process-usage.ts';

const OUT = fileURLToPath(new URL('../../out/load', import.meta.url));

/** One number that was promised. */
export interface Budget {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  /** `most` by default. */
  readonly sense?: 'most' | 'least';
}

/** What stands beside the budgets. */
export interface Findings {
  readonly processes?: readonly GroupUsage[];
  /** Lines of Markdown: figures that nothing was promised of, and what a reader must know. */
  readonly notes?: readonly string[];
  /** Goes into the JSON alone. */
  readonly data?: unknown;
}

/**
 * Writes `out/load/SCENARIO.json` and `.md`, prints the table, and ends the process, with status 1 where a
 * budget is not kept: the last thing that a scenario does.
 */
export async function report(
  scenario: string,
  budgets: readonly Budget[],
  findings: Findings = {},
): Promise<void> {
  const { processes = [], notes = [], data } = findings;
  const rows = budgets.map((budget) => ({ ...budget, kept: isKept(budget) }));
  const machine = `${cpus().length} cores, ${cpus()[0]?.model}, load average ${loadavg()[0].toFixed(1)} at the end`;
  const markdown = [
    `# ${scenario}`,
    '',
    machine,
    '',
    '| budget | measured | limit | kept |',
    '|---|---|---|---|',
    ...rows.map(
      ({ what, value, limit, unit, sense = 'most', kept }) =>
        `| ${what} | ${round(value)} ${unit} | ${sense === 'most' ? '≤' : '≥'} ${limit} ${unit} | ${kept ? 'yes' : '**no**'} |`,
    ),
    '',
    ...(notes.length > 0 ? [...notes, ''] : []),
    ...(processes.length > 0
      ? [
          '| processes | RSS median, MB | most | last | CPU, % of a core |',
          '|---|---|---|---|---|',
          ...processes.map(
            ({ name, rssMedianMb, rssMostMb, rssLastMb, cpuPercent }) =>
              `| ${name} | ${round(rssMedianMb)} | ${round(rssMostMb)} | ${round(rssLastMb)} | ${round(cpuPercent)} |`,
          ),
          '',
        ]
      : []),
  ].join('\n');
  await mkdir(OUT, { recursive: true });
  await writeFile(join(OUT, `${scenario}.md`), markdown);
  await writeFile(
    join(OUT, `${scenario}.json`),
    JSON.stringify({
      scenario,
      at: new Date().toISOString(),
      machine,
      budgets: rows,
      notes,
      processes,
      data,
    }),
  );
  await new Promise((resolve) => process.stdout.write(markdown, resolve));
  // Not left to the event loop: werift keeps timers of connections that are closed.
  process.exit(rows.every(({ kept }) => kept) ? 0 : 1);
}

/** What could not be measured is not kept. */
function isKept({ value, limit, sense = 'most' }: Budget): boolean {
  return sense === 'most' ? value <= limit : value >= limit;
}

export function round(value: number): string {
  if (Number.isNaN(value)) return '?';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
