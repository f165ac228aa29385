import type { LabelStyle, LiveOptions } from '../contract/live-session.ts';
import { LIVE_DEFAULTS } from './sfu-defaults.ts';
import type { OptionsPatch } from './signaling/messages.ts';

export function firstOptions(label: LabelStyle, patch: OptionsPatch = {}): LiveOptions {
  return patchOptions({ ...LIVE_DEFAULTS, label }, patch);
}

/** What the patch does not name stays; gains are merged region by region. */
export function patchOptions(options: LiveOptions, patch: OptionsPatch): LiveOptions {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return {
    ...options,
    ...given,
    ...(patch.gain && { gain: { ...options.gain, ...patch.gain } }),
  };
}
