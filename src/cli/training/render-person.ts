import { LokiError } from '../../errors.ts';
import {
  cutWindow,
  type FaceWindow,
  WINDOW_PX,
  WindowFollower,
  windowSide,
} from '../../reenact/diffusion/face-window.ts';
import type { LandmarkRig } from '../../reenact/fit/landmark-rig.ts';
import { buildWarpRig, type WarpRig } from '../../reenact/geometric/rig.ts';
import { type SurfacePoints, surfacePoints } from '../../reenact/geometric/seated-head.ts';
import { warp } from '../../reenact/geometric/warp.ts';
import type { HeadCoefficients } from '../../reenact/head/head-model.ts';
import { poseHead } from '../../reenact/head/pose-head.ts';
import { shapeHead } from '../../reenact/head/shape-head.ts';
import { openingShares } from '../../reenact/identity/opening-shares.ts';
import type { ReferenceIdentity } from '../../reenact/identity/reference.ts';
import { DRIVER_MAP_SIZE } from '../../reenact/raster/driver-map.ts';
import { describeReference } from '../../reenact/session.ts';
import type { FaceTracker } from '../../reenact/track/types.ts';
import { exaggerate } from '../../render/caricature.ts';
import type { LookAssets } from '../../render/look-file.ts';
import { seatMouth } from '../../render/mouth-seat.ts';
import { createRandom, type Random } from '../../render/random.ts';
import { dressedModel, prepareShaped } from '../../render/subject.ts';
import { type ClipRest, drawKind, planClip } from '../../render/training/clip-motion.ts';
import { drawPortraitPose } from '../../render/training/portrait-pose.ts';
import { sampleTrainingPerson } from '../../render/training/training-person.ts';
import { commandsOf } from './commands.ts';
import { addFaceError, psnrDb } from './face-psnr.ts';
import { framePortrait } from './framing.ts';
import { type ClipMeta, type PersonData, RASTER_CHANNELS, TRAINING_DATA_VERSION } from './person-folder.ts';
import { Truth } from './truth.ts';
import { WindowPlanes } from './window-planes.ts';

/** What every person of a run shares. */
export interface TrainingStudio {
  readonly rig: LandmarkRig;
  readonly assets: LookAssets;
  readonly tracker: FaceTracker;
}

/** Where a clip's coefficients come from: `mixed` is every other clip. */
export type CommandSource = 'mixed' | 'true' | 'fitted';

export interface RenderPersonOptions {
  readonly seed: number;
  readonly frames: number;
  readonly commands: CommandSource;
  /** Told of every frame what the avatar was told, for whoever checks the data. */
  readonly onFrame?: (frame: RenderedFrame) => void;
}

export interface RenderedFrame {
  readonly index: number;
  readonly reference: ReferenceIdentity;
  readonly commanded: HeadCoefficients;
  readonly window: FaceWindow;
}

const FPS = 25;
const PORTRAIT_PX = 512;
const SHORTEST_CLIP = 16;
const LONGEST_CLIP = 32;
/** People whose face the tracker can't read are drawn anew so many times. */
const ATTEMPTS = 4;
const TEXTURE_PX = 512;
const SKY_DIRECTIONS = 16;

const FRAME_BYTES = WINDOW_PX * WINDOW_PX * 3;
const RASTER_HALVES = RASTER_CHANNELS * DRIVER_MAP_SIZE * DRIVER_MAP_SIZE;
const COVERAGE_AT = (RASTER_CHANNELS - 1) * DRIVER_MAP_SIZE * DRIVER_MAP_SIZE;

/** A portrait that the pipeline has read, and the truth behind it. */
interface Sitter {
  readonly attempt: number;
  readonly truth: Truth;
  readonly points: SurfacePoints;
  readonly rest: ClipRest;
  readonly avatar: WarpRig;
}

/**
 * Draws one person: a portrait, which the real pipeline makes an avatar of, and clips of the same person in the same
 * light, each frame beside what the avatar's warp makes of it.
 *
 * @throws LokiError `NO_FACE` where the tracker can't read the person's portrait however often it is drawn
 */
