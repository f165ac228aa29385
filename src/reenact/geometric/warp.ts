import type { RgbaImage } from '../frame.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { poseHead } from '../head/pose-head.ts';
import { moveBodySheet } from './body-sheet.ts';
import { drawEye } from './eyes.ts';
import { moveHeadSheet } from './head-sheet.ts';
import { moveLidStrips } from './lids.ts';
import { drawMouth } from './mouth.ts';
import { smoothstep } from './numeric.ts';
import type { WarpRig } from './rig.ts';
import { limitTurn } from './rigid-motion.ts';
import { projectPoints } from './seated-head.ts';
import { softenEdges } from './soften-edges.ts';
import { drawSheet } from './warp-raster.ts';

/** Turns of the head since the portrait between which edges inside the head become soft. */
const SHARP_RAD = 0.03;
const SOFT_RAD = 0.12;

const heldTheta = new Float32Array(15);

/**
 * The portrait moved to `coefficients` (after the identity swap: turn in the neck joint), drawn back to front:
 * background plate, body, head with hair, and what the openings of the face show. The same coefficients always give
 * the same pixels.
 *
 * @param plate `[size, size]` packed background; the portrait's own where absent
 * @returns the rig's own picture, overwritten by the next call
 */
export function warp(
  rig: WarpRig,
  coefficients: HeadCoefficients,
  plate: Uint32Array = rig.plate,
): RgbaImage {
  const { camera, target } = rig;
  heldTheta.set(coefficients.theta);
  limitTurn(heldTheta, rig.reference.coefficients);
  const { psi, unitScales } = rig;
  const own = rig.reference.coefficients.psi;
  for (let i = 0; i < psi.length; i++) psi[i] = own[i] + unitScales[i] * (coefficients.psi[i] - own[i]);
  const held = { psi, theta: heldTheta, translation: coefficients.translation };
  poseHead(rig.head, held, rig.posed);
  rig.motion.move(held);
  projectPoints(camera, rig.posed, rig.points, rig.landmarks);
  moveBodySheet(rig.bodySheet, camera, rig.motion.matrices);
  moveHeadSheet(rig.headSheet, camera, rig.posed, rig.motion.matrices, rig.landmarks);

  target.color.set(plate);
  target.nearness.fill(Number.NEGATIVE_INFINITY);
  drawSheet(target, rig.bodySheet, rig.bodyTexture);
  target.nearness.fill(Number.NEGATIVE_INFINITY);
  drawSheet(target, rig.headSheet, rig.headTexture);
  softenEdges(target, rig.headSheet, rig.edges, smoothstep(SHARP_RAD, SOFT_RAD, rig.motion.headTurnRad));
  drawMouth(target, rig.mouth, camera, rig.landmarks, rig.motion.matrices);
  for (const eye of rig.eyes) drawEye(target, eye, camera, rig.landmarks, rig.motion.matrices);
  moveLidStrips(rig.lidStrips);
  drawSheet(target, rig.lidStrips, rig.lidStrips.texture);
  return rig.image;
}
