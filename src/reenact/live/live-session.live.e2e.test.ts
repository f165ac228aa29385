import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeLandmarkPacket } from '../../contract/landmark-packet.ts';
import type { SessionState, SessionStats, VideoCodec } from '../../contract/live-session.ts';
import { readTimeMark, timeMarkAgeMs } from '../../contract/time-mark.ts';
import { openVideo } from '../codec/open-video.ts';
import { measureFace } from '../evaluate/face-measures.ts';
import { correlation, quantile } from '../evaluate/statistics.ts';
import type { RgbaImage } from '../frame.ts';
import { createFaceTracker } from '../track/face-tracker.ts';
import type { FaceTracker, TrackedFace } from '../track/types.ts';
import {
  BUILTIN_DRIVER,
  createTestParts,
  DRIVER_SSRC,
  decodeReceived,
  type Impairment,
  isContiguous,
  PLAIN_OPTIONS,
  type ReceivedFrame,
  specOf,
  streamsOf,
  type TestParts,
  TestPeer,
  unwrapAll,
} from './live-fixture.ts';
import { createLiveSession } from './live-session.ts';
import { SOUND_AHEAD_MS } from './picture-delay.ts';
import { type FilePlayerProcess, playFileInProcess } from './play-file-process.ts';
import type { EgressReservation, LiveSession, LiveSessionSpec, SavedCalibration } from './types.ts';

/** Seconds of the driver's clip that the tests play at most. */
const PLAYED_S = 14;

let parts: TestParts;
let tracker: FaceTracker;
/** The driver's face a frame of the file, for truth and for private mode. */
const truth: (TrackedFace | null)[] = [];

beforeAll(async () => {
  parts = await createTestParts();
  tracker = await createFaceTracker();
  const video = await openVideo(BUILTIN_DRIVER);
  for await (const frame of video.frames()) {
    truth.push((await tracker.track(frame)).face);
    if (frame.ptsMs > PLAYED_S * 1000) break;
  }
  await video.close();
});

afterAll(async () => {
  await tracker.close();
  await parts.close();
});

/** A session with a peer and, if wanted, a driver; everything ends with the test. */
class Scene {
  readonly states: SessionState[] = [];
  readonly stats: SessionStats[] = [];
  readonly calibrations: SavedCalibration[] = [];
  readonly reservations: EgressReservation[] = [];
  readonly failures: Error[] = [];
  readonly previews: Uint8Array[] = [];
  player: FilePlayerProcess | null = null;

  private constructor(
    readonly codec: VideoCodec,
    readonly session: LiveSession,
    readonly peer: TestPeer,
  ) {
    session.on('state', (state) => this.states.push(state));
    session.on('stats', (stats) => this.stats.push(stats));
    session.on('calibration', (calibration) => this.calibrations.push(calibration));
    session.on('egress', (egress) => this.reservations.push(egress));
    session.on('failed', (error) => this.failures.push(error));
    session.on('preview', (png) => this.previews.push(png));
  }

  static async open(codec: VideoCodec, changes: Partial<LiveSessionSpec> = {}): Promise<Scene> {
    const spec = specOf(codec, changes);
    const session = await createLiveSession(parts, spec);
    const peer = await TestPeer.open(spec.streams);
    peer.connect(session.address);
    const scene = new Scene(codec, session, peer);
    scenes.push(scene);
    session.attach(peer.address, {});
    return scene;
  }

  async drive(timeMarks = false): Promise<void> {
    const { video, audio, ...rest } = streamsOf(this.codec, DRIVER_SSRC);
    this.session.attach(this.peer.address, { video, audio });
    const streams = { video, audio, ...rest };
    this.player = await playFileInProcess({
      path: BUILTIN_DRIVER,
      to: this.peer.address,
      streams,
      timeMarks,
    });
  }

  async close(): Promise<void> {
    await this.player?.stop();
    await this.session.close();
    await this.session.close();
    await this.peer.close();
  }
}

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean, ms: number, what: string): Promise<void> {
  const endMs = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`${what} did not come within ${ms} ms`);
    await sleep(10);
  }
}

/** Turn of the head to the side, as the nose stands between the eyes. */
function yaw({ landmarks }: TrackedFace): number {
  const x = (point: number): number => landmarks[point * 3];
  const y = (point: number): number => landmarks[point * 3 + 1];
  const iod = Math.hypot(x(263) - x(33), y(263) - y(33));
  return (x(1) - (x(33) + x(263)) / 2) / iod;
}

