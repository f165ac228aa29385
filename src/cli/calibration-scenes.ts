import type { Camera, HeadCoefficients, HeadModel, ShapedHead } from '../reenact/head/head-model.ts';
import { logRotation, matrixFromEuler, rodrigues, rotate } from '../reenact/head/rotation.ts';
import type { Random } from '../render/random.ts';
import { type RandomPerson, samplePerson } from '../render/random-person.ts';

const DEG = Math.PI / 180;
const PICTURE_PX = 384;
/** Hair that leaves eyes and brows free. */
const OPEN_STYLES = [
  'short02',
  'short03',
  'short04',
  'ponytail01',
  'braid01',
  'afro01',
  'long01',
  null,
] as const;

/** What one calibration picture shows. */
export interface CalibrationShot {
  readonly coefficients: HeadCoefficients;
  readonly camera: Camera;
  readonly sizePx: number;
}

/**
 * Picture `index` of a person. Faces must not only rest: with closed mouths alone the inner lower lip lands on the
 * upper one. A quarter is calm, the rest share open mouths, closed lids, smiles and mixtures; every picture has its
 * own pose (yaw to ±40°, pitch to ±20°, roll to ±20°), gaze, distance and field of view.
 */
export function randomShot(shaped: ShapedHead, random: Random, index: number): CalibrationShot {
  const { model } = shaped;
  const frontal = index % 3 === 0;
  const yaw = frontal ? random.between(-9, 9) : random.between(-40, 40);
  const pitch = frontal ? random.between(-10, 10) : random.between(-20, 20);
  const theta = new Float32Array(15);
  const roll = random.between(-20, 20) * (frontal ? 0.5 : 1);
  theta.set(logRotation(matrixFromEuler({ yaw: yaw * DEG, pitch: pitch * DEG, roll: roll * DEG })));
  const psi = new Float32Array(model.expressionCount);
  express(model, random, index, psi, theta);
  const fieldOfView = random.between(22, 50) * DEG;
  const focalPx = PICTURE_PX / 2 / Math.tan(fieldOfView / 2);
  // Chin to crown over two thirds of the picture and more.
  const depthM = (focalPx * 0.25) / (random.between(0.65, 0.9) * PICTURE_PX);
  const target = [random.between(-0.02, 0.02), random.between(-0.015, 0.015), -depthM];
  return {
    coefficients: {
      psi,
      theta,
      translation: translationTo(shaped, theta, target),
    },
    camera: { focalPx, centreX: PICTURE_PX / 2, centreY: PICTURE_PX / 2 },
    sizePx: PICTURE_PX,
  };
}

/** Translation that puts the middle of the face, between eyes and mouth, at `target` in the camera frame. */
function translationTo({ joints }: ShapedHead, theta: Float32Array, target: readonly number[]): Float32Array {
  const middle = [0, 1, 2].map((axis) => (joints[9 + axis] + joints[12 + axis]) / 2 + [0, -0.03, 0.02][axis]);
  const turned = rotate(
    rodrigues(theta),
    middle.map((value, axis) => value - joints[axis]),
  );
  return Float32Array.from(target, (value, axis) => value - turned[axis] - joints[axis]);
}

function express(
  model: HeadModel,
  random: Random,
  index: number,
  psi: Float32Array,
  theta: Float32Array,
): void {
  const gaze = [random.between(-0.22, 0.22), random.between(-0.4, 0.4)];
  for (const eye of [9, 12]) theta.set(gaze, eye);
  const kind = index % 8;
  if (kind === 0 || kind === 5) return;
  if (kind === 1 || kind === 4 || kind === 6) theta[6] = random.between(0.05, 0.4);
  if (kind === 2) raise(model, psi, /^blink/, random.between(0.85, 1.05));
  if (kind === 3 || kind === 6) raise(model, psi, /^smile/, random.between(0.3, 1));
  if (kind === 4 || kind === 7) {
    for (let pick = 0; pick < 5; pick++) {
      const unit = Math.floor(random.next() * model.expressionCount);
      const { min, max } = model.expressionUnits[unit];
      const value = random.between(0.15, 0.7) * (min < 0 && random.next() < 0.5 ? min : max);
      psi[unit] = value;
      const mate = mirrorOf(model, unit);
      if (mate !== null && random.next() < 0.7) psi[mate] = value;
    }
  }
}

function raise(model: HeadModel, psi: Float32Array, name: RegExp, value: number): void {
  model.expressionUnits.forEach((unit, index) => {
    if (name.test(unit.name)) psi[index] = value;
  });
}

/** The same unit of the other side. */
function mirrorOf(model: HeadModel, unit: number): number | null {
  const { name } = model.expressionUnits[unit];
  const mate = /left/i.test(name) ? name.replace('left', 'right') : name.replace('right', 'left');
  const index = model.expressionUnits.findIndex((other) => other.name === mate && mate !== name);
  return index >= 0 ? index : null;
}

/** A random person whose hair leaves eyes and brows free: looks, light and backdrop of all kinds. */
export function calibrationPerson(seed: number, model: HeadModel): RandomPerson {
  const person = samplePerson(seed, model.shapeCount);
  const style = OPEN_STYLES[seed % OPEN_STYLES.length];
  return { ...person, look: { ...person.look, hair: { ...person.look.hair, style } } };
}
