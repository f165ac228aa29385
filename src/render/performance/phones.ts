/** One sound of speech: what the face does and what the voice does. Times in seconds. */
export interface Phone {
  readonly symbol: PhoneSymbol;
  readonly startS: number;
  readonly endS: number;
  /** 0 unstressed to 1 stressed. */
  readonly stress: number;
}

/** A compact set in ARPAbet's letters; `_` is a pause. */
export type PhoneSymbol = keyof typeof DURATION_S;

const DURATION_S = {
  _: 0.12,
  AA: 0.14,
  AE: 0.14,
  AH: 0.09,
  AY: 0.17,
  EH: 0.11,
  ER: 0.12,
  EY: 0.15,
  IH: 0.08,
  IY: 0.12,
  OW: 0.16,
  UH: 0.09,
  UW: 0.13,
  B: 0.075,
  M: 0.085,
  P: 0.09,
  F: 0.1,
  V: 0.075,
  D: 0.065,
  T: 0.075,
  N: 0.07,
  L: 0.07,
  R: 0.075,
  S: 0.11,
  Z: 0.09,
  SH: 0.115,
  TH: 0.085,
  K: 0.085,
  G: 0.075,
  HH: 0.06,
  W: 0.085,
  Y: 0.06,
} as const;

const VOWELS = new Set<PhoneSymbol>(['AA', 'AE', 'AH', 'AY', 'EH', 'ER', 'EY', 'IH', 'IY', 'OW', 'UH', 'UW']);

export function isVowel(symbol: PhoneSymbol): boolean {
  return VOWELS.has(symbol);
}

/**
 * Timed phones of a phrase from `startS` on. The phrase is written in the symbols above, separated by blanks; a digit
 * 1 behind a vowel stresses it, `__` is a long pause.
 */
export function timePhrase(phrase: string, startS: number, tempo = 1): Phone[] {
  const phones: Phone[] = [];
  let at = startS;
  for (const token of phrase.trim().split(/\s+/)) {
    const long = token === '__';
    const symbol = (long ? '_' : token.replace('1', '')) as PhoneSymbol;
    if (!(symbol in DURATION_S)) throw new RangeError(`no phone is written ${token}`);
    const stress = token.endsWith('1') ? 1 : 0;
    const duration = (DURATION_S[symbol] / tempo) * (stress === 1 ? 1.3 : 1) * (long ? 2.6 : 1);
    phones.push({ symbol, startS: at, endS: at + duration, stress });
    at += duration;
  }
  return phones;
}
