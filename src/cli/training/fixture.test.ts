import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { decodeHalfFloats } from '../../reenact/head/half-float.ts';
import { DRIVER_MAP_CHANNELS, DRIVER_MAP_SIZE } from '../../reenact/raster/driver-map.ts';
import { encodePositions } from '../../reenact/raster/position-encoding.ts';
import { type PersonMeta, RASTER_CHANNELS, TRAINING_DATA_VERSION } from './person-folder.ts';

const FIXTURE = fileURLToPath(new URL('../../../models/training/fixtures/person.zip', import.meta.url));
const PLANE = DRIVER_MAP_SIZE ** 2;
const files = unzipSync(readFileSync(FIXTURE));
const file = (name: string): Uint8Array => files[join('person', name)];
const meta = JSON.parse(Buffer.from(file('meta.json')).toString()) as PersonMeta;

function planes(bytes: Uint8Array): Float32Array {
  return decodeHalfFloats(new Uint16Array(bytes.slice().buffer));
}

describe('the fixture of a person', () => {
  test('has files as long as its description says', () => {
    expect(meta.version).toBe(TRAINING_DATA_VERSION);
    expect(file('target.u8')).toHaveLength(meta.frames * 256 * 256 * 3);
    expect(file('warp.u8')).toHaveLength(meta.frames * 256 * 256 * 3);
    expect(file('raster.f16')).toHaveLength(meta.frames * RASTER_CHANNELS * PLANE * 2);
    expect(file('portrait.u8')).toHaveLength(256 * 256 * 3);
    expect(file('portrait-raster.f16')).toHaveLength(RASTER_CHANNELS * PLANE * 2);
  });

  test('encodes to the driver map that a session draws', () => {
    const raster = planes(file('raster.f16')).subarray(0, RASTER_CHANNELS * PLANE);
    const expected = new Float32Array(file('driver-map.f32').slice().buffer);
    const pixels = Int32Array.from({ length: PLANE }, (_, pixel) => pixel).filter(
      (pixel) => raster[7 * PLANE + pixel] === 1,
    );
    const places = new Float64Array(pixels.length * 3);
    pixels.forEach((pixel, i) => {
      for (let axis = 0; axis < 3; axis++) places[i * 3 + axis] = raster[(3 + axis) * PLANE + pixel];
    });
    const map = new Float32Array(DRIVER_MAP_CHANNELS * PLANE);
    map.set(raster.subarray(0, 3 * PLANE));
    encodePositions(places, pixels, pixels.length, map, 3 * PLANE, PLANE);
    let covered = 0;
    let wrong = 0;
    for (let channel = 0; channel < DRIVER_MAP_CHANNELS; channel++) {
      // A half of up to 0.125 m is wrong by up to 3.1e-5 m, which octave k sees 8 · 2^k times as large.
      const tolerance = channel < 3 ? 1e-5 : 8 * 2 ** Math.trunc(((channel - 3) % 14) / 2) * 6.2e-5;
      for (let y = 0; y < 16; y++)
        for (let x = 0; x < 16; x++) {
          const wanted = expected[(channel * 16 + y) * 16 + x];
          const found = map[channel * PLANE + (4 * y + 2) * DRIVER_MAP_SIZE + 4 * x + 2];
          if (channel === 4 && wanted !== 0) covered++;
          if (!(Math.abs(found - wanted) < tolerance)) wrong++;
        }
    }
    expect(wrong).toBe(0);
    expect(covered).toBeGreaterThan(80);
  });

  test('has visibility between 0 and 1, on the head alone', () => {
    const raster = planes(file('raster.f16'));
    let wrong = 0;
    for (let frame = 0; frame < meta.frames; frame++)
      for (let pixel = 0; pixel < PLANE; pixel++) {
        const at = frame * RASTER_CHANNELS * PLANE + pixel;
        const coverage = raster[at + 7 * PLANE];
        const visibility = raster[at + 6 * PLANE];
        if (!(coverage === 1 ? visibility >= 0 && visibility <= 1 : visibility === 0)) wrong++;
      }
    expect(wrong).toBe(0);
  });
});
