import { type Phone, timePhrase } from '../performance/phones.ts';
import type { Random } from '../random.ts';

const CONSONANTS = 'B M P F V D T N L R S Z SH TH K G HH W Y'.split(' ');
const VOWELS = 'AA AE AH AY EH ER EY IH IY OW UH UW'.split(' ');
const PAUSE_SHARE = 0.12;

/** Nonsense of consonants and vowels in turn, as fast as people talk, that lasts at least `durationS`. */
export function babble(random: Random, durationS: number): Phone[] {
  const tokens: string[] = [];
  const syllables = Math.ceil(durationS / 0.12) + 2;
  for (let i = 0; i < syllables; i++) {
    if (random.next() < PAUSE_SHARE) tokens.push('_');
    tokens.push(random.pick(CONSONANTS));
    if (random.next() < 0.2) tokens.push(random.pick(CONSONANTS));
    tokens.push(`${random.pick(VOWELS)}${random.next() < 0.35 ? '1' : ''}`);
  }
  return timePhrase(tokens.join(' '), -0.3, random.between(0.8, 1.25));
}
