import type { LiveOptions } from './live-session.ts';

/** What a session does until somebody changes it. */
export const DEFAULT_LIVE_OPTIONS: LiveOptions = {
  mirror: false,
  gain: {},
  smoothing: 1,
  pose: 'relative',
  expression: 'absolute',
  hotkey: null,
  paused: false,
  background: { kind: 'picture' },
  label: { text: 'AI-generated', corner: 'bottom-left', size: 0.045, opacity: 0.8 },
  generator: 'geometric',
  preview: false,
  probe: false,
};

/** Some of the options; absent and undefined are the same. */
export type LiveOptionsPatch = { readonly [Name in keyof LiveOptions]?: LiveOptions[Name] | undefined };

/** What the patch does not name stays; gains are merged region by region. */
export function patchOptions(options: LiveOptions, patch: LiveOptionsPatch): LiveOptions {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return {
    ...options,
    ...given,
    ...(patch.gain && { gain: { ...options.gain, ...patch.gain } }),
  };
}
