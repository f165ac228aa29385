import { createRandom } from '../random.ts';
import { isVowel, type Phone, type PhoneSymbol } from './phones.ts';

/** First three formants in hertz, and how the sound is made. */
interface Sound {
  readonly formants: readonly [number, number, number];
  /** Strength of the voice and of noise, 0..1. */
  readonly voice: number;
  readonly noise: number;
  /** Middle of the noise band, hertz. */
  readonly noiseHz: number;
}

const sound = (f1: number, f2: number, f3: number, voice = 1, noise = 0, noiseHz = 0): Sound => ({
  formants: [f1, f2, f3],
  voice,
  noise,
  noiseHz,
});

/** After Peterson and Barney (1952), a woman's averages, and Klatt (1980) for the consonants. */
const SOUNDS: Record<PhoneSymbol, Sound> = {
  _: sound(500, 1500, 2600, 0),
  AA: sound(850, 1220, 2810),
  AE: sound(860, 2050, 2850),
  AH: sound(760, 1400, 2780, 0.9),
  AY: sound(800, 1500, 2800),
  EH: sound(610, 2330, 2990),
  ER: sound(500, 1640, 1960),
  EY: sound(500, 2500, 3050),
  IH: sound(430, 2480, 3070, 0.9),
  IY: sound(310, 2790, 3310),
  OW: sound(540, 1000, 2700),
  UH: sound(470, 1160, 2680),
  UW: sound(370, 950, 2670),
  B: sound(250, 1000, 2300, 0.25),
  M: sound(280, 1100, 2200, 0.5),
  P: sound(400, 1000, 2300, 0, 0.12, 900),
  F: sound(400, 1200, 2400, 0, 0.16, 5200),
  V: sound(300, 1200, 2400, 0.45, 0.08, 5000),
  D: sound(280, 1700, 2700, 0.3, 0.05, 4000),
  T: sound(400, 1700, 2700, 0, 0.25, 4300),
  N: sound(300, 1650, 2600, 0.55),
  L: sound(360, 1200, 2700, 0.7),
  R: sound(400, 1300, 1700, 0.7),
  S: sound(400, 1700, 2700, 0, 0.42, 6800),
  Z: sound(300, 1700, 2700, 0.35, 0.26, 6500),
  SH: sound(400, 1800, 2700, 0, 0.42, 3400),
  TH: sound(320, 1400, 2600, 0.35, 0.12, 5600),
  K: sound(400, 1900, 2500, 0, 0.25, 2200),
  G: sound(280, 1900, 2500, 0.3, 0.06, 2200),
  HH: sound(600, 1500, 2700, 0.05, 0.2, 1500),
  W: sound(320, 800, 2300, 0.7),
  Y: sound(300, 2500, 3100, 0.7),
};

/**
 * Speech from a timed list of sounds: a pulse source with a falling, accented pitch through three resonators in
 * cascade, and filtered noise for the fricatives (Klatt, "Software for a cascade/parallel formant synthesizer", JASA
 * 1980, much reduced). Mono, -1..1.
 */
export function synthesiseVoice(
  phones: readonly Phone[],
  durationS: number,
  rateHz: number,
  seed: number,
): Float32Array {
  const out = new Float32Array(Math.round(durationS * rateHz));
  const random = createRandom(seed);
  const resonators = [80, 100, 150].map((bandwidthHz) => ({ bandwidthHz, y1: 0, y2: 0 }));
  const noiseBand = { y1: 0, y2: 0 };
  let phase = 0;
  let index = 0;
  let lipsBefore = 0;
  let before = 0;
  const state = { f: [500, 1500, 2600], voice: 0, noise: 0, noiseHz: 3000 };
  // Tracks move towards their targets with these time constants.
  const glide = 1 - Math.exp(-1 / (0.028 * rateHz));
  const fade = 1 - Math.exp(-1 / (0.012 * rateHz));
  for (let i = 0; i < out.length; i++) {
    const timeS = i / rateHz;
    while (index < phones.length && phones[index].endS <= timeS) index++;
    const phone = index < phones.length && phones[index].startS <= timeS ? phones[index] : null;
    const target = SOUNDS[phone?.symbol ?? '_'];
    for (let k = 0; k < 3; k++) state.f[k] += (target.formants[k] - state.f[k]) * glide;
    const loud = phone === null ? 0 : (isVowel(phone.symbol) ? 0.85 : 0.8) + 0.35 * phone.stress;
    state.voice += (target.voice * loud - state.voice) * fade;
    state.noise += (target.noise * loud - state.noise) * fade;
    state.noiseHz += (target.noiseHz - state.noiseHz) * glide * 3;

    const pitchHz =
      196 -
      6 * (timeS % 3) +
      26 * (phone?.stress ?? 0) * Math.sin(Math.PI * progress(phone, timeS)) +
      5 * Math.sin(timeS * 31);
    phase += pitchHz / rateHz;
    if (phase >= 1) phase -= 1;
    // Rosenberg's pulse: rises for 40 %, falls for 16 % of the period.
    const flow =
      phase < 0.4
        ? 0.5 * (1 - Math.cos((Math.PI * phase) / 0.4))
        : phase < 0.56
          ? Math.cos(((phase - 0.4) / 0.16) * (Math.PI / 2))
          : 0;
    const breath = (random.next() * 2 - 1) * 0.02;
    let sample = (flow - lipsBefore) * 6 * state.voice + breath * state.voice;
    lipsBefore = flow;
    for (let k = 0; k < 3; k++)
      sample = resonate(resonators[k], sample, state.f[k], resonators[k].bandwidthHz, rateHz);
    let hiss = 0;
    if (state.noise > 0.002) {
      hiss =
        resonate(noiseBand, random.next() * 2 - 1, Math.max(500, state.noiseHz), 1400, rateHz) *
        state.noise *
        1.3;
    }
    // Lips radiate the high better than the low.
    const bright = sample - 0.8 * before;
    before = sample;
    out[i] = bright * 0.9 + hiss * 0.24;
  }
  return levelled(out, 0.6);
}

function progress(phone: Phone | null, timeS: number): number {
  return phone === null ? 0 : (timeS - phone.startS) / (phone.endS - phone.startS);
}

/** Klatt's second-order resonator with unit gain at 0 Hz. */
function resonate(
  memory: { y1: number; y2: number },
  x: number,
  hz: number,
  bandwidthHz: number,
  rateHz: number,
): number {
  const c = -Math.exp((-2 * Math.PI * bandwidthHz) / rateHz);
  const b = 2 * Math.exp((-Math.PI * bandwidthHz) / rateHz) * Math.cos((2 * Math.PI * hz) / rateHz);
  const y = (1 - b - c) * x + b * memory.y1 + c * memory.y2;
  memory.y2 = memory.y1;
  memory.y1 = y;
  return y;
}

function levelled(samples: Float32Array, peak: number): Float32Array {
  let most = 1e-6;
  for (const sample of samples) most = Math.max(most, Math.abs(sample));
  for (let i = 0; i < samples.length; i++) samples[i] *= peak / most;
  return samples;
}

/** 16-bit mono WAV file of samples in -1..1. */
export function encodeWav(samples: Float32Array, rateHz: number): Uint8Array {
  const bytes = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string): void => {
    for (let i = 0; i < value.length; i++) view.setUint8(at + i, value.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  for (let i = 0; i < samples.length; i++)
    view.setInt16(44 + i * 2, Math.round(Math.max(-1, Math.min(1, samples[i])) * 32767), true);
  return bytes;
}
