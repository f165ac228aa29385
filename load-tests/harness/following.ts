import sharp from 'sharp';
import { readTimeMark } from '../../src/contract/time-mark.ts';
import { measureFace } from '../../src/reenact/evaluate/face-measures.ts';
import { correlation } from '../../src/reenact/evaluate/statistics.ts';
import type { FaceTracker, TrackedFace } from '../../src/reenact/track/types.ts';

/** A frame off a screen, as the pages record it. */
export interface Recorded {
  /** When it was shown, Unix ms. */
  readonly atMs: number;
  /** JPEG, base64. */
  readonly jpeg: string;
}

/** How the viewer's picture follows the driver's. */
export interface Following {
  /** Correlation of the head's turn and of the opening of the mouth. */
  readonly yaw: number;
  readonly mouth: number;
  /** Avatar's frames that were compared. */
  readonly frames: number;
  /** Avatar's frames without a face in them. */
  readonly lost: number;
  /** Null where time marks pair the frames; else the delay under which the heads' turns agree best, ms. */
  readonly lagMs: number | null;
}

interface Motion {
  readonly atMs: number;
  readonly mark: number | null;
  readonly yaw: number;
  readonly mouth: number;
}

const MOST_LAG_MS = 600;
const LAG_STEP_MS = 10;
/** Farther apart, two frames of the driver say little about what was between them. */
const MOST_GAP_MS = 200;

/**
 * Tracks both recordings with the server's own tracker and compares them frame by frame.
 *
 * @param mirrored whether the avatar moves as in a mirror
 */
export async function following(
  tracker: FaceTracker,
  { driver, avatar }: { driver: readonly Recorded[]; avatar: readonly Recorded[] },
  mirrored: boolean,
): Promise<Following> {
  const sign = mirrored ? -1 : 1;
  const led = (await motions(tracker, driver)).flatMap((one) =>
    one === null ? [] : [{ ...one, yaw: sign * one.yaw }],
  );
  const all = await motions(tracker, avatar);
  const followed = all.filter((one) => one !== null);
  const lost = all.length - followed.length;
  const marked = followed.filter(({ mark }) => mark !== null);
  if (marked.length > followed.length / 2) {
    const byMark = led.flatMap((one) => (one.mark === null ? [] : [{ ...one, atMs: one.mark }]));
    return {
      ...compare(
        byMark,
        marked.map((one) => ({ ...one, atMs: one.mark! })),
      ),
      lost,
      lagMs: null,
    };
  }
  let best: Following | null = null;
  for (let lagMs = 0; lagMs <= MOST_LAG_MS; lagMs += LAG_STEP_MS) {
    const compared = compare(
      led,
      followed.map((one) => ({ ...one, atMs: one.atMs - lagMs })),
    );
    if (best === null || compared.yaw > best.yaw) best = { ...compared, lost, lagMs };
  }
  return best!;
}

function compare(
  led: readonly Motion[],
  followed: readonly Motion[],
): { yaw: number; mouth: number; frames: number } {
  const pairs = followed.flatMap((one) => {
    const between = at(led, one.atMs);
    return between === null ? [] : [{ driver: between, avatar: one }];
  });
  const of = (measure: (one: { yaw: number; mouth: number }) => number): number =>
    correlation(
      pairs.map(({ driver }) => measure(driver)),
      pairs.map(({ avatar }) => measure(avatar)),
    ) ?? Number.NaN;
  return { yaw: of(({ yaw }) => yaw), mouth: of(({ mouth }) => mouth), frames: pairs.length };
}

/** The driver at a moment, between the two frames around it. */
function at(led: readonly Motion[], atMs: number): { yaw: number; mouth: number } | null {
  const after = led.findIndex((one) => one.atMs >= atMs);
  if (after < 0) return null;
  const b = led[after];
  if (b.atMs === atMs) return b;
  const a = led[after - 1];
  if (a === undefined || b.atMs - a.atMs > MOST_GAP_MS) return null;
  const part = (atMs - a.atMs) / (b.atMs - a.atMs);
  return { yaw: a.yaw + part * (b.yaw - a.yaw), mouth: a.mouth + part * (b.mouth - a.mouth) };
}

async function motions(tracker: FaceTracker, recorded: readonly Recorded[]): Promise<(Motion | null)[]> {
  tracker.reset();
  const result: (Motion | null)[] = [];
  for (const [sequence, { atMs, jpeg }] of recorded.entries()) {
    const { data, info } = await sharp(Buffer.from(jpeg, 'base64'))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const image = { width: info.width, height: info.height, data: new Uint8Array(data) };
    const mark = readTimeMark(image);
    const { face } = await tracker.track({
      sequence,
      ptsMs: atMs - recorded[0].atMs,
      captureTimeMs: atMs,
      image,
    });
    result.push(face === null ? null : { atMs, mark, yaw: yawOf(face), mouth: measureFace(face).mouthGap });
  }
  return result;
}

/** Turn of the head to the side, as the nose stands between the eyes. */
function yawOf({ landmarks }: TrackedFace): number {
  const x = (point: number): number => landmarks[point * 3];
  const y = (point: number): number => landmarks[point * 3 + 1];
  const iod = Math.hypot(x(263) - x(33), y(263) - y(33));
  return (x(1) - (x(33) + x(263)) / 2) / iod;
}
