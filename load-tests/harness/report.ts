import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, type Sampler } from './sampler.ts';

const OUT = fileURLToPath(new URL('../../out/load-tests', import.meta.url));

/** One number that was promised. */
export interface Budget {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  /** `most` by default. */
  readonly sense?: 'most' | 'least';
}

/**
 * Writes `out/load-tests/SCENARIO.json` and `.md`, prints the table, and sets the exit status to 1 where a budget is
 * not kept.
 */
export async function report(scenario: string, budgets: readonly Budget[], sampler: Sampler): Promise<void> {
  const rows = budgets.map((budget) => ({ ...budget, kept: isKept(budget) }));
  const processes = sampler.processes.map((name) => usageOf(sampler, name));
  const machine = `${cpus().length} cores, ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}`;
  const markdown = [
    `# ${scenario}`,
    '',
    machine,
    '',
    '| budget | measured | limit | kept |',
    '|---|---|---|---|',
    ...rows.map(
      ({ what, value, limit, unit, sense = 'most', kept }) =>
        `| ${what} | ${round(value)} ${unit} | ${sense === 'most' ? '≤' : '≥'} ${round(limit)} ${unit} | ${kept ? 'yes' : '**no**'} |`,
    ),
    '',
    '| process | RSS median, MB | RSS last, MB | CPU, % of a core |',
    '|---|---|---|---|',
    ...processes.map(
      ({ name, rssMedianMb, rssLastMb, cpuPercent }) =>
        `| ${name} | ${round(rssMedianMb)} | ${round(rssLastMb)} | ${round(cpuPercent)} |`,
    ),
    '',
  ].join('\n');
  await mkdir(OUT, { recursive: true });
  await writeFile(join(OUT, `${scenario}.md`), markdown);
  const json = { scenario, machine, budgets: rows, processes, samples: sampler.samples };
  await writeFile(join(OUT, `${scenario}.json`), JSON.stringify(json));
  process.stdout.write(markdown);
  if (rows.some(({ kept }) => !kept)) process.exitCode = 1;
}

/** What could not be measured is not kept. */
function isKept({ value, limit, sense = 'most' }: Budget): boolean {
  return sense === 'most' ? value <= limit : value >= limit;
}

function usageOf(sampler: Sampler, name: string) {
  const rss = sampler.series(`loki_process_rss_bytes{process="${name}"}`);
  const cpu = sampler.series(`loki_process_cpu_seconds_total{process="${name}"}`);
  let used = 0;
  // A process that was replaced counts from 0 again.
  for (let i = 1; i < cpu.length; i++) used += Math.max(0, cpu[i].value - cpu[i - 1].value);
  const seconds = cpu.length > 1 ? (cpu[cpu.length - 1].atMs - cpu[0].atMs) / 1000 : Number.NaN;
  return {
    name,
    rssMedianMb: median(rss.map(({ value }) => value)) / 1e6,
    rssLastMb: (rss.at(-1)?.value ?? Number.NaN) / 1e6,
    cpuPercent: (100 * used) / seconds,
  };
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
}
