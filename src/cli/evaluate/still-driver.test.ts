import { describe, expect, it } from 'vitest';
import { stillFrames } from './still-driver.ts';

const image = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 4).fill(128) };

describe('still driver', () => {
  it('shakes as a camera does, the same every time', () => {
    const frames = [...stillFrames(image, 3)];
    expect(frames).toEqual([...stillFrames(image, 3)]);
    expect(frames[1].image.data).not.toEqual(frames[2].image.data);
    const off = [...frames[1].image.data].filter((_, i) => i % 4 !== 3).map((value) => value - 128);
    const mean = off.reduce((sum, value) => sum + value, 0) / off.length;
    const sd = Math.sqrt(off.reduce((sum, value) => sum + (value - mean) ** 2, 0) / off.length);
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(sd).toBeGreaterThan(1.9);
    expect(sd).toBeLessThan(2.2);
  });

  it('keeps alpha and the range of a byte', () => {
    const white = { ...image, data: new Uint8Array(image.data.length).fill(255) };
    const [frame] = stillFrames(white, 1);
    expect(frame.image.data.filter((_, i) => i % 4 === 3).every((value) => value === 255)).toBe(true);
    expect(Math.min(...frame.image.data)).toBeGreaterThan(230);
  });
});
