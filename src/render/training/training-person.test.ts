import { expect, test } from 'vitest';
import { sampleTrainingPerson } from './training-person.ts';

const people = Array.from({ length: 400 }, (_, seed) => sampleTrainingPerson(seed, 61));

test('the same seed gives the same person, another attempt another one whose hair leaves the face free', () => {
  expect(sampleTrainingPerson(7, 61)).toEqual(people[7]);
  const again = sampleTrainingPerson(7, 61, 1);
  expect(again.beta).not.toEqual(people[7].beta);
  expect(['short02', 'short03', 'short04', 'ponytail01', 'braid01', 'afro01', null]).toContain(
    again.look.hair.style,
  );
});

test('people come in every style, most of them natural, some exaggerated', () => {
  const share = (of: (person: (typeof people)[number]) => boolean): number =>
    people.filter(of).length / people.length;
  expect(share(({ style }) => style === 'natural')).toBeGreaterThan(0.7);
  expect(share(({ style }) => style === 'toon')).toBeGreaterThan(0.08);
  expect(share(({ style }) => style === 'painted')).toBeGreaterThan(0.02);
  expect(share(({ caricature }) => caricature !== null)).toBeGreaterThan(0.08);
});

test('lights point at the subject from a unit away and colours can be seen', () => {
  for (const { lights, background, exposure } of people) {
    for (const { direction, colour } of [lights.key, lights.fill, lights.rim]) {
      expect(Math.hypot(...direction)).toBeCloseTo(1, 6);
      expect(Math.min(...colour)).toBeGreaterThanOrEqual(0);
    }
    const channels = [...background.colour, ...background.accent];
    expect(Math.min(...channels)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...channels)).toBeLessThanOrEqual(1);
    expect(exposure).toBeGreaterThan(0.5);
    expect(exposure).toBeLessThan(1.6);
  }
});

test('mouths are dark inside for most people, differ from one to the next, and hide more of the lower teeth', () => {
  const lights = people.map(({ look }) => look.mouth?.light ?? Number.NaN).sort((a, b) => a - b);
  expect(lights[0]).toBeGreaterThanOrEqual(0.2);
  expect(lights[399]).toBeLessThanOrEqual(1);
  expect(lights[200]).toBeGreaterThan(0.38);
  expect(lights[200]).toBeLessThan(0.52);
  for (const { mouthSeat, look } of people) {
    expect(mouthSeat.upperM).toBeLessThanOrEqual(0.003);
    expect(mouthSeat.lowerM).toBeGreaterThanOrEqual(0.001);
    expect(mouthSeat.lowerM).toBeLessThanOrEqual(0.005);
    expect(mouthSeat.tongueM).toBeGreaterThanOrEqual(mouthSeat.lowerM);
    expect(Math.max(...(look.mouth?.teeth ?? [2]))).toBeLessThan(1);
  }
  expect(new Set(people.map(({ look }) => look.mouth?.teeth[0])).size).toBe(people.length);
});

test('whites of eyes are in the shade of the brows', () => {
  for (const { look, style } of people)
    expect(Math.max(...look.eyes.sclera)).toBeLessThan(style === 'natural' ? 0.7 : 0.85);
});
