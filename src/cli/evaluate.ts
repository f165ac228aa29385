import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { missedBars } from '../reenact/evaluate/bars.ts';
import type { ReenactmentReport } from '../reenact/evaluate/report.ts';
import { defaultJob } from './default-job.ts';
import { openReenactor } from './open-reenactor.ts';
import { runAnimate } from './run-animate.ts';

/** One driver on one portrait. */
interface PairResult {
  readonly driver: string;
  readonly portrait: string;
  readonly report: ReenactmentReport;
  readonly missed: readonly string[];
}

const VIDEO = new Set(['.mp4', '.mov', '.mkv', '.webm']);
const PICTURE = new Set(['.jpg', '.jpeg', '.png', '.webp']);

const program = new Command('evaluate')
  .description(
    'Animates every portrait of a folder by every driver of another and tables how well the avatar follows.',
  )
  .requiredOption('--drivers <folder>', 'folder of driver videos, or one video')
  .requiredOption('--portraits <folder>', 'folder of pictures, or one picture')
  .option('--keep <folder>', 'keep the videos there')
  .option('--json <file>', 'write every report as JSON, too');

async function main(): Promise<void> {
  const options = program
    .parse()
    .opts<{ drivers: string; portraits: string; keep?: string; json?: string }>();
  const drivers = await filesIn(options.drivers, VIDEO);
  const portraits = await filesIn(options.portraits, PICTURE);
  const folder = options.keep ?? (await mkdtemp(join(tmpdir(), 'loki-evaluate-')));
  const results: PairResult[] = [];
  console.log(HEAD);
  try {
    for (const driver of drivers) {
      for (const portrait of portraits) {
        const result = await evaluatePair(driver, portrait, resolve(folder));
        results.push(result);
        console.log(lineOf(result));
      }
    }
  } finally {
    if (options.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
  const failed = results.filter(({ missed }) => missed.length > 0);
  console.log(`\n${results.length - failed.length} of ${results.length} pairs reach every bar.`);
  for (const { driver, portrait, missed } of failed)
    console.log(`  ${driver} × ${portrait}: ${missed.join('; ')}`);
}

async function evaluatePair(driverPath: string, avatarPath: string, folder: string): Promise<PairResult> {
  const driver = nameOf(driverPath);
  const portrait = nameOf(avatarPath);
  const stem = join(folder, `${driver}-${portrait}`);
  const reportPath = `${stem}.json`;
  const plain = defaultJob(driverPath, avatarPath, `${stem}.mp4`);
  const job = { ...plain, largestFace: true, outputs: { ...plain.outputs, report: reportPath } };
  await runAnimate(job, openReenactor, new AbortController().signal);
  const report = JSON.parse(await readFile(reportPath, 'utf8')) as ReenactmentReport;
  return { driver, portrait, report, missed: missedBars(report) };
}

const HEAD = [
  'pair'.padEnd(14),
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

function lineOf({ driver, portrait, report: r, missed }: PairResult): string {
  const pair = ({ median, p95 }: { median: number; p95: number }, factor = 1): string =>
    `${(median * factor).toFixed(2)}/${(p95 * factor).toFixed(2)}`.padStart(11);
  const number = (value: number | null, width: number, digits = 2): string =>
    (value === null ? '–' : value.toFixed(digits)).padStart(width);
  return [
    `${driver} × ${portrait}`.padEnd(14),
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

async function filesIn(path: string, extensions: ReadonlySet<string>): Promise<string[]> {
  if (extensions.has(extname(path).toLowerCase())) return [resolve(path)];
  const names = await readdir(path);
  return names
    .filter((name) => extensions.has(extname(name).toLowerCase()))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => resolve(path, name));
}

function nameOf(path: string): string {
  return basename(path, extname(path));
}

await main();
