import type { HeadCoefficients, HeadModel } from '../../reenact/head/head-model.ts';
import { logRotation, matrixFromEuler } from '../../reenact/head/rotation.ts';
import { expressionOf } from '../portrait.ts';
import { createRandom } from '../random.ts';
import { blinkAt, during, sway, swing } from './curves.ts';
import { type Fixation, gazeAt, planFixations } from './gaze.ts';
import { isVowel, type Phone, timePhrase } from './phones.ts';
import { mouthAt } from './visemes.ts';

/** A stretch of the driver clip that measures one thing. */
export interface DriverSection {
  readonly name: 'rest' | 'speech' | 'yaw' | 'pitch' | 'roll' | 'expressions';
  readonly startS: number;
  readonly endS: number;
}

/** The built-in driver's motion: 20 s, neutral and frontal in its first half second and in its last tenth. */
export interface DriverPerformance {
  readonly durationS: number;
  readonly sections: readonly DriverSection[];
  /** What is said, for the voice. */
  readonly phones: readonly Phone[];
  at(timeS: number): DriverMoment;
}

/** One moment. Angles are those of the whole head, global and neck joint together, radians. */
export interface DriverMoment {
  readonly coefficients: HeadCoefficients;
  readonly yawRad: number;
  readonly pitchRad: number;
  readonly rollRad: number;
  readonly jawRad: number;
  /** Closure of the left and the right lid, 0 open, 1 closed. */
  readonly lids: readonly [number, number];
  /** Eyes in the head, mean of both: yaw to the subject's left, pitch down, radians. */
  readonly gaze: readonly [number, number];
}

const DURATION_S = 20;
const DEGREE = Math.PI / 180;

const SECTIONS: readonly DriverSection[] = [
  { name: 'rest', startS: 0, endS: 0.5 },
  { name: 'speech', startS: 0.5, endS: 7.6 },
  { name: 'yaw', startS: 7.6, endS: 11.2 },
  { name: 'pitch', startS: 11.2, endS: 13.6 },
  { name: 'roll', startS: 13.6, endS: 16 },
  { name: 'expressions', startS: 16, endS: 20 },
];

/** "Hello, and welcome. I am the one who moves this picture: wherever I look, it looks; whatever I say, it says." */
const SPEECH =
  'HH AH L OW1 _ AE N D W EH1 L K AH M __ AY1 AE M TH AH W AH1 N HH UW M UW1 V Z TH IH S P IH1 K SH ER __ ' +
  'W EH R EH1 V ER AY L UH1 K _ IH T L UH1 K S __ W AH T EH1 V ER AY S EY1 _ IH T S EH1 Z';
/** "Now: good bye!" */
const FAREWELL = 'N AA1 UW __ G UH D B AY1';

const BLINKS_S = [1.0, 2.75, 4.1, 4.5, 6.6, 7.7, 9.45, 11.25, 12.5, 13.7, 15.1, 16.15, 17.9, 19.3];

export function createDriverPerformance(model: HeadModel, seed = 5): DriverPerformance {
  const phones = [...timePhrase(SPEECH, 0.66, 1.18), ...timePhrase(FAREWELL, 18.15)];
  const fixations = planFixations(DURATION_S, seed);
  const beats = planBeats(phones, seed);
  return {
    durationS: DURATION_S,
    sections: SECTIONS,
    phones,
    at: (timeS) => momentAt(model, { phones, fixations, beats, seed }, timeS),
  };
}

interface Plan {
  readonly phones: readonly Phone[];
  readonly fixations: readonly Fixation[];
  readonly beats: readonly Beat[];
  readonly seed: number;
}

/** A nod and a lift of the brows that go with a stressed vowel. */
interface Beat {
  readonly atS: number;
  readonly nod: number;
  readonly brows: number;
}

function planBeats(phones: readonly Phone[], seed: number): Beat[] {
  const random = createRandom(seed + 1);
  return phones
    .filter((phone) => phone.stress === 1 && isVowel(phone.symbol))
    .map((phone) => ({
      atS: (phone.startS + phone.endS) / 2,
      nod: random.between(0.3, 1),
      brows: random.next() < 0.55 ? random.between(0.3, 0.8) : 0.08,
    }));
}

