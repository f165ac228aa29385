import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readConfig } from '../config.ts';
import { LokiError } from '../errors.ts';
import { checkWritable } from '../reenact/codec/part-file.ts';
import { writeWhole } from '../reenact/codec/write-file.ts';
import { planCases } from './evaluate/cases.ts';
import { FOLLOW_HEAD, followLine, REPORT_HEAD, reportLine } from './evaluate/console-table.ts';
import { evaluateCase } from './evaluate/evaluate-case.ts';
import { summarise } from './evaluate/figure-rows.ts';
import { type EvaluatedCase, htmlReport } from './evaluate/html-report.ts';
import { type EvaluateOptions, parseEvaluateArguments } from './evaluate/options.ts';
import { Studio } from './evaluate/studio.ts';
import type { CaseFailure, CaseResult } from './evaluate/types.ts';
import { reportFailure } from './failure.ts';

const TITLE = 'How well avatars follow';

async function main(args: readonly string[]): Promise<void> {
  const options = parseEvaluateArguments(args);
  if (options === null) return;
  for (const path of [options.json, options.html]) if (path !== undefined) await checkWritable(resolve(path));
  if (options.keep !== undefined) await mkdir(options.keep, { recursive: true });
  const folder = resolve(options.keep ?? (await mkdtemp(join(tmpdir(), 'loki-evaluate-'))));
  try {
    const { cases, failures } = await evaluateAll(options, folder);
    const results = cases.map(({ result }) => result);
    printFollow(results);
    printBars(results, failures);
    if (options.json !== undefined)
      await writeWhole(resolve(options.json), `${JSON.stringify(jsonOf(results, failures), null, 2)}\n`);
    if (options.html !== undefined)
      await writeWhole(resolve(options.html), htmlReport(cases, failures, TITLE));
  } finally {
    if (options.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function evaluateAll(
  options: EvaluateOptions,
  folder: string,
): Promise<{ cases: EvaluatedCase[]; failures: CaseFailure[] }> {
  const studio = await Studio.open(readConfig(process.env).headPath);
  const cases: EvaluatedCase[] = [];
  const failures: CaseFailure[] = [];
  try {
    const pairs = await planCases(options, studio.rig.model, folder, (line) => console.log(line));
    console.log(REPORT_HEAD);
    for (const pair of pairs) {
      try {
        const evaluated = await evaluateCase(studio, pair, { ...options, folder });
        cases.push(evaluated);
        for (const generator of evaluated.result.generators)
          console.log(reportLine(evaluated.result, generator));
      } catch (error) {
        // One portrait that shows no face is no reason to lose the rest.
        if (!(error instanceof LokiError)) throw error;
        const { kind, driver, portrait } = pair;
        failures.push({ kind, driver: driver.name, portrait: portrait.name, error: error.message });
        console.log(`${driver.name} × ${portrait.name}: ${error.message}`);
      }
    }
  } finally {
    await studio.close();
  }
  return { cases, failures };
}

function printFollow(results: readonly CaseResult[]): void {
  console.log(`\n${FOLLOW_HEAD}`);
  for (const result of results) {
    console.log(followLine(result, 'floor', result.floor));
    for (const generator of result.generators)
      console.log(followLine(result, generator.generator, generator));
  }
}

function printBars(results: readonly CaseResult[], failures: readonly CaseFailure[]): void {
  const lines = results.flatMap(({ driver, portrait, kind, generators }) =>
    generators.map(({ generator, missed }) => ({
      name: `${kind === 'self' ? `${driver} self` : `${driver} × ${portrait}`} ${generator}`,
      missed,
    })),
  );
  const failed = lines.filter(({ missed }) => missed.length > 0);
  console.log(`\n${lines.length - failed.length} of ${lines.length} pairs reach every bar.`);
  for (const { name, missed } of failed) console.log(`  ${name}: ${missed.join('; ')}`);
  if (failures.length > 0) console.log(`${failures.length} pairs could not be evaluated.`);
}

function jsonOf(results: readonly CaseResult[], failures: readonly CaseFailure[]): object {
  const of = (kind: CaseResult['kind']): object | null => {
    const some = results.filter((result) => result.kind === kind);
    return some.length === 0 ? null : { pairs: some.length, means: summarise(some) };
  };
  return {
    format: 'loki-evaluation',
    version: 1,
    summary: { cross: of('cross'), self: of('self') },
    cases: results,
    failures,
  };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportFailure(error, process.argv.includes('--verbose'), (text) =>
    process.stderr.write(text),
  );
}