/** How well the avatar follows the driver, frame by frame by their capture times. */
async function following(
  frames: readonly ReceivedFrame[],
  codec: VideoCodec,
  captures: readonly number[],
  fromMs: number,
): Promise<{ yaw: number; mouth: number; frames: number }> {
  const pairs: { driver: TrackedFace; avatar: TrackedFace }[] = [];
  tracker.reset();
  let index = 0;
  let sequence = 0;
  for await (const { frame, image } of decodeReceived(frames, codec)) {
    while (index < captures.length && captures[index] < frame.captureTimeMs! - 2) index++;
    const driver = truth[index];
    // A frame that no driver made has a time of its own.
    const made = Math.abs(captures[index] - frame.captureTimeMs!) < 2;
    if (!made || driver == null || frame.captureTimeMs! < captures[0] + fromMs) continue;
    const stamp = { sequence, ptsMs: 40 * sequence, captureTimeMs: 0 };
    sequence++;
    const { face } = await tracker.track({ ...stamp, image });
    if (face !== null) pairs.push({ driver, avatar: face });
  }
  const of = (measure: (face: TrackedFace) => number): number =>
    correlation(
      pairs.map(({ driver }) => measure(driver)),
      pairs.map(({ avatar }) => measure(avatar)),
    )!;
  return { yaw: of(yaw), mouth: of((face) => measureFace(face).mouthGap), frames: pairs.length };
}

/** How far sound is from where it should be, second by second: with the picture, or ahead by no more than receivers mend. */
function skews({ frames, sounds }: TestPeer, fromMs: number): number[] {
  const result: number[] = [];
  const delays = (list: readonly { atMs: number; captureTimeMs: number | null }[], ms: number): number[] =>
    list.filter(({ atMs }) => atMs >= ms && atMs < ms + 1000).map((one) => one.atMs - one.captureTimeMs!);
  for (let ms = fromMs; ms < sounds.at(-1)!.atMs - 1000; ms += 200) {
    const [picture, sound] = [delays(frames, ms), delays(sounds, ms)];
    if (picture.length <= 3 || sound.length <= 3) continue;
    const aheadMs = quantile(picture, 0.5) - quantile(sound, 0.5);
    result.push(Math.max(-aheadMs, aheadMs - SOUND_AHEAD_MS, 0));
  }
  return result;
}

function expectOrderly({ peer, failures }: Scene): void {
  expect(failures).toEqual([]);
  expect(isContiguous(peer.sequences.video)).toBe(true);
  expect(isContiguous(peer.sequences.audio)).toBe(true);
  const timestamps = unwrapAll(peer.frames.map(({ timestamp }) => timestamp));
  expect(timestamps.every((value, i) => i === 0 || value > timestamps[i - 1])).toBe(true);
}

async function shown(frames: readonly ReceivedFrame[], codec: VideoCodec): Promise<RgbaImage> {
  let last: RgbaImage | null = null;
  for await (const { image } of decodeReceived(frames, codec)) last = image;
  return last!;
}

function pixel({ data, width }: RgbaImage, x: number, y: number): number[] {
  return Array.from(data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3));
}

