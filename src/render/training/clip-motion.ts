import type { HeadCoefficients, HeadModel } from '../../reenact/head/head-model.ts';
import { headRotation } from '../../reenact/head/head-rotation.ts';
import { logRotation, matrixFromEuler, multiply, rodrigues, transpose } from '../../reenact/head/rotation.ts';
import { blinkAt } from '../performance/curves.ts';
import { mouthAt } from '../performance/visemes.ts';
import { expressionOf } from '../portrait.ts';
import type { Random } from '../random.ts';
import { drawUnits } from './draw-units.ts';
import { babble } from './phrase.ts';
import { wander, wanderTogether } from './tracks.ts';

/** What a clip is about; everything else goes on beside it, calmer. */
export const CLIP_KINDS = ['speech', 'units', 'turn', 'mouth', 'lids', 'smile'] as const;
export type ClipKind = (typeof CLIP_KINDS)[number];

/** How often each is drawn. */
const KIND_WEIGHTS: Readonly<Record<ClipKind, number>> = {
  speech: 0.3,
  units: 0.24,
  turn: 0.16,
  mouth: 0.12,
  lids: 0.1,
  smile: 0.08,
};

/** The face that a clip's motion starts from: the portrait's own, in the renderer's terms. */
export interface ClipRest {
  readonly coefficients: HeadCoefficients;
  /** `[expressionCount]` what of the portrait's expression stays under everything that the clip does. */
  readonly base: Float32Array;
}

const DEGREE = Math.PI / 180;
/** No eye turns further: radians down or up, and aside. */
const GAZE_LIMIT_RAD = [0.32, 0.5] as const;
const JAW_LIMIT_RAD = 0.52;
/** Upper lids go down with the eyes: closure at the lowest gaze. */
const LIDS_WITH_GAZE = 0.45;

export function drawKind(random: Random): ClipKind {
  let roll = random.next();
  for (const kind of CLIP_KINDS) if ((roll -= KIND_WEIGHTS[kind]) < 0) return kind;
  return 'speech';
}

/**
 * Motion of one clip: coefficients at a time, seconds. Trunk and shoulders stay as in the portrait; the head turns in
 * the neck joint, as the identity swap has it. Turns reach ±30° yaw, ±20° pitch and roll from the portrait's own.
 */
export function planClip(
  model: HeadModel,
  random: Random,
  kind: ClipKind,
  durationS: number,
  rest: ClipRest,
): (timeS: number) => HeadCoefficients {
  const face = planFace(model, random, kind, durationS, rest.base);
  const turn = planTurn(random, kind, durationS);
  const gaze = planGaze(random, kind, durationS);
  const sway = (reachM: number) =>
    wander(random, durationS, [0.4, 1.2], () => reachM * Math.max(-1, Math.min(1, random.normal() * 0.5)));
  const shift = [sway(0.022), sway(0.016), sway(0.05)];
  const own = rest.coefficients;
  const trunk = rodrigues(own.theta, 0);
  const ownHead = headRotation(own);

  return (timeS) => {
    const { yaw, pitch, roll } = turn(timeS);
    const head = multiply(matrixFromEuler({ yaw, pitch, roll }), ownHead);
    const theta = Float32Array.from(own.theta);
    theta.set(logRotation(multiply(transpose(trunk), head)), 3);
    const { psi, jaw, aside } = face(timeS);
    theta.set([jaw, aside, 0], 6);
    const [down, left] = gaze(timeS, pitch, yaw);
    theta.set([down, left, 0], 9);
    theta.set([down, left, 0], 12);
    closeLids(model, psi, (LIDS_WITH_GAZE * Math.max(0, down)) / GAZE_LIMIT_RAD[0]);
    const translation = own.translation.map((value, axis) => value + shift[axis](timeS));
    return { psi, theta, translation };
  };
}

