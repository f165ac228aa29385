/**
 * What a viewer really sees: a Chromium drives with a clip for a camera, another watches.
 *
 *     npm run load -- truth [--mode vp8|h264|private] [--seconds 20] [--joins 20] [--driver clip.mp4]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { quantile } from '../src/reenact/evaluate/statistics.ts';
import { createFaceTracker } from '../src/reenact/track/face-tracker.ts';
import { following } from './harness/following.ts';
import { lipSync } from './harness/lip-sync.ts';
import { ProcessUsage } from './harness/process-usage.ts';
import { type Budget, report, round } from './harness/report.ts';
import { Sampler } from './harness/sampler.ts';
import { recordBoth, Stage } from './harness/stage.ts';

const MODES = { vp8: ['VP8', 'server'], h264: ['H264', 'server'], private: ['VP8', 'private'] } as const;
type Mode = keyof typeof MODES;
/** The driver is learned, codecs and buffers have settled. */
const SETTLE_MS = 18_000;
const CLICK_AFTER_MS = 3000;
/** Frames of both pages that are compared. */
const RECORD_S = 12;

const { values } = parseArgs({
  options: {
    mode: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    joins: { type: 'string', default: '20' },
    driver: { type: 'string' },
  },
});
const seconds = bounded('--seconds', values.seconds, 5, 600);
const joins = bounded('--joins', values.joins, 0, 100);
const modes = Object.keys(MODES).filter(
  (mode) => values.mode === undefined || values.mode === mode,
) as Mode[];
if (modes.length === 0) throw new Error('--mode takes vp8, h264 or private');

const tracker = await createFaceTracker();
const budgets: Budget[] = [];
const notes: string[] = [];
const data: Record<string, unknown> = {};
let processes: ReturnType<ProcessUsage['groups']> = [];
for (const mode of modes) await measure(mode);
await tracker.close();
await report(modes.length === 1 ? `truth-${modes[0]}` : 'truth', budgets, { processes, notes, data });

async function measure(mode: Mode): Promise<void> {
  const [codec, tracking] = MODES[mode];
  const stage = await Stage.open({ codec, tracking, clip: values.driver, probe: true });
  try {
    const driver = await stage.drive();
    const viewer = await stage.watch();
    // Nobody clicks while the page still loads; sound that begins then plays late until the jitter buffer has caught up.
    await sleep(CLICK_AFTER_MS);
    await viewer.getByRole('button', { name: 'Click for sound' }).click();
    await sleep(SETTLE_MS);

    const usage = new ProcessUsage(stage.processes);
    const sampler = new Sampler(stage.server.base);
    const found = await lookAndListen(driver, viewer);
    await Promise.all([sampler.stop(), usage.stop()]);
    if (mode === modes[0]) processes = usage.groups();
    const figure = (name: string): number =>
      quantile(
        sampler.series(name).map(({ value }) => value),
        0.5,
      );
    const total = (q: string): number => figure(`loki_stage_latency_ms{stage="total",quantile="${q}"}`);
    const ages = found.shown.map(({ ageMs }) => ageMs);
    // Landmark packets carry no picture, and so no mark: what the pages themselves measure must do.
    const toScreen = (q: number): number =>
      tracking === 'server' ? quantile(ages, q) : figure(`loki_capture_to_screen_ms{quantile="${q}"}`);
    budgets.push(
      { what: `${mode}: glass to glass, p50`, value: toScreen(0.5), limit: 180, unit: 'ms' },
      { what: `${mode}: glass to glass, p95`, value: toScreen(0.95), limit: 260, unit: 'ms' },
      { what: `${mode}: pipeline's share, p50`, value: total('0.5'), limit: 45, unit: 'ms' },
      { what: `${mode}: pipeline's share, p95`, value: total('0.95'), limit: 80, unit: 'ms' },
    );
    if (tracking === 'server') {
      const skews = lipSync(found.sentMs, found.heardMs, found.shown);
      const skew = quantile(skews.map(Math.abs), 0.95);
      budgets.push({
        what: `${mode}: lip-sync skew, p95 of ${skews.length} beeps`,
        value: skew,
        limit: 40,
        unit: 'ms',
      });
      notes.push(
        `- ${mode}: sound comes ${round(quantile(skews, 0.5))} ms after the picture, median; ` +
          `${found.heardMs.length} beeps heard`,
      );
      data[`${mode} skews`] = skews;
    }
    notes.push(
      `- ${mode}: ${round(found.fps)} frames a second shown, ${found.unread} of ${found.frames} marks unread; fps in ` +
        `${round(figure('loki_fps{direction="in"}'))}, out ${round(figure('loki_fps{direction="out"}'))}`,
    );

    const mirrored = await stage.mirrored(driver);
    const recorded = await recordBoth(driver, viewer, RECORD_S);
    if (mode === 'vp8' && joins > 0) await join(stage, viewer);
    await stage.close();
    const follows = await following(tracker, recorded, mirrored);
    budgets.push(
      {
        what: `${mode}: correlation of head turn`,
        value: follows.yaw,
        limit: 0.95,
        unit: '',
        sense: 'least',
      },
      {
        what: `${mode}: correlation of mouth opening`,
        value: follows.mouth,
        limit: 0.95,
        unit: '',
        sense: 'least',
      },
    );
    notes.push(
      `- ${mode}: ${follows.frames} of ${recorded.avatar.length} recorded frames compared, ${follows.lost} without a face` +
        (follows.lagMs === null ? ', paired by their marks' : `, paired at a delay of ${follows.lagMs} ms`),
    );
    data[mode] = { ages, samples: sampler.samples };
  } finally {
    await stage.close();
  }
}

