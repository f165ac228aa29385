/**
 * Expressions that a driver can hold on top of their own (`LiveOptions.hotkey`), in the order of the number keys. What
 * each does to the head is the reenactment worker's matter.
 */
export const EXPRESSION_PRESETS = [
  'smile',
  'laugh',
  'surprise',
  'angry',
  'sad',
  'doubt',
  'kiss',
  'wink',
  'puff',
] as const;

export type ExpressionPreset = (typeof EXPRESSION_PRESETS)[number];