function momentAt(model: HeadModel, plan: Plan, timeS: number): DriverMoment {
  const { phones, fixations, beats, seed } = plan;
  const talking = during(timeS, 0.5, 7.6, 0.5) + during(timeS, 17.2, 20, 0.5);
  const sweeping = during(timeS, 7.4, 16.2, 0.4);
  const alive = during(timeS, 0.5, 19.95, 0.45);

  const units = mouthAt(phones, timeS, 1.1 * during(timeS, 0.48, 20, 0.14));
  const add = (name: string, value: number): void => {
    units[name] = (units[name] ?? 0) + value;
  };

  // The head: sway and nods while talking, then one clean swing an axis.
  let nod = 0;
  let brows = 0;
  for (const beat of beats) {
    const near = (timeS - beat.atS) / 0.14;
    const pulse = Math.exp(-near * near);
    nod += beat.nod * pulse;
    brows += beat.brows * Math.exp(-(((timeS - beat.atS + 0.04) / 0.22) ** 2));
  }
  const yaw =
    DEGREE *
    (talking * 14 * sway(timeS, 0.42, 0, seed) +
      35 * swing(timeS, 7.6, 11.2) +
      alive * 0.6 * sway(timeS, 0.9, 5, seed));
  const pitch =
    DEGREE *
    (talking * (6 * sway(timeS, 0.5, 1, seed) + 2.6 * nod) +
      20 * swing(timeS, 11.2, 13.6) +
      alive * 0.5 * sway(timeS, 0.8, 6, seed));
  const roll =
    DEGREE *
    (talking * 6.5 * sway(timeS, 0.38, 2, seed) +
      20 * swing(timeS, 13.6, 16) +
      alive * 0.4 * sway(timeS, 0.7, 7, seed));

  add('brow-up', Math.min(0.9, brows * talking));
  express(timeS, add);

  // Lids: both blink; a wink of the left eye at 17.5 s.
  let blink = 0;
  for (const start of BLINKS_S) blink = Math.max(blink, blinkAt(timeS - start));
  const wink = during(timeS, 17.35, 17.75, 0.12);
  const lids: [number, number] = [Math.max(blink, wink), blink];

  // Gaze: on the camera or beside it; the eyes turn against the head as far as they like to.
  const [aimYaw, aimPitch] = gazeAt(fixations, timeS);
  const aside = 1 - 0.8 * sweeping;
  const scan = during(timeS, 16.1, 17.3, 0.15);
  const limit = 0.42;
  const gazeYaw = clamp(
    alive * (aimYaw * aside * (1 - scan) - 0.85 * yaw) +
      0.38 * scan * Math.sin(((timeS - 16.1) / 1.2) * 2 * Math.PI),
    limit,
  );
  const gazePitch = clamp(alive * (aimPitch * aside * (1 - scan) - 0.75 * pitch), 0.3);

  const psi = expressionOf(model, units);
  setSide(model, psi, 'blink-left', lids[0]);
  setSide(model, psi, 'blink-right', lids[1]);
  const jaw = Math.max(0, units.jaw);
  const theta = new Float32Array(15);
  // The trunk takes a little of every turn, as in people who sit.
  const share = 0.06;
  const whole = { yaw, pitch, roll };
  const trunk = matrixFromEuler({ yaw: yaw * share, pitch: pitch * share, roll: roll * share });
  theta.set(logRotation(trunk), 0);
  theta.set(logRotation(timesTransposed(trunk, matrixFromEuler(whole))), 3);
  theta[6] = jaw;
  // Eyes meet 0.9 m away.
  const vergence = 0.033;
  theta.set([gazePitch, gazeYaw - vergence * alive, 0], 9);
  theta.set([gazePitch, gazeYaw + vergence * alive, 0], 12);
  return {
    coefficients: {
      psi,
      theta,
      translation: Float32Array.of(
        alive * 0.006 * sway(timeS, 0.3, 3, seed) + 0.02 * Math.sin(yaw) * 0.4,
        -0.012 + alive * 0.003 * sway(timeS, 0.35, 4, seed),
        -1.05 + alive * 0.012 * sway(timeS, 0.25, 8, seed),
      ),
    },
    yawRad: yaw,
    pitchRad: pitch,
    rollRad: roll,
    jawRad: jaw,
    lids,
    gaze: [gazeYaw, gazePitch],
  };
}

/** Expressions apart from speech: a smile after the speech, surprise, frown, pout, smile and farewell. */
function express(timeS: number, add: (name: string, value: number) => void): void {
  const pleased =
    during(timeS, 6.9, 8.6, 0.5) * 0.35 +
    during(timeS, 19.0, 19.95, 0.4) * 0.7 +
    during(timeS, 12.9, 14.5, 0.5) * 0.3;
  add('smile', pleased);
  add('cheek-raise', pleased * 0.5);
  add('lid-lower-up', pleased * 0.3);
  const surprise = during(timeS, 16.05, 16.8, 0.22);
  add('brow-up', surprise * 0.9);
  add('eye-wide', surprise * 0.6);
  add('jaw', surprise * 0.13);
  add('lips-part', surprise * 0.25);
  const frown = during(timeS, 16.75, 17.35, 0.2);
  add('brow-down', frown * 0.75);
  add('brow-inner-down', frown * 0.4);
  add('corner-down', frown * 0.3);
  const pout = during(timeS, 17.75, 18.2, 0.16);
  add('lips-pucker', pout * 0.85);
  add('corner-in', pout * 0.3);
  add('jaw', during(timeS, 9.9, 10.9, 0.3) * 0.1);
  add('lips-part', during(timeS, 9.9, 10.9, 0.3) * 0.2);
}

function setSide(model: HeadModel, psi: Float32Array, name: string, value: number): void {
  const i = model.expressionUnits.findIndex((unit) => unit.name === name);
  if (i >= 0) psi[i] = value;
}

/** Aᵀ · B, row-major `[3, 3]`. */
function timesTransposed(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(9);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      for (let k = 0; k < 3; k++) out[row * 3 + column] += a[k * 3 + row] * b[k * 3 + column];
    }
  }
  return out;
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
