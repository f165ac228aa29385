import { expect, test } from 'vitest';
import { hasGpu, providerPlan } from './providers.ts';

test('the processor comes last in every plan, and alone where there is no GPU to find', () => {
  expect(providerPlan('auto', false)).toEqual(['cpu']);
  expect(providerPlan('auto', true)).toEqual(['webgpu', 'cpu']);
  expect(providerPlan('cuda', false)).toEqual(['cuda', 'cpu']);
  expect(providerPlan('cpu', true)).toEqual(['cpu']);
});

test('a GPU is found by its device node on Linux', () => {
  const machine = (nodes: Record<string, string[]>) => (folder: string) => nodes[folder] ?? [];
  expect(hasGpu('linux', machine({}))).toBe(false);
  expect(hasGpu('linux', machine({ '/dev': ['null', 'nvidia0', 'nvidiactl'] }))).toBe(true);
  expect(hasGpu('linux', machine({ '/dev/dri': ['card0', 'renderD128'] }))).toBe(true);
  expect(hasGpu('linux', machine({ '/dev/dri': ['card0'] }))).toBe(false);
  expect(hasGpu('darwin', machine({}))).toBe(true);
});
