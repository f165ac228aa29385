import { type FaceWindow, WindowFollower } from '../../reenact/diffusion/face-window.ts';
import { FrameFitter } from '../../reenact/fit/frame-fitter.ts';
import type { LandmarkRig } from '../../reenact/fit/landmark-rig.ts';
import type { RgbaImage } from '../../reenact/frame.ts';
import type { WarpRig } from '../../reenact/geometric/rig.ts';
import { projectPoints, type SurfacePoints } from '../../reenact/geometric/seated-head.ts';
import type { HeadCoefficients } from '../../reenact/head/head-model.ts';
import { poseHead } from '../../reenact/head/pose-head.ts';
import { shapeHead } from '../../reenact/head/shape-head.ts';
import { swap } from '../../reenact/identity/swap.ts';
import type { FaceTracker } from '../../reenact/track/types.ts';
import type { ClipRest } from '../../render/training/clip-motion.ts';
import type { Square, Truth } from './truth.ts';

/** A clip's person, and how its frames are to be read. */
export interface ClipSource {
  readonly rig: LandmarkRig;
  readonly tracker: FaceTracker;
  readonly avatar: WarpRig;
  readonly truth: Truth;
  readonly points: SurfacePoints;
  readonly rest: ClipRest;
  /** Side of the window. */
  readonly side: number;
  /** Track and fit every frame; else the renderer's own coefficients are carried over to the avatar. */
  readonly fitted: boolean;
}

/** One frame: what the avatar is told, and the picture that it should have made of it. */
export interface CommandedFrame {
  readonly commanded: HeadCoefficients;
  /** The truth, in a square that holds the window. */
  truthOf(window: FaceWindow): { readonly image: RgbaImage; readonly square: Square };
}

/** Around the window, as the tracker wants it, in sides of the window. */
const MARGIN = 1 / 16;

/**
 * Coefficients of the avatar for every frame of a clip of its own person. Both ways go through the identity swap that
 * a session uses, without what its options make of a driver's motion: the avatar does exactly as the person does.
 */
export function commandsOf(
  source: ClipSource,
  frames: readonly HeadCoefficients[],
): AsyncIterable<CommandedFrame> {
  return source.fitted ? fittedCommands(source, frames) : trueCommands(source, frames);
}

/** The renderer's motion since the portrait, on top of what the fit made of the portrait. */
async function* trueCommands(
  source: ClipSource,
  frames: readonly HeadCoefficients[],
): AsyncGenerator<CommandedFrame> {
  for (const coefficients of frames)
    yield {
      commanded: carryOver(source, coefficients),
      truthOf: (window) => ({ image: source.truth.draw(coefficients, window), square: window }),
    };
}

/** What tracker and fit read in the drawn frames, with the portrait's own calibration. */
async function* fittedCommands(
  source: ClipSource,
  frames: readonly HeadCoefficients[],
): AsyncGenerator<CommandedFrame> {
  const { rig, tracker, avatar, truth, side } = source;
  const { calibration, coefficients: own, image: portrait } = avatar.reference;
  const { joints } = shapeHead(rig.model, calibration.beta);
  const fitter = new FrameFitter(rig, calibration);
  const follower = new WindowFollower(side, truth.size);
  // Around what is drawn the tracker sees the portrait: the same backdrop.
  const seen = { ...portrait, data: Uint8Array.from(portrait.data) };
  tracker.reset();
  for (const [sequence, coefficients] of frames.entries()) {
    const landmarks = projectPoints(
      truth.camera,
      poseHead(truth.subject.shaped, coefficients),
      source.points,
      new Float32Array(478 * 3),
    );
    const square = widen(follower.follow(landmarks), truth.size);
    const image = truth.draw(coefficients, square);
    paste(image, square, seen);
    const stamp = { sequence, ptsMs: 0, captureTimeMs: 0 };
    const { face } = await tracker.track({ ...stamp, image: seen });
    if (face === null) fitter.reset();
    const driver = { neutral: own, interocularM: calibration.interocularM, joints };
    yield {
      commanded:
        face === null
          ? carryOver(source, coefficients)
          : swap(
              avatar.reference,
              { ...driver, coefficients: fitter.fit(face).coefficients },
              { units: rig.model.expressionUnits, pose: 'absolute', gain: { translation: 1 } },
            ),
      truthOf: (window) =>
        contains(square, window)
          ? { image, square }
          : { image: truth.draw(coefficients, window), square: window },
    };
  }
}

function carryOver({ avatar, truth, rest }: ClipSource, coefficients: HeadCoefficients): HeadCoefficients {
  const { joints, model } = truth.subject.shaped;
  const driver = {
    coefficients,
    neutral: rest.coefficients,
    interocularM: Math.hypot(joints[9] - joints[12], joints[10] - joints[13], joints[11] - joints[14]),
    joints,
  };
  const options = { units: model.expressionUnits, expression: 'relative', gain: { translation: 1 } } as const;
  return swap(avatar.reference, driver, options);
}

function widen({ x, y, side }: FaceWindow, size: number): Square {
  const wide = Math.min(size, side + 2 * Math.round(MARGIN * side));
  const from = (at: number): number => Math.min(size - wide, Math.max(0, at - (wide - side) / 2));
  return { x: Math.round(from(x)), y: Math.round(from(y)), side: wide };
}

function contains(outer: Square, inner: Square): boolean {
  const within = (a: number, b: number): boolean => b >= a && b + inner.side <= a + outer.side;
  return within(outer.x, inner.x) && within(outer.y, inner.y);
}

function paste(part: RgbaImage, square: Square, into: RgbaImage): void {
  for (let row = 0; row < part.height; row++)
    into.data.set(
      part.data.subarray(row * part.width * 4, (row + 1) * part.width * 4),
      ((square.y + row) * into.width + square.x) * 4,
    );
}
