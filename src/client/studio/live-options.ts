import type { LiveOptions } from '../../contract/live-session.ts';
import type { OptionsPatch } from '../../sfu/signaling/messages.ts';

/** What the studio shows until the room says what it has. */
export const START_OPTIONS: LiveOptions = {
  mirror: false,
  gain: {},
  smoothing: 1,
  pose: 'relative',
  expression: 'absolute',
  hotkey: null,
  paused: false,
  background: { kind: 'picture' },
  label: { text: 'AI-generated', corner: 'bottom-left', size: 0.045, opacity: 0.8 },
  preview: true,
  probe: false,
};

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

/** `options` with a change on top; the gains of a change add to those that stand. */
export function patched(options: LiveOptions, patch: OptionsPatch): LiveOptions {
  const { gain, ...rest } = patch;
  const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...options,
    ...known,
    gain: gain ? { ...options.gain, ...gain } : options.gain,
  };
}

/** Two changes as one; the later wins. */
export function mergedPatch(first: OptionsPatch, second: OptionsPatch): OptionsPatch {
  const gain = first.gain || second.gain ? { gain: { ...first.gain, ...second.gain } } : {};
  return { ...first, ...second, ...gain };
}