interface Found {
  readonly shown: readonly { readonly atMs: number; readonly ageMs: number }[];
  readonly frames: number;
  readonly unread: number;
  readonly fps: number;
  readonly sentMs: readonly number[];
  readonly heardMs: readonly number[];
}

async function lookAndListen(driver: Page, viewer: Page): Promise<Found> {
  await viewer.evaluate(`(() => {
    lokiProbe.reset();
    const [track] = document.querySelector('video').srcObject.getAudioTracks();
    window.lokiHeard = lokiFindBeeps(track);
  })()`);
  await sleep(seconds * 1000);
  const [sentMs, seen] = await Promise.all([
    driver.evaluate('lokiBeeps.onsetsMs') as Promise<number[]>,
    viewer.evaluate(`({
      agesMs: lokiProbe.agesMs, shownMs: lokiProbe.shownMs, frames: lokiProbe.frames, unread: lokiProbe.unread,
      heardMs: lokiHeard.onsetsMs,
    })`) as Promise<{
      agesMs: number[];
      shownMs: number[];
      frames: number;
      unread: number;
      heardMs: number[];
    }>,
  ]);
  const { agesMs, shownMs, frames, unread, heardMs } = seen;
  const shown = shownMs.map((atMs, i) => ({ atMs, ageMs: agesMs[i] }));
  return { shown, frames, unread, fps: frames / seconds, sentMs, heardMs };
}

/** First beside the viewer that has been watching, then as the only one. */
async function join(stage: Stage, watching: Page): Promise<void> {
  const besideMs = await joinTimes(stage, Math.ceil(joins / 2));
  await watching.context().close();
  const aloneMs = await joinTimes(stage, joins);
  budgets.push({
    what: `join to first avatar frame, p95 of ${joins}`,
    value: quantile(aloneMs, 0.95),
    limit: 2000,
    unit: 'ms',
  });
  const ms = (values: number[], q: number): string => `${round(quantile(values, q))} ms`;
  notes.push(
    `- join to first avatar frame, the page's own loading included: median ${ms(aloneMs, 0.5)}; where this browser ` +
      `shows another viewer meanwhile, ${ms(besideMs, 0.5)}, p95 of ${besideMs.length} ${ms(besideMs, 0.95)}`,
  );
  Object.assign(data, { joins: aloneMs, joinsBesideAnother: besideMs });
}

/** From the navigation to the first frame on the screen, one after the other. */
async function joinTimes(stage: Stage, times: number): Promise<number[]> {
  const waitsMs: number[] = [];
  for (let i = 0; i < times; i++) {
    const page = await stage.watch();
    waitsMs.push((await page.evaluate('lokiFirstFrameMs')) as number);
    await page.context().close();
  }
  return waitsMs;
}

function bounded(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!(value >= least && value <= most)) throw new Error(`${option} takes ${least} to ${most}`);
  return value;
}