export async function renderPerson(
  studio: TrainingStudio,
  options: RenderPersonOptions,
): Promise<PersonData> {
  const { model } = studio.rig;
  const { seed, frames } = options;
  const random = createRandom(seed * 53 + 29);
  const sitter = await seatPerson(studio, seed, random);
  const { reference } = sitter.avatar;
  const planes = new WindowPlanes(model, reference);
  const side = windowSide(reference.landmarks, PORTRAIT_PX);

  warp(sitter.avatar, reference.coefficients);
  const portraitWindow = new WindowFollower(side, PORTRAIT_PX).follow(sitter.avatar.landmarks);
  const data = {
    target: new Uint8Array(frames * FRAME_BYTES),
    warp: new Uint8Array(frames * FRAME_BYTES),
    raster: new Uint16Array(frames * RASTER_HALVES),
    portrait: cutWindow(reference.image, portraitWindow),
    portraitRaster: planes.draw(reference.coefficients, portraitWindow),
  };
  const clips: ClipMeta[] = [];
  for (let start = 0; start < frames; ) {
    const length = clipLength(random, frames - start);
    const kind = drawKind(random);
    const even = (clips.length + seed) % 2 === 0;
    const fitted = options.commands === 'mixed' ? even : options.commands === 'fitted';
    const motion = planClip(model, random, kind, length / FPS, sitter.rest);
    const times = Array.from({ length }, (_, i) => motion(i / FPS));
    const error = { squares: 0, count: 0 };
    const follower = new WindowFollower(side, PORTRAIT_PX);
    let frame = start;
    for await (const { commanded, truthOf } of commandsOf({ ...studio, ...sitter, side, fitted }, times)) {
      const picture = warp(sitter.avatar, commanded);
      const window = follower.follow(sitter.avatar.landmarks);
      const part = <T extends Uint8Array | Uint16Array>(all: T, length: number): T =>
        all.subarray(frame * length, (frame + 1) * length) as T;
      cutWindow(picture, window, part(data.warp, FRAME_BYTES));
      const { image, square } = truthOf(window);
      const inSquare = { x: window.x - square.x, y: window.y - square.y, side };
      cutWindow(image, inSquare, part(data.target, FRAME_BYTES));
      part(data.raster, RASTER_HALVES).set(planes.draw(commanded, window));
      const coverage = part(data.raster, RASTER_HALVES).subarray(COVERAGE_AT);
      addFaceError(error, part(data.target, FRAME_BYTES), part(data.warp, FRAME_BYTES), coverage);
      options.onFrame?.({ index: frame, reference, commanded, window });
      frame++;
    }
    clips.push({ start, length, kind, fitted, facePsnrDb: Math.round(100 * psnrDb(error)) / 100 });
    start += length;
  }
  const { person } = sitter.truth;
  return {
    ...data,
    meta: {
      version: TRAINING_DATA_VERSION,
      seed,
      attempt: sitter.attempt,
      style: person.style,
      caricature: person.caricature !== null,
      headSha256: model.sha256,
      fps: FPS,
      frames,
      windowPx: WINDOW_PX,
      windowSide: side,
      portraitSize: PORTRAIT_PX,
      rasterSize: DRIVER_MAP_SIZE,
      clips,
    },
  };
}

/** 16 to 32 frames, so that what is left is no shorter clip; all of it where it is too little for two. */
function clipLength(random: Random, left: number): number {
  if (left < 2 * SHORTEST_CLIP) return left;
  const longest = Math.min(LONGEST_CLIP, left - SHORTEST_CLIP);
  return SHORTEST_CLIP + Math.floor(random.next() * (longest - SHORTEST_CLIP + 1));
}

async function seatPerson(
  { rig, assets, tracker }: TrainingStudio,
  seed: number,
  random: Random,
): Promise<Sitter> {
  const { model, embedding } = rig;
  const points = surfacePoints(embedding, model.triangles);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const person = sampleTrainingPerson(seed, model.shapeCount, attempt);
    const shaped = seatMouth(shapeHead(dressedModel(model, assets), person.beta), person.mouthSeat);
    const subject = prepareShaped(
      person.caricature === null
        ? shaped
        : exaggerate(shaped, person.caricature.eyes, person.caricature.head),
      person.look,
      assets,
      { textureSize: TEXTURE_PX, refine: false, skyDirections: SKY_DIRECTIONS },
    );
    const { coefficients, faceHeights } = drawPortraitPose(model, random);
    const camera = framePortrait(poseHead(subject.shaped, coefficients), points, faceHeights, PORTRAIT_PX);
    const truth = new Truth(person, subject, camera, PORTRAIT_PX);
    const image = truth.draw(coefficients);
    const landmarks = await tracker.trackStill(image);
    if (landmarks === null) continue;
    const reference = describeReference(rig, image, landmarks);
    // What the avatar's rest absorbs of the portrait's expression can't be taken back by any motion.
    const opening = openingShares(model, embedding);
    const base = coefficients.psi.map((value, unit) =>
      model.expressionUnits[unit].region === 'eyes' ? 0 : value * (1 - opening[unit]),
    );
    return {
      attempt,
      truth,
      points,
      rest: { coefficients, base },
      avatar: buildWarpRig({ model, embedding, reference }),
    };
  }
  throw new LokiError('NO_FACE', `The tracker finds no face in the portraits of person ${seed}.`);
}
