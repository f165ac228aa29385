import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blendRoi,
  landmarkRoll,
  projectToFrame,
  type Roi,
  roiDistance,
  roiFromBox,
  roiFromLandmarks,
} from './roi.ts';
import { followRoi } from './settle.ts';

const POINTS = 468;
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const roi = fc.record({
  centreX: number(-500, 5000),
  centreY: number(-500, 5000),
  sizePx: number(20, 2000),
  rotationRad: number(-3, 3),
});

/** An upright face of the given width and height about the origin: an ellipse with level eye corners. */
function uprightFace(width: number, height: number): Float32Array {
  const face = new Float32Array(3 * POINTS);
  for (let i = 0; i < POINTS; i++) {
    const angle = (2 * Math.PI * i) / POINTS;
    face.set([(Math.cos(angle) * width) / 2, (Math.sin(angle) * height) / 2, 0], 3 * i);
  }
  face.set([-width / 4, 0, 0], 3 * 33);
  face.set([width / 4, 0, 0], 3 * 263);
  return face;
}

describe('projectToFrame', () => {
  it('undoes a region: points that a region maps into the network come back to where they were', () => {
    fc.assert(
      fc.property(
        roi,
        fc.constantFrom(192, 256),
        fc.array(number(0, 1), { minLength: 6, maxLength: 6 }),
        (region, size, values) => {
          const points = Float32Array.from(values, (v, i) =>
            i % 3 === 0 ? region.centreX + v * 100 : i % 3 === 1 ? region.centreY - v * 100 : v * 50,
          );
          // The forward map, written from its definition: rotate back by the roll, then scale to the input.
          const raw = new Float32Array(points.length);
          for (let i = 0; i < points.length; i += 3) {
            const dx = points[i] - region.centreX;
            const dy = points[i + 1] - region.centreY;
            const cos = Math.cos(-region.rotationRad);
            const sin = Math.sin(-region.rotationRad);
            raw[i] = ((dx * cos - dy * sin) / region.sizePx + 0.5) * size;
            raw[i + 1] = ((dx * sin + dy * cos) / region.sizePx + 0.5) * size;
            raw[i + 2] = (points[i + 2] / region.sizePx) * size;
          }
          const out = new Float32Array(points.length);
          projectToFrame(raw, size, region, out);
          for (let i = 0; i < out.length; i++) expect(Math.abs(out[i] - points[i])).toBeLessThan(0.01);
        },
      ),
    );
  });
});

describe('roiFromLandmarks', () => {
  it('is 1.5 times the longer side, centred, and turns clockwise with the face', () => {
    const face = uprightFace(100, 140);
    expect(roiFromLandmarks(face).sizePx).toBeCloseTo(210, 3);
    expect(landmarkRoll(face)).toBeCloseTo(0, 6);
    // On the screen y points down: lowering the subject's left eye (at the right) is a clockwise turn.
    face[3 * 263 + 1] = 10;
    expect(landmarkRoll(face)).toBeGreaterThan(0);
  });

  it('follows shift, scale and roll of a round face', () => {
    fc.assert(
      fc.property(roi, (pose) => {
        const raw = uprightFace(1, 1);
        for (let i = 0; i < raw.length; i += 3) {
          raw[i] = raw[i] / 1.5 + 0.5;
          raw[i + 1] = raw[i + 1] / 1.5 + 0.5;
        }
        const landmarks = new Float32Array(raw.length);
        projectToFrame(raw, 1, pose, landmarks);
        expect(roiDistance(roiFromLandmarks(landmarks), pose)).toBeLessThan(0.002);
      }),
    );
  });

  it('agrees with the region of the box around the landmarks', () => {
    const fromBox = roiFromBox({ x: -50, y: -70, width: 100, height: 140 }, 0);
    expect(roiDistance(roiFromLandmarks(uprightFace(100, 140)), fromBox)).toBeLessThan(1e-4);
  });
});

describe('blendRoi', () => {
  it('goes from one region to the other, the shorter way round', () => {
    const from: Roi = { centreX: 0, centreY: 0, sizePx: 100, rotationRad: 3 };
    const to: Roi = { centreX: 10, centreY: 20, sizePx: 200, rotationRad: -3 };
    expect(roiDistance(blendRoi(from, to, 0), from)).toBeLessThan(1e-9);
    expect(roiDistance(blendRoi(from, to, 1), to)).toBeLessThan(1e-9);
    expect(Math.abs(blendRoi(from, to, 0.5).rotationRad)).toBeCloseTo(Math.PI, 6);
  });
});

describe('followRoi', () => {
  it('takes a large move at once and a small one by less than half', () => {
    const at = (centreX: number): Roi => ({ centreX, centreY: 0, sizePx: 100, rotationRad: 0 });
    expect(followRoi(at(0), at(30)).centreX).toBeCloseTo(30, 6);
    expect(followRoi(at(0), at(0.5)).centreX).toBeLessThan(0.25);
  });

  it('never overshoots and always gets nearer', () => {
    fc.assert(
      fc.property(roi, roi, (current, wanted) => {
        const next = followRoi(current, wanted);
        for (const key of ['centreX', 'centreY', 'sizePx'] as const) {
          const low = Math.min(current[key], wanted[key]) - 1e-6;
          const high = Math.max(current[key], wanted[key]) + 1e-6;
          expect(next[key]).toBeGreaterThanOrEqual(low);
          expect(next[key]).toBeLessThanOrEqual(high);
        }
      }),
    );
  });
});
