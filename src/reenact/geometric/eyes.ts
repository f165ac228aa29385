import type { Camera } from '../head/head-model.ts';
import { type EyeLayer, IRIS_GONE, IRIS_WHOLE, meanGap } from './eye-layer.ts';
import { smoothstep } from './numeric.ts';
import { mixPixel, samplePatch } from './patch.ts';
import { setPlaneMotion } from './plane-motion.ts';
import { HEAD_JOINT } from './rigid-motion.ts';
import type { RasterTarget } from './warp-raster.ts';

/** An eye hardly opened: nothing is drawn of what is behind the lids. */
const LEAST_GAP_PX = 0.3;
/**
 * Below the second part of the portrait's own opening an eye closes faster than its lids, so that it is shut at the
 * first: no model's lids meet everywhere on a portrait's.
 */
const SHUT = 0.14;
const CLOSING = 0.34;

const whiteColor = new Float64Array(3);
const irisColor = new Float64Array(3);

/**
 * Draws what shows between the lids in this frame.
 *
 * @param landmarks `[478, 3]` of this frame: pixels and Z
 * @param matrices `[5, 3, 4]` of `RigidMotion`
 */
export function drawEye(
  target: RasterTarget,
  eye: EyeLayer,
  camera: Camera,
  landmarks: Float32Array,
  matrices: Float64Array,
): void {
  const { shape, mask, motion, socket, lids, irisRadius } = eye;
  setPlaneMotion(motion, camera, matrices, HEAD_JOINT, socket[0], socket[1], socket[2]);
  closeLids(eye, landmarks);
  shape.set(landmarks, eye.closeBy);
  if (shape.gapPx < LEAST_GAP_PX) return;
  mask.fill(shape.outline, shape.outlineCount);
  const first = lids.upper[0] * 3;
  const last = lids.upper[lids.upper.length - 1] * 3;
  const socketX = (landmarks[first] + landmarks[last]) / 2;
  const socketY = (landmarks[first + 1] + landmarks[last + 1]) / 2;

  // The iris goes with the socket, and beyond that as far as the model's pupil does.
  const [fa, fb, fc, fd] = motion.forward;
  const ownX = eye.irisX - socket[0];
  const ownY = eye.irisY - socket[1];
  const modelX = eye.modelPupil[0] - socket[0];
  const modelY = eye.modelPupil[1] - socket[1];
  const gazeX = landmarks[eye.pupil * 3] - (socketX + fa * modelX + fb * modelY);
  const gazeY = landmarks[eye.pupil * 3 + 1] - (socketY + fc * modelX + fd * modelY);
  const irisX = socketX + fa * ownX + fb * ownY + eye.travel * gazeX;
  const irisY = socketY + fc * ownX + fd * ownY + eye.travel * gazeY;

  const [ia, ib, ic, id] = motion.inverse;
  const { color, width } = target;
  const columns = mask.right - mask.left;
  const nearest = (irisRadius * IRIS_WHOLE) ** 2;
  const farthest = (irisRadius * IRIS_GONE) ** 2;
  for (let y = mask.top; y < mask.bottom; y++)
    for (let x = mask.left; x < mask.right; x++) {
      const alpha = mask.data[(y - mask.top) * columns + x - mask.left];
      if (alpha <= 0.002) continue;
      const sx = x + 0.5 - socketX;
      const sy = y + 0.5 - socketY;
      samplePatch(eye.white, socket[0] + ia * sx + ib * sy, socket[1] + ic * sx + id * sy, whiteColor);
      const dx = ia * (x + 0.5 - irisX) + ib * (y + 0.5 - irisY);
      const dy = ic * (x + 0.5 - irisX) + id * (y + 0.5 - irisY);
      const squared = dx * dx + dy * dy;
      if (squared < farthest) {
        samplePatch(eye.iris, eye.irisX + dx, eye.irisY + dy, irisColor);
        const share =
          squared < nearest ? 1 : smoothstep(IRIS_GONE, IRIS_WHOLE, Math.sqrt(squared) / irisRadius);
        for (let k = 0; k < 3; k++) whiteColor[k] += share * (irisColor[k] - whiteColor[k]);
      }
      const p = y * width + x;
      color[p] = mixPixel(color[p], whiteColor, Math.min(1, alpha));
    }
}

/** Sets how far the lines are drawn together beyond what the head's lids do. */
function closeLids({ lids, motion, gapPx, closeBy }: EyeLayer, landmarks: Float32Array): void {
  const open = meanGap(landmarks, lids, motion) / Math.max(1e-3, gapPx);
  const wanted = open >= CLOSING ? open : Math.max(0, ((open - SHUT) / (CLOSING - SHUT)) * CLOSING);
  const share = open > 1e-3 ? 1 - wanted / open : 1;
  for (let i = 0; i < lids.upper.length; i++)
    for (let axis = 0; axis < 2; axis++)
      closeBy[i * 2 + axis] =
        share * (landmarks[lids.lower[i] * 3 + axis] - landmarks[lids.upper[i] * 3 + axis]);
}
