import { DEFAULT_LIVE_OPTIONS } from '../../contract/live-options.ts';
import type { LiveOptions } from '../../contract/live-session.ts';
import type { OptionsPatch } from '../../sfu/signaling/messages.ts';

/** What the studio shows until the room says what it has. */
export const START_OPTIONS: LiveOptions = { ...DEFAULT_LIVE_OPTIONS, preview: true };

/** Regions that have a slider, with words for people; a sub-set of the identity swap's. */
export const GAIN_SLIDERS = [
  { region: 'head', label: 'Head turn' },
  { region: 'translation', label: 'Head movement' },
  { region: 'mouth', label: 'Mouth' },
  { region: 'jaw', label: 'Jaw' },
  { region: 'brows', label: 'Brows' },
  { region: 'eyes', label: 'Eyelids' },
  { region: 'gaze', label: 'Gaze' },
  { region: 'cheeks', label: 'Cheeks' },
  { region: 'nose', label: 'Nose' },
] as const;

/** Key colour of the transparent background: far from skin, hair and most clothes. */
export const KEY_COLOUR = '#00b140';

/** Two changes as one; the later wins. */
export function mergedPatch(first: OptionsPatch, second: OptionsPatch): OptionsPatch {
  const gain = first.gain || second.gain ? { gain: { ...first.gain, ...second.gain } } : {};
  return { ...first, ...second, ...gain };
}
