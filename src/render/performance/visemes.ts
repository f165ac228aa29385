import { isVowel, type Phone, type PhoneSymbol } from './phones.ts';

/** Jaw in radians, expression units by name (both sides). */
export type MouthShape = Record<string, number> & { jaw: number };

/** What a mouth does for a sound; names as in {@link MouthShape}. */
type Viseme = Readonly<Record<string, number>>;

const CLOSED: Viseme = {
  jaw: 0.015,
  'mouth-compress': 0.16,
  'upper-lip-roll-in': 0.25,
  'lower-lip-roll-in': 0.25,
};
const LIP_TO_TEETH: Viseme = {
  jaw: 0.035,
  'lower-lip-up': 0.35,
  'lower-lip-roll-in': 0.45,
  'upper-lip-up': 0.4,
};
const TONGUE: Viseme = { jaw: 0.075, 'lips-part': 0.35, 'lower-lip-down': 0.11, 'upper-lip-up': 0.15 };
const HISS: Viseme = {
  jaw: 0.03,
  'lips-part': 0.32,
  'corner-out': 0.28,
  'upper-lip-up': 0.25,
  'lower-lip-down': 0.17,
};
const BACK: Viseme = { jaw: 0.09, 'lips-part': 0.3 };
const ROUND: Viseme = { jaw: 0.055, 'lips-pucker': 0.7, 'lips-funnel': 0.35, 'corner-in': 0.45 };
const SPREAD: Viseme = {
  jaw: 0.055,
  'corner-out': 0.55,
  'corner-back': 0.2,
  'upper-lip-up': 0.33,
  'lower-lip-down': 0.19,
};
const OPEN: Viseme = { jaw: 0.25, 'lips-part': 0.2, 'lower-lip-down': 0.1 };
const HALF: Viseme = { jaw: 0.16, 'corner-out': 0.25, 'upper-lip-up': 0.25, 'lower-lip-down': 0.14 };
const MURMUR: Viseme = { jaw: 0.12, 'lips-part': 0.25, 'lower-lip-down': 0.075 };

const VISEMES: Record<PhoneSymbol, Viseme> = {
  _: {},
  AA: OPEN,
  AE: { ...HALF, jaw: 0.21 },
  AH: MURMUR,
  AY: { ...OPEN, 'corner-out': 0.3 },
  EH: HALF,
  ER: { jaw: 0.08, 'lips-funnel': 0.35, 'corner-in': 0.2 },
  EY: { ...HALF, jaw: 0.12, 'corner-out': 0.4 },
  IH: { ...SPREAD, 'corner-out': 0.3, jaw: 0.075 },
  IY: SPREAD,
  OW: { jaw: 0.15, 'lips-funnel': 0.55, 'lips-pucker': 0.2, 'corner-in': 0.3 },
  UH: { jaw: 0.08, 'lips-pucker': 0.35, 'lips-funnel': 0.4, 'corner-in': 0.2 },
  UW: ROUND,
  B: CLOSED,
  M: CLOSED,
  P: CLOSED,
  F: LIP_TO_TEETH,
  V: LIP_TO_TEETH,
  D: TONGUE,
  T: TONGUE,
  N: TONGUE,
  L: { ...TONGUE, jaw: 0.1 },
  R: { jaw: 0.075, 'lips-funnel': 0.4, 'corner-in': 0.2 },
  S: HISS,
  Z: HISS,
  SH: { jaw: 0.045, 'lips-funnel': 0.6, 'corner-in': 0.25 },
  TH: TONGUE,
  K: BACK,
  G: BACK,
  HH: BACK,
  W: ROUND,
  Y: SPREAD,
};

/** How firmly a sound holds its shape against its neighbours, and how far it reaches in time, seconds. */
function dominance(symbol: PhoneSymbol): readonly [number, number] {
  if (VISEMES[symbol] === CLOSED) return [6, 0.035];
  if (VISEMES[symbol] === LIP_TO_TEETH) return [3, 0.045];
  if (VISEMES[symbol] === ROUND) return [1.6, 0.09];
  if (symbol === '_') return [1.4, 0.07];
  return isVowel(symbol) ? [1, 0.075] : [0.5, 0.05];
}

/**
 * Mouth shape at a time, blended over all sounds nearby: each pulls with a dominance that falls exponentially with the
 * distance in time (Cohen and Massaro, "Modeling Coarticulation in Synthetic Visual Speech", 1993), so that closures
 * close and vowels between them undershoot.
 */
export function mouthAt(phones: readonly Phone[], timeS: number, strength: number): MouthShape {
  const sums: Record<string, number> & { jaw: number } = { jaw: 0 };
  // The face at rest pulls too: it decides where no sound is near.
  let total = 0.15;
  for (const phone of phones) {
    const outside = Math.max(phone.startS - timeS, timeS - phone.endS, 0);
    if (outside > 0.5) continue;
    const [height, reachS] = dominance(phone.symbol);
    const middle = (phone.startS + phone.endS) / 2;
    const half = (phone.endS - phone.startS) / 2;
    const pull = height * Math.exp(-Math.abs(timeS - middle) / (reachS + 0.4 * half));
    total += pull;
    const amount = pull * (0.85 + 0.3 * phone.stress);
    const viseme = VISEMES[phone.symbol];
    for (const name of Object.keys(viseme)) sums[name] = (sums[name] ?? 0) + amount * viseme[name];
  }
  for (const name of Object.keys(sums)) sums[name] = (strength * sums[name]) / total;
  return sums;
}
