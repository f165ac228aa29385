import { type Flicker, FrameDifference, landmarkJitterIod } from '../../reenact/evaluate/flicker.ts';
import type { RgbaImage, VideoFrame } from '../../reenact/frame.ts';
import type { Generator } from '../../reenact/generator.ts';
import { type CommandedFrame, command, type ReenactStages, tell } from '../../reenact/pipeline.ts';
import type { FaceTracker } from '../../reenact/track/types.ts';
import { createRandom } from '../../render/random.ts';

const FRAMES = 44;
/** Frames in which tracker, smoothing and a generator's memory settle. */
const SETTLE_FRAMES = 18;
const FRAME_MS = 40;
/** Standard deviation of a camera's noise in a dim room, 8-bit units. */
const NOISE_SD = 2;
const NOISE_SEED = 20;
/** Normal numbers, made once: drawing a million a frame would take longer than everything else. */
const NOISE_VALUES = 1 << 20;

/**
 * A driver who sits still before a camera that does not: one frame over and over, under sensor noise. The same picture
 * and seed give the same frames.
 */
export function* stillFrames(image: RgbaImage, count: number = FRAMES): Iterable<VideoFrame> {
  const random = createRandom(NOISE_SEED);
  const noise = Float32Array.from({ length: NOISE_VALUES }, () => NOISE_SD * random.normal());
  for (let sequence = 0; sequence < count; sequence++) {
    const data = Uint8Array.from(image.data);
    const shift = Math.floor(random.next() * NOISE_VALUES);
    for (let at = 0; at < data.length; at++) {
      if (at % 4 === 3) continue;
      const value = image.data[at] + noise[(at + shift) % NOISE_VALUES];
      data[at] = value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
    }
    const ptsMs = sequence * FRAME_MS;
    yield { sequence, ptsMs, captureTimeMs: ptsMs, image: { ...image, data } };
  }
}

/**
 * How restless the avatar of a still driver is, generator by generator, and (last) the driver's own picture: the
 * tracker's jitter under that noise, and the noise itself.
 *
 * @param stages at their start
 */
export async function stillFlicker(
  image: RgbaImage,
  stages: ReenactStages,
  generators: readonly Generator[],
  tracker: FaceTracker,
): Promise<Flicker[]> {
  const driven: CommandedFrame[] = [];
  const own = new FlickerMeter();
  tracker.reset();
  for (const frame of stillFrames(image)) {
    const tracked = await tracker.track(frame);
    driven.push(command(tracked, stages));
    if (frame.sequence >= SETTLE_FRAMES) own.add(frame.image, tracked.face?.landmarks ?? null);
  }
  const flickers: Flicker[] = [];
  for (const generator of generators) {
    const meter = new FlickerMeter();
    tracker.reset();
    for (const motion of driven) {
      const frame = await generator.generate(tell(motion, { ...stages, generator }));
      const { face } = await tracker.track(frame);
      if (frame.sequence >= SETTLE_FRAMES) meter.add(frame.image, face?.landmarks ?? null);
    }
    flickers.push(meter.flicker);
  }
  tracker.reset();
  return [...flickers, own.flicker];
}

class FlickerMeter {
  readonly #difference = new FrameDifference();
  readonly #seen: Float32Array[] = [];

  add(image: RgbaImage, landmarks: Float32Array | null): void {
    this.#difference.add(image);
    if (landmarks !== null) this.#seen.push(landmarks);
  }

  get flicker(): Flicker {
    return { landmarkJitterIod: landmarkJitterIod(this.#seen), frameDifference: this.#difference.mean };
  }
}