function planTurn(random: Random, kind: ClipKind, durationS: number) {
  const wide = kind === 'turn';
  const everyS: [number, number] = wide ? [0.25, 0.9] : [0.35, 1.1];
  const axis = (reachDeg: number, calmDeg: number) =>
    wander(
      random,
      durationS,
      everyS,
      () =>
        DEGREE *
        (wide
          ? reachDeg * random.between(-1, 1)
          : Math.max(-reachDeg, Math.min(reachDeg, calmDeg * random.normal()))),
    );
  // Where a clip's head is on the whole: people talk turned aside, too.
  const off = wide ? [0, 0, 0] : [10 * random.normal(), 5 * random.normal(), 4 * random.normal()];
  const yaw = axis(30, 6);
  const pitch = axis(20, 4);
  const roll = axis(20, 3.5);
  const held = (value: number, limitDeg: number): number =>
    Math.max(-limitDeg * DEGREE, Math.min(limitDeg * DEGREE, value));
  return (timeS: number) => ({
    yaw: held(yaw(timeS) + off[0] * DEGREE, 30),
    pitch: held(pitch(timeS) + off[1] * DEGREE, 20),
    roll: held(roll(timeS) + off[2] * DEGREE, 20),
  });
}

/** Eyes hold what they look at while the head turns, more or less, and jump now and then. */
function planGaze(random: Random, kind: ClipKind, durationS: number) {
  const restless = kind === 'lids' || random.next() < 0.25;
  const draw = (reach: number) => (): number =>
    random.next() < (restless ? 0.75 : 0.35) ? reach * random.between(-1, 1) : 0.02 * random.normal();
  // Saccades are short: a track with brief ways between long stays.
  const jump = (reach: number) => {
    const values = wander(random, durationS, [0.2, 0.9], draw(reach));
    return (timeS: number): number => {
      const before = values(Math.floor(timeS / 0.3) * 0.3);
      const after = values((Math.floor(timeS / 0.3) + 1) * 0.3);
      const way = Math.min(1, (timeS / 0.3 - Math.floor(timeS / 0.3)) / 0.2);
      return before + (after - before) * way * way * (3 - 2 * way);
    };
  };
  const down = jump(GAZE_LIMIT_RAD[0]);
  const left = jump(GAZE_LIMIT_RAD[1]);
  const hold = random.between(0, 0.9);
  const within = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));
  return (timeS: number, pitch: number, yaw: number): [number, number] => [
    within(down(timeS) - hold * pitch, GAZE_LIMIT_RAD[0]),
    within(left(timeS) - hold * yaw, GAZE_LIMIT_RAD[1]),
  ];
}

interface FaceMoment {
  readonly psi: Float32Array;
  readonly jaw: number;
  readonly aside: number;
}

