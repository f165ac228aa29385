import type { HeadCoefficients, HeadModel } from '../../reenact/head/head-model.ts';
import { logRotation, matrixFromEuler, multiply, transpose } from '../../reenact/head/rotation.ts';
import { expressionOf } from '../portrait.ts';
import type { Random } from '../random.ts';
import { drawUnits } from './draw-units.ts';

const DEGREE = Math.PI / 180;

/** How the person of a portrait looks, and from how far. */
export interface PortraitPose {
  readonly coefficients: HeadCoefficients;
  /** Side of the picture in heights of the face, as a portrait is cropped: mostly 2.6. */
  readonly faceHeights: number;
}

/**
 * A portrait as people choose them: nearly from the front, at rest or smiling, seldom more; the trunk shares any part of
 * the turn. Most are cropped in the usual way, a quarter tighter, since there was no more of the picture.
 */
export function drawPortraitPose(model: HeadModel, random: Random): PortraitPose {
  const far = random.next() < 0.15 ? 2 : 1;
  const yaw = held(random.normal() * 6 * far, 20) * DEGREE;
  const pitch = held(random.normal() * 4 * far, 12) * DEGREE;
  const roll = held(random.normal() * 3 * far, 12) * DEGREE;
  const share = random.next();
  const head = matrixFromEuler({ yaw, pitch, roll });
  const trunk = matrixFromEuler({ yaw: yaw * share, pitch: pitch * share * 0.3, roll: roll * share * 0.3 });
  const theta = new Float32Array(15);
  theta.set(logRotation(trunk), 0);
  theta.set(logRotation(multiply(transpose(trunk), head)), 3);
  const { psi, jaw } = drawExpression(model, random);
  theta[6] = jaw;
  // Into the camera, or past it.
  const past = random.next() < 0.2;
  const gaze = [
    held(-0.9 * pitch + (past ? random.between(-0.12, 0.12) : 0), 0.3),
    held(-0.9 * yaw + (past ? random.between(-0.35, 0.35) : 0), 0.5),
  ];
  for (const eye of [9, 12]) theta.set(gaze, eye);
  // 0.55 m is a selfie, 1.8 m a lens of 100 mm.
  const distanceM = 0.55 * (1.8 / 0.55) ** random.next();
  return {
    coefficients: { psi, theta, translation: Float32Array.of(0, 0, -distanceM) },
    faceHeights: random.next() < 0.75 ? 2.6 : random.between(1.7, 2.5),
  };
}

function drawExpression(model: HeadModel, random: Random): { psi: Float32Array; jaw: number } {
  const roll = random.next();
  const smile = random.between(0.3, 1);
  if (roll < 0.4) return { psi: drawUnits(model, random, { most: 3, strength: 0.12 }), jaw: 0 };
  if (roll < 0.6)
    return { psi: expressionOf(model, { smile: smile * 0.7, 'cheek-raise': smile * 0.3 }), jaw: 0 };
  if (roll < 0.75)
    return {
      psi: expressionOf(model, {
        smile,
        'cheek-raise': smile * 0.4,
        'lips-part': random.between(0.2, 0.6),
        'upper-lip-up': random.between(0, 0.4),
      }),
      jaw: random.between(0.01, 0.08),
    };
  if (roll < 0.85)
    return {
      psi: expressionOf(model, { 'lips-part': random.between(0.1, 0.4) }),
      jaw: random.between(0, 0.1),
    };
  return { psi: drawUnits(model, random, { most: 4, strength: 0.4 }), jaw: random.between(0, 0.03) };
}

function held(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
