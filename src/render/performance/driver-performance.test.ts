import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HeadModel } from '../../reenact/head/head-model.ts';
import { loadHeadModel } from '../../reenact/head/load-head-model.ts';
import { eulerFromMatrix, rodrigues } from '../../reenact/head/rotation.ts';
import { blinkAt } from './curves.ts';
import { createDriverPerformance, type DriverMoment, type DriverPerformance } from './driver-performance.ts';
import { timePhrase } from './phones.ts';
import { mouthAt } from './visemes.ts';

const DEGREE = Math.PI / 180;

describe('driver performance', () => {
  let model: HeadModel;
  let act: DriverPerformance;
  let moments: DriverMoment[];

  beforeAll(async () => {
    model = await loadHeadModel(
      fileURLToPath(new URL('../../../models/head/open-head.bin', import.meta.url)),
    );
    act = createDriverPerformance(model);
    moments = Array.from({ length: act.durationS * 25 }, (_, i) => act.at(i / 25));
  });

  it('begins with half a second of rest, facing the camera', () => {
    for (const moment of moments.slice(0, 12)) {
      expect(Math.max(...moment.coefficients.theta.map(Math.abs))).toBeLessThan(0.01);
      expect(Math.max(...moment.coefficients.psi)).toBeLessThan(0.03);
    }
  });

  it('ends where it began, so that it can be looped', () => {
    const last = act.at(act.durationS);
    for (const value of last.coefficients.theta) expect(Math.abs(value)).toBeLessThan(0.02);
  });

  it('reaches 35 degrees of yaw and 20 of pitch and roll, each in its own section', () => {
    const reach = { yaw: 35, pitch: 20, roll: 20 } as const;
    for (const name of ['yaw', 'pitch', 'roll'] as const) {
      const section = act.sections.find((s) => s.name === name)!;
      const values = moments
        .filter((_, i) => i / 25 >= section.startS && i / 25 < section.endS)
        .map((moment) => moment[`${name}Rad`] / DEGREE);
      expect(Math.max(...values)).toBeGreaterThan(reach[name] - 1.5);
      expect(Math.min(...values)).toBeLessThan(-reach[name] + 1.5);
    }
  });

  it('states the angles that global and neck rotation add up to', () => {
    for (const moment of moments.filter((_, i) => i % 17 === 0)) {
      const { theta } = moment.coefficients;
      const [global, neck] = [rodrigues(theta, 0), rodrigues(theta, 3)];
      const whole = new Float64Array(9);
      for (let r = 0; r < 3; r++)
        for (let c = 0; c < 3; c++)
          for (let k = 0; k < 3; k++) whole[r * 3 + c] += global[r * 3 + k] * neck[k * 3 + c];
      const euler = eulerFromMatrix(whole);
      expect(euler.yaw).toBeCloseTo(moment.yawRad, 4);
      expect(euler.pitch).toBeCloseTo(moment.pitchRad, 4);
      expect(euler.roll).toBeCloseTo(moment.rollRad, 4);
    }
  });

  it('keeps every unit within its bounds and moves no faster than people do', () => {
    const outside = moments.flatMap(({ coefficients }) =>
      model.expressionUnits.filter(
        ({ min, max }, u) => coefficients.psi[u] < min || coefficients.psi[u] > max,
      ),
    );
    expect(outside).toEqual([]);
    for (const angle of ['yawRad', 'pitchRad', 'rollRad'] as const) {
      const steps = moments.slice(1).map((moment, i) => Math.abs(moment[angle] - moments[i][angle]));
      expect(Math.max(...steps) * 25).toBeLessThan(90 * DEGREE);
    }
  });

  it('talks: the mouth opens and closes several times in the speech', () => {
    const jaws = moments.slice(15, 185).map((moment) => moment.jawRad);
    let turns = 0;
    for (let i = 1; i + 1 < jaws.length; i++)
      if (jaws[i] > jaws[i - 1] && jaws[i] >= jaws[i + 1] && jaws[i] > 0.06) turns++;
    expect(turns).toBeGreaterThan(10);
    expect(Math.max(...jaws)).toBeGreaterThan(0.14);
    expect(jaws.filter((jaw) => jaw < 0.05).length).toBeGreaterThan(20);
  });

  it('blinks at least eight times, and winks with the left eye alone', () => {
    let blinks = 0;
    for (let i = 1; i < moments.length; i++)
      if (moments[i].lids[1] > 0.5 && moments[i - 1].lids[1] <= 0.5) blinks++;
    expect(blinks).toBeGreaterThanOrEqual(8);
    expect(moments.some((moment) => moment.lids[0] > 0.9 && moment.lids[1] < 0.05)).toBe(true);
  });

  it('looks aside and back', () => {
    const yaws = moments.map((moment) => moment.gaze[0]);
    expect(Math.max(...yaws)).toBeGreaterThan(0.3);
    expect(Math.min(...yaws)).toBeLessThan(-0.3);
  });
});

describe('blinkAt', () => {
  it('closes faster than it opens, wholly, within a quarter of a second', () => {
    const values = Array.from({ length: 300 }, (_, i) => blinkAt(i / 1000));
    const peak = values.indexOf(Math.max(...values));
    expect(values[peak]).toBe(1);
    const halfUp = values.findIndex((value) => value > 0.5);
    const halfDown = values.findIndex((value, i) => i > 100 && value < 0.5);
    expect(halfDown - 100).toBeGreaterThan(70 - halfUp);
    expect(blinkAt(0.27)).toBe(0);
  });
});

describe('mouthAt', () => {
  it('closes the lips for M between open vowels, whatever is around', () => {
    const phones = timePhrase('AA1 M AA1', 0);
    const vowel = mouthAt(phones, (phones[0].startS + phones[0].endS) / 2, 1).jaw;
    const closure = mouthAt(phones, (phones[1].startS + phones[1].endS) / 2, 1).jaw;
    expect(vowel).toBeGreaterThan(0.12);
    expect(closure).toBeLessThan(0.35 * vowel);
  });

  it('is at rest long before and after', () => {
    const phones = timePhrase('AA M', 5);
    for (const time of [0, 20])
      for (const value of Object.values(mouthAt(phones, time, 1))) expect(value).toBe(0);
  });

  it('refuses sounds that nobody defined', () => {
    expect(() => timePhrase('AA QQ', 0)).toThrow(/QQ/);
  });
});
