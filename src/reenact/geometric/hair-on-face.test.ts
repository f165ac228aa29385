import { describe, expect, test } from 'vitest';
import { hairOnFace } from './hair-on-face.ts';

const SIZE = 160;
const IOD = 40;
const SKIN = [220, 170, 140];
const HAIR = [50, 35, 30];

/** A face of radius 45 about the middle with hair of radius 70 around it, a person down to the bottom. */
const inFace = (x: number, y: number): boolean => Math.hypot(x - 80, y - 85) < 45;
const inHair = (x: number, y: number): boolean => !inFace(x, y) && Math.hypot(x - 80, y - 75) < 70 && y < 110;

interface Picture {
  /** Of the face's pixels, beside what surrounds it. */
  dark?(x: number, y: number): boolean;
  /** How far skin there has its own colour instead of the hair's. */
  shade?(x: number, y: number): number;
  hair?: readonly number[];
}

function look({ dark = () => false, shade = () => 1, hair = HAIR }: Picture): Uint8Array {
  const portrait = new Float32Array(SIZE * SIZE * 3);
  const person = new Float32Array(SIZE * SIZE);
  const face = new Float32Array(SIZE * SIZE);
  for (let y = 0, p = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++, p++) {
      face[p] = inFace(x, y) ? 1 : 0;
      person[p] = inFace(x, y) || inHair(x, y) ? 1 : 0;
      const grain = ((x * 7 + y * 13) % 11) - 5;
      const skin = inHair(x, y) || (inFace(x, y) && dark(x, y)) ? 0 : inFace(x, y) ? shade(x, y) : 1;
      for (let k = 0; k < 3; k++) portrait[p * 3 + k] = hair[k] + skin * (SKIN[k] - hair[k]) + grain;
    }
  const landmarks = new Float32Array(478 * 3);
  for (const [index, x, y] of [
    [33, 60, 75],
    [263, 100, 75],
    [1, 80, 95],
    [0, 80, 108],
  ]) {
    landmarks[index * 3] = x;
    landmarks[index * 3 + 1] = y;
  }
  return hairOnFace({ portrait, person, face, landmarks, size: SIZE, iodPx: IOD });
}

const shareOf = (found: Uint8Array, where: (x: number, y: number) => boolean): number => {
  let [count, all] = [0, 0];
  for (let p = 0; p < found.length; p++)
    if (where(p % SIZE, Math.floor(p / SIZE))) {
      all++;
      count += found[p];
    }
  return count / all;
};

/** Well inside: the edges of a mean are soft. */
const skinOfFace = (x: number, y: number): boolean => Math.hypot(x - 80, y - 85) < 40;

describe('hair that lies over a face', () => {
  test('is nothing where hair only frames the face', () => {
    expect(Math.max(...look({}))).toBe(0);
  });

  test('is a fringe, down to its edge', () => {
    const found = look({ dark: (x, y) => y < 70 + (x - 80) / 4 });
    expect(shareOf(found, (x, y) => inFace(x, y) && y < 65 + (x - 80) / 4)).toBeGreaterThan(0.95);
    expect(
      shareOf(found, (x, y) => inHair(x, y) && y < 60 && Math.hypot(x - 80, y - 85) > 48),
    ).toBeGreaterThan(0.95);
    expect(shareOf(found, (x, y) => skinOfFace(x, y) && y > 75 + (x - 80) / 4)).toBe(0);
  });

  test('is no eye in a shadow that reaches the temple, and nothing dark by itself', () => {
    const fringe = (_: number, y: number): boolean => y < 62;
    const socket = (x: number, y: number): boolean => x > 85 && y > 70 && y < 82;
    const mouth = (x: number, y: number): boolean => Math.abs(x - 80) < 12 && Math.abs(y - 112) < 4;
    const found = look({ dark: (x, y) => fringe(x, y) || socket(x, y) || mouth(x, y) });
    expect(shareOf(found, (x, y) => inFace(x, y) && y < 58)).toBeGreaterThan(0.95);
    // What hangs from the temple goes one pixel inwards in three.
    expect(shareOf(found, (x, y) => socket(x, y) && x < 112)).toBe(0);
    expect(shareOf(found, mouth)).toBe(0);
  });

  test('is no shadow that deepens towards the hair', () => {
    const found = look({ shade: (_, y) => Math.min(1, Math.max(0, (y - 45) / 60)) });
    expect(Math.max(...found)).toBe(0);
  });

  test('is nothing where hair has the colour of skin', () => {
    expect(Math.max(...look({ hair: [210, 165, 140], dark: (_, y) => y < 70 }))).toBe(0);
  });
});