function planFace(
  model: HeadModel,
  random: Random,
  kind: ClipKind,
  durationS: number,
  base: Float32Array,
): (timeS: number) => FaceMoment {
  const add: ((timeS: number, psi: Float32Array) => void)[] = [];
  const jaws: ((timeS: number) => number)[] = [];
  const addNamed = (names: Readonly<Record<string, number>>, amount: (timeS: number) => number): void => {
    const units = expressionOf(model, names);
    add.push((timeS, psi) => {
      const share = amount(timeS);
      for (let i = 0; i < psi.length; i++) psi[i] += share * units[i];
    });
  };
  const upTo = (most: number, everyS: [number, number] = [0.25, 0.8], power = 1.3) =>
    wander(random, durationS, everyS, () => most * random.next() ** power);
  const addUnits = (options: Parameters<typeof drawUnits>[2], everyS: [number, number]): void => {
    const walk = wanderTogether(random, durationS, everyS, () => drawUnits(model, random, options));
    const now = new Float32Array(base.length);
    add.push((timeS, psi) => {
      walk(timeS, now);
      for (let i = 0; i < psi.length; i++) psi[i] += now[i];
    });
  };

  if (kind === 'speech' || (kind !== 'mouth' && random.next() < 0.35)) {
    const phones = babble(random, durationS);
    const strength = kind === 'speech' ? random.between(0.7, 1.5) : random.between(0.4, 1);
    const jawGain = random.between(0.7, 1.4);
    add.push((timeS, psi) => {
      const units = expressionOf(model, mouthAt(phones, timeS, strength));
      for (let i = 0; i < psi.length; i++) psi[i] += units[i];
    });
    jaws.push((timeS) => jawGain * Math.max(0, mouthAt(phones, timeS, strength).jaw));
  }
  if (kind === 'units') {
    addUnits({ most: 9, strength: 1.1 }, [0.25, 0.7]);
    jaws.push(upTo(0.3, [0.25, 0.7], 2));
  } else addUnits({ most: 4, strength: 0.45 }, [0.4, 1]);
  if (kind === 'mouth') {
    jaws.push(upTo(JAW_LIMIT_RAD, [0.25, 0.7], 0.8));
    addNamed({ 'lips-part': 0.6, 'lower-lip-down': 0.6, 'upper-lip-up': 0.5 }, upTo(1));
    addNamed({ 'lips-funnel': 0.9, 'lips-pucker': 0.6 }, upTo(0.8, [0.3, 0.9], 2.5));
    addUnits({ most: 4, strength: 0.8, region: 'mouth' }, [0.3, 0.8]);
  }
  if (kind === 'smile' || random.next() < 0.25) {
    const smiling = upTo(kind === 'smile' ? 1.1 : 0.6, [0.4, 1]);
    addNamed({ smile: 1, 'cheek-raise': 0.5, 'lid-lower-up': 0.3 }, smiling);
    const showing = kind === 'smile' ? random.between(0, 0.8) : 0;
    addNamed({ 'lips-part': showing, 'upper-lip-up': 0.4 * showing }, smiling);
    jaws.push((timeS) => 0.12 * showing * smiling(timeS));
  }
  if (kind === 'lids' || random.next() < 0.3) {
    addNamed({ 'brow-up': 1, 'eye-wide': 0.5 }, upTo(0.9, [0.3, 0.9], 2));
    addNamed({ 'brow-down': 0.9, 'brow-inner-down': 0.6, squeeze: 0.4 }, upTo(0.9, [0.3, 0.9], 2.5));
  }
  const lids = planLids(random, kind, durationS);
  const aside = wander(
    random,
    durationS,
    [0.3, 0.9],
    () => 0.03 * random.normal() * (random.next() < 0.3 ? 1 : 0),
  );

  return (timeS) => {
    const psi = Float32Array.from(base);
    for (const contribution of add) contribution(timeS, psi);
    const [left, right] = lids(timeS);
    closeLids(model, psi, left, right);
    model.expressionUnits.forEach(({ min, max }, i) => {
      psi[i] = Math.max(min, Math.min(max, psi[i]));
    });
    const jaw = jaws.reduce((sum, one) => sum + one(timeS), 0);
    return { psi, jaw: Math.max(-0.015, Math.min(JAW_LIMIT_RAD, jaw)), aside: aside(timeS) };
  };
}

/** Closure of the left and right lid over time: blinks, and in clips about lids long closures, winks and slits. */
function planLids(random: Random, kind: ClipKind, durationS: number): (timeS: number) => [number, number] {
  const blinks: number[] = [];
  for (let at = random.between(-0.2, 1.6); at < durationS; at += random.between(0.5, 3)) blinks.push(at);
  const blink = (timeS: number): number =>
    blinks.reduce((most, at) => Math.max(most, blinkAt(timeS - at)), 0);
  if (kind !== 'lids') return (timeS) => [blink(timeS), blink(timeS)];
  const draw = (): number => (random.next() < 0.4 ? random.between(0.9, 1.1) : random.next() ** 2);
  const both = wander(random, durationS, [0.12, 0.5], draw);
  const wink = random.next() < 0.35 ? wander(random, durationS, [0.15, 0.5], draw) : both;
  const [left, right] = random.next() < 0.5 ? [both, wink] : [wink, both];
  return (timeS) => [Math.max(blink(timeS), left(timeS)), Math.max(blink(timeS), right(timeS))];
}

function closeLids(model: HeadModel, psi: Float32Array, left: number, right = left): void {
  model.expressionUnits.forEach(({ name }, i) => {
    if (name === 'blink-left') psi[i] = Math.max(psi[i], left);
    if (name === 'blink-right') psi[i] = Math.max(psi[i], right);
  });
}
