import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LokiError } from '../../errors.ts';
import { checkWritable } from '../../reenact/codec/part-file.ts';
import { writeWhole } from '../../reenact/codec/write-file.ts';
import { planCases } from './cases.ts';
import { FOLLOW_HEAD, followLine, REPORT_HEAD, reportLine } from './console-table.ts';
import { evaluateCase } from './evaluate-case.ts';
import { summarise } from './figure-rows.ts';
import { type EvaluatedCase, htmlReport } from './html-report.ts';
import type { EvaluateOptions } from './options.ts';
import { stripPicture } from './strip-picture.ts';
import { Studio } from './studio.ts';
import type { CaseFailure, CaseResult } from './types.ts';

const TITLE = 'How well avatars follow';

interface Evaluation {
  readonly cases: readonly EvaluatedCase[];
  readonly failures: readonly CaseFailure[];
}

/**
 * Evaluates every pair that is asked for, prints tables line by line and writes the files.
 *
 * @param headPath null for the open head
 * @throws LokiError; what is wrong with one pair only is told in its line
 */
export async function runEvaluate(
  options: EvaluateOptions,
  headPath: string | null,
  print: (line: string) => void,
): Promise<void> {
  for (const path of [options.json, options.html]) if (path !== undefined) await checkWritable(resolve(path));
  for (const path of [options.keep, options.strips])
    if (path !== undefined) await mkdir(path, { recursive: true });
  const folder = resolve(options.keep ?? (await mkdtemp(join(tmpdir(), 'loki-evaluate-'))));
  try {
    const { cases, failures } = await evaluateAll(options, headPath, folder, print);
    const results = cases.map(({ result }) => result);
    if (options.strips !== undefined) await writeStrips(options.strips, cases);
    for (const line of [...followTable(results), ...barLines(results, failures)]) print(line);
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
  headPath: string | null,
  folder: string,
  print: (line: string) => void,
): Promise<Evaluation> {
  const studio = await Studio.open(headPath);
  const cases: EvaluatedCase[] = [];
  const failures: CaseFailure[] = [];
  try {
    const pairs = await planCases(options, studio.rig.model, folder, print);
    print(REPORT_HEAD);
    for (const pair of pairs) {
      try {
        const evaluated = await evaluateCase(studio, pair, { ...options, folder });
        cases.push(evaluated);
        for (const generator of evaluated.result.generators) print(reportLine(evaluated.result, generator));
      } catch (error) {
        // One portrait that shows no face is no reason to lose the rest.
        if (!(error instanceof LokiError)) throw error;
        const { kind, driver, portrait } = pair;
        failures.push({ kind, driver: driver.name, portrait: portrait.name, error: error.message });
        print(`${driver.name} × ${portrait.name}: ${error.message}`);
      }
    }
  } finally {
    await studio.close();
  }
  return { cases, failures };
}

async function writeStrips(folder: string, cases: readonly EvaluatedCase[]): Promise<void> {
  for (const { result, gallery } of cases)
    if (gallery.strip.length > 0)
      await writeWhole(
        join(folder, `${result.driver}-${result.portrait}.webp`),
        await stripPicture(gallery.strip),
      );
}

function followTable(results: readonly CaseResult[]): string[] {
  return [
    '',
    FOLLOW_HEAD,
    ...results.flatMap((result) => [
      followLine(result, 'floor', result.floor),
      ...result.generators.map((generator) => followLine(result, generator.generator, generator)),
    ]),
  ];
}

function barLines(results: readonly CaseResult[], failures: readonly CaseFailure[]): string[] {
  const runs = results.flatMap(({ driver, portrait, kind, generators }) =>
    generators.map(({ generator, missed }) => ({
      name: `${kind === 'self' ? `${driver} self` : `${driver} × ${portrait}`} ${generator}`,
      missed,
    })),
  );
  const failed = runs.filter(({ missed }) => missed.length > 0);
  return [
    '',
    `${runs.length - failed.length} of ${runs.length} pairs reach every bar.`,
    ...failed.map(({ name, missed }) => `  ${name}: ${missed.join('; ')}`),
    ...(failures.length > 0 ? [`${failures.length} pairs could not be evaluated.`] : []),
  ];
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
