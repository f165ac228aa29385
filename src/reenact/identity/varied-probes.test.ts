import { describe, expect, it } from 'vitest';
import type { ExpressionUnit } from '../head/head-model.ts';
import { variedProbes } from './varied-probes.ts';

function unit(name: string, over: Partial<ExpressionUnit> = {}): ExpressionUnit {
  const side = name.endsWith('-left') ? 'left' : name.endsWith('-right') ? 'right' : 'centre';
  return { name, region: 'mouth', side, min: 0, max: 1.15, sd: 0.35, ...over };
}

const UNITS = [
  unit('blink-left', { region: 'eyes' }),
  unit('squeeze-left', { region: 'eyes' }),
  unit('squeeze-right', { region: 'eyes' }),
  unit('brow-up-left', { region: 'brows' }),
  unit('brow-up-right', { region: 'brows' }),
  unit('smile-left'),
  unit('smile-right'),
  unit('chin-raise', { region: 'jaw' }),
];

describe('variedProbes', () => {
  it('draws the same faces every time, however many follow', () => {
    expect(variedProbes(UNITS, 20)).toEqual(variedProbes(UNITS, 20));
    expect(variedProbes(UNITS, 50).slice(0, 20)).toEqual(variedProbes(UNITS, 20));
  });

  it('turns the head about every axis, both ways, and opens the mouth beside expressions on both sides', () => {
    const probes = variedProbes(UNITS, 200);
    for (const axis of [0, 1, 2]) {
      const angles = probes.map(({ turnDeg }) => turnDeg[axis]);
      const mean = angles.reduce((sum, angle) => sum + angle, 0) / angles.length;
      expect(Math.abs(mean)).toBeLessThan(1);
      expect(Math.max(...angles.map(Math.abs))).toBeLessThanOrEqual(18);
      expect(Math.max(...angles)).toBeGreaterThan(6);
      expect(Math.min(...angles)).toBeLessThan(-6);
    }
    expect(probes.filter(({ jawRad }) => jawRad > 0.1).length).toBeGreaterThan(50);
    const together = probes.filter(({ units }) => units![5] > 0 && units![6] > 0);
    expect(together.length).toBeGreaterThan(0.5 * probes.filter(({ units }) => units![5] > 0).length);
  });

  it('leaves the lids open', () => {
    for (const { units } of variedProbes(UNITS, 200)) expect(units![0]).toBe(0);
  });

  it('moves the components of a head without regions and sides both ways', () => {
    const components = ['a', 'b', 'c'].map((name) => unit(name, { region: 'all', min: -3, max: 3, sd: 1 }));
    const told = variedProbes(components, 100).flatMap(({ units }) => [...units!]);
    expect(told.some((value) => value > 0.5)).toBe(true);
    expect(told.some((value) => value < -0.5)).toBe(true);
    expect(told.every(Number.isFinite)).toBe(true);
  });
});
