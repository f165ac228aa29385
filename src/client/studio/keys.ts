import { EXPRESSION_PRESETS } from '../../contract/expression-presets.ts';
import type { StudioModel } from './studio-model.ts';

/** Keys that work wherever nothing is being typed. @returns stops following them */
export function followKeys(studio: StudioModel): () => void {
  const pressed = (event: KeyboardEvent) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open]')) return;
    const preset = /^[1-9]$/.test(event.key) ? EXPRESSION_PRESETS[Number(event.key) - 1] : undefined;
    if (preset) studio.toggleHotkey(preset);
    else if (event.key === ' ' && !isPressable(event.target)) studio.togglePause();
    else return;
    event.preventDefault();
  };
  addEventListener('keydown', pressed);
  return () => removeEventListener('keydown', pressed);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=range]), select, textarea');
}

/** The space bar belongs to a button that has the focus. */
function isPressable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, label, summary, [role=tab]') !== null;
}
