import type { HeadCoefficients, HeadModel } from '../reenact/head/head-model.ts';
import { logRotation, matrixFromEuler } from '../reenact/head/rotation.ts';
import { shapeHead } from '../reenact/head/shape-head.ts';
import type { BuiltinPerson } from './builtin-people.ts';
import { exaggerate } from './caricature.ts';
import type { LookAssets } from './look-file.ts';
import type { RenderScene } from './scene.ts';
import { dressedModel, prepareShaped, type Subject } from './subject.ts';

const DEGREE = Math.PI / 180;
/** Distance of the camera, metres: a portrait lens, so that noses do not swell. */
const DISTANCE_M = 1.25;
/** Picture heights a metre at that distance: head and hair fill about half of the picture. */
const SCALE = 2.05;

/** A built-in person made ready to be drawn. */
export function prepareBuiltin(
  person: BuiltinPerson,
  beta: ArrayLike<number>,
  model: HeadModel,
  assets: LookAssets,
  textureSize: number,
): Subject {
  const shaped = shapeHead(dressedModel(model, assets), beta);
  const { caricature } = person;
  return prepareShaped(
    caricature === null ? shaped : exaggerate(shaped, caricature.eyes, caricature.head),
    person.look,
    assets,
    { textureSize, refine: true },
  );
}

/** Head and shoulders of a built-in person in a square picture of `size` pixels. */
export function portraitScene(person: BuiltinPerson, subject: Subject, size: number): RenderScene {
  const { model } = subject.shaped;
  const [yaw, pitch, roll] = person.turnDeg;
  const theta = new Float32Array(15);
  theta.set(
    logRotation(matrixFromEuler({ yaw: yaw * DEGREE, pitch: pitch * DEGREE, roll: roll * DEGREE })),
    3,
  );
  // The eyes look into the camera.
  for (const eye of [9, 12]) theta.set([-pitch * DEGREE, -yaw * DEGREE], eye);
  const coefficients: HeadCoefficients = {
    psi: expressionOf(model, person.expression),
    theta,
    translation: Float32Array.of(0, -0.012, -DISTANCE_M),
  };
  return {
    subject,
    coefficients,
    camera: { focalPx: SCALE * size * DISTANCE_M, centreX: size / 2, centreY: size * 0.47 },
    width: size,
    height: size,
    samples: 3,
    lights: person.lights,
    background: person.background,
    style: person.style,
    exposure: 1,
  };
}

/** `[expressionCount]` from names; a name without side sets both. */
export function expressionOf(model: HeadModel, values: Readonly<Record<string, number>>): Float32Array {
  const psi = new Float32Array(model.expressionCount);
  model.expressionUnits.forEach((unit, i) => {
    const value = values[unit.name] ?? values[unit.name.replace(/-(left|right)$/, '')];
    if (value !== undefined) psi[i] = value;
  });
  return psi;
}