describe('live session', () => {
  for (const codec of ['VP8', 'H264'] as const)
    it(`${codec}: the avatar follows head and mouth, and the sound is in step`, {
      timeout: 60_000,
    }, async () => {
      const scene = await Scene.open(codec);
      await scene.drive();
      await until(() => scene.calibrations.length > 0, 8000, 'a calibration');
      await sleep(11_000);
      const { peer } = scene;
      const { p50, p95 } = scene.stats.at(-1)!.latencyMs.total;
      const follows = await following(peer.frames, codec, peer.driverCaptures, 3000);
      // Sound follows the picture's median: on a machine that is busy with other work no more can be asked of it.
      const swing = 1.5 * (p95 - p50);
      const skew = skews(peer, peer.driverCaptures[0] + 3000);
      process.stderr.write(
        `${codec}: yaw ${follows.yaw.toFixed(3)}, mouth ${follows.mouth.toFixed(3)}, ${follows.frames} frames, ` +
          `latency ${p50.toFixed(0)}/${p95.toFixed(0)} ms, skew p95 ${quantile(skew, 0.95).toFixed(0)} ms\n`,
      );
      expect(follows.frames).toBeGreaterThan(60);
      expect(follows.yaw).toBeGreaterThan(0.95);
      expect(follows.mouth).toBeGreaterThan(0.95);
      expect(quantile(skew, 0.95)).toBeLessThan(Math.max(40, swing));
      expectOrderly(scene);
      expect(scene.states).toContain('live');
      // Both streams are reported on one clock.
      expect(new Set(peer.reports.map(({ ssrc }) => ssrc)).size).toBe(2);
    });

  it('private mode: landmark packets move the avatar, at their capture times', {
    timeout: 60_000,
  }, async () => {
    const scene = await Scene.open('VP8', { tracking: 'private' });
    const startMs = Date.now();
    const captures: number[] = [];
    for (let i = 0; i < truth.length && i < 250; i++) {
      await sleep(Math.max(0, startMs + i * 40 - Date.now()));
      captures.push(startMs + i * 40);
      const face = truth[i];
      const packet = encodeLandmarkPacket({
        sequence: i,
        captureTimeMs: startMs + i * 40,
        imageWidth: face?.imageWidth ?? 512,
        imageHeight: face?.imageHeight ?? 512,
        confidence: face?.confidence ?? 0,
        landmarks: face?.landmarks ?? new Float32Array(0),
      });
      scene.session.landmarks(packet);
      // Copies, older ones and noise change nothing.
      if (i % 10 === 0) scene.session.landmarks(packet);
      if (i % 11 === 0) scene.session.landmarks(packet.subarray(0, 40));
    }
    await sleep(300);
    const { peer } = scene;
    const follows = await following(peer.frames, 'VP8', captures, 3000);
    process.stderr.write(`private: yaw ${follows.yaw.toFixed(3)}, mouth ${follows.mouth.toFixed(3)}\n`);
    expect(follows.yaw).toBeGreaterThan(0.95);
    expect(follows.mouth).toBeGreaterThan(0.95);
    expectOrderly(scene);
    const { garbage, stale } = scene.stats.at(-1)!.drops;
    expect(garbage).toBeGreaterThan(5);
    expect(stale).toBeGreaterThan(5);
  });

  const impairments: readonly [string, Impairment][] = [
    ['2 % loss, 80 ms jitter', { loss: 0.02, late: 0.2, lateMs: 80, garbage: 0 }],
    ['5 % loss, 80 ms jitter, noise', { loss: 0.05, late: 0.2, lateMs: 80, garbage: 0.3 }],
  ];
  for (const [name, impairment] of impairments)
    it(`goes on under ${name}`, { timeout: 60_000 }, async () => {
      const scene = await Scene.open('VP8');
      await scene.drive();
      await until(() => scene.states.includes('live'), 10_000, 'the driver');
      scene.peer.impairment = impairment;
      const { length } = scene.peer.frames;
      await sleep(5000);
      // Frames go on: the driver's, or those that ease to rest.
      expect(scene.peer.frames.length - length).toBeGreaterThan(20);
      expect(scene.peer.pliCount).toBeGreaterThan(1);
      scene.peer.impairment = { loss: 0, late: 0, lateMs: 0, garbage: 0 };
      await sleep(1500);
      expect(scene.session.state).toBe('live');
      expectOrderly(scene);
      const { lost, garbage } = scene.stats.at(-1)!.drops;
      expect(lost).toBeGreaterThan(0);
      if (impairment.garbage > 0) expect(garbage).toBeGreaterThan(0);
    });

  it('always sends a picture: at rest without a driver, and through a stall', {
    timeout: 60_000,
  }, async () => {
    const scene = await Scene.open('VP8');
    const { peer } = scene;
    await sleep(1600);
    expect(peer.frames.length).toBeGreaterThanOrEqual(5);
    expect(peer.frames.length).toBeLessThan(16);
    expect(peer.frames[0].key).toBe(true);
    await scene.drive();
    await until(() => scene.states.includes('live'), 10_000, 'the driver');
    peer.stalled = true;
    const before = peer.frames.length;
    await sleep(1500);
    expect(peer.frames.length - before).toBeGreaterThan(10);
    expect(scene.session.state).toBe('lost');
    await until(() => scene.session.state === 'waiting', 3000, 'waiting');
    peer.stalled = false;
    await until(() => scene.session.state === 'live', 5000, 'the driver again');
    expectOrderly(scene);
    await scene.player!.stop();
    await until(() => scene.session.state === 'waiting', 4000, 'waiting again');
    const rest = await shown(peer.frames, 'VP8');
    scene.session.attach(peer.address, {});
    await sleep(500);
    expect(scene.failures).toEqual([]);
    expect(rest.width).toBe(512);
  });

  it('answers key frame requests, throttled, also without a driver', { timeout: 60_000 }, async () => {
    const scene = await Scene.open('H264');
    const { peer } = scene;
    await until(() => peer.frames.length > 2, 3000, 'frames');
    const keys = (): number => peer.frames.filter(({ key }) => key).length;
    expect(keys()).toBe(1);
    const askedMs = performance.timeOrigin + performance.now();
    peer.requestKeyFrame();
    await until(() => keys() === 2, 1000, 'a key frame');
    expect(peer.frames.at(-1)!.atMs - askedMs).toBeLessThan(150);
    for (let i = 0; i < 20; i++) {
      peer.requestKeyFrame();
      await sleep(20);
    }
    await sleep(300);
    expect(keys()).toBeGreaterThan(2);
    expect(keys()).toBeLessThanOrEqual(5);
  });

  it('takes over from a session that died: same port, numbers beyond, driver known', {
    timeout: 60_000,
  }, async () => {
    const first = await Scene.open('VP8');
    await first.drive();
    await until(() => first.calibrations.length > 0, 10_000, 'a calibration');
    await sleep(500);
    const { port } = first.session.address;
    // As when the process dies: nothing is sent any more, and only what was announced is known.
    await first.session.close();
    const egress = first.reservations.at(-1)!;
    const calibration = JSON.parse(JSON.stringify(first.calibrations.at(-1))) as SavedCalibration;
    const used = first.peer.sequences.video.at(-1)!;
    const lastTimestamp = first.peer.frames.at(-1)!.timestamp;
    const { length } = first.peer.frames;
    const spec = specOf('VP8', { localPort: port, calibration, egress });
    const second = await createLiveSession(parts, spec);
    const states: SessionState[] = [];
    second.on('state', (state) => states.push(state));
    const { video, audio } = streamsOf('VP8', DRIVER_SSRC);
    second.attach(first.peer.address, { video, audio });
    expect(second.address.port).toBe(port);
    await until(() => states.includes('live'), 5000, 'live');
    expect(states).not.toContain('calibrating');
    const next = first.peer.sequences.video.find(
      (_, i, all) => i > 0 && all[i] !== (all[i - 1] + 1) % 65_536,
    )!;
    const ahead = (next - used + 65_536) % 65_536;
    expect(ahead).toBeGreaterThan(0);
    expect(ahead).toBeLessThanOrEqual(1000);
    const after = first.peer.frames.slice(length);
    expect(after[0].key).toBe(true);
    const step = (after[0].timestamp - lastTimestamp + 2 ** 32) % 2 ** 32;
    expect(step).toBeLessThan(90_000 * 10);
    await second.close();
  });

  it('changes avatar, background, label and expression while it runs', { timeout: 90_000 }, async () => {
    const scene = await Scene.open('VP8');
    const { session, peer } = scene;
    await until(() => peer.frames.length > 2, 3000, 'frames');
    const portrait = await shown(peer.frames, 'VP8');
    await expect(session.setAvatar('/nowhere/nobody.png')).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    session.setOptions({
      ...PLAIN_OPTIONS,
      background: { kind: 'key', rgb: '#00ff00' },
      hotkey: 'surprise',
      preview: true,
      label: { text: 'Generated', corner: 'top-left', size: 0.1, opacity: 1 },
    });
    await sleep(1800);
    const keyed = await shown(peer.frames, 'VP8');
    const [red, green, blue] = pixel(keyed, 500, 200);
    expect(green).toBeGreaterThan(200);
    expect(Math.max(red, blue)).toBeLessThan(60);
    // The label stands where the background was.
    expect(pixel(keyed, 20, 30)[1]).toBeLessThan(120);
    const [calm, surprised] = [await tracker.trackStill(portrait), await tracker.trackStill(keyed)];
    expect(measureFace(surprised!).mouthGap - measureFace(calm!).mouthGap).toBeGreaterThan(0.1);
    expect(scene.previews.length).toBeGreaterThan(3);
    await expect(session.calibrate()).rejects.toMatchObject({ code: 'NO_FACE' });
    expect(scene.failures).toEqual([]);
  });

  it('takes an explicit neutral, and rests while paused', { timeout: 60_000 }, async () => {
    const scene = await Scene.open('VP8');
    await scene.drive();
    await until(() => scene.states.includes('live'), 10_000, 'the driver');
    await scene.session.calibrate();
    expect(scene.calibrations.at(-1)!.explicitNeutral).toBe(true);
    scene.session.setOptions({ ...PLAIN_OPTIONS, paused: true });
    await until(() => scene.session.state === 'paused', 1000, 'paused');
    await sleep(1500);
    const still = scene.peer.frames.slice(-10).map(({ data }) => data.length);
    expect(quantile(still, 0.5)).toBeLessThan(1500);
  });

  it('repeats time marks on the frame made of the marked one', { timeout: 60_000 }, async () => {
    const scene = await Scene.open('VP8', { options: { ...PLAIN_OPTIONS, probe: true } });
    await scene.drive(true);
    await until(() => scene.states.includes('live'), 10_000, 'the driver');
    await sleep(2000);
    let read = 0;
    let seen = 0;
    for await (const { frame, image } of decodeReceived(scene.peer.frames, 'VP8')) {
      if (frame.captureTimeMs! < scene.peer.driverCaptures[0] + 1500) continue;
      seen++;
      const mark = readTimeMark(image);
      if (mark === null) continue;
      read++;
      expect(timeMarkAgeMs(mark, frame.atMs)).toBeGreaterThan(0);
      expect(timeMarkAgeMs(mark, frame.atMs)).toBeLessThan(1500);
    }
    expect(read / seen).toBeGreaterThan(0.9);
  });
});
