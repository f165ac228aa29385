import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANCHOR_COUNT,
  containment,
  type Detection,
  decodeDetections,
  mergeOverlapping,
  overlap,
  ssdAnchors,
} from './ssd.ts';

const box = fc.record({
  x: fc.double({ min: -1, max: 1, noNaN: true }),
  y: fc.double({ min: -1, max: 1, noNaN: true }),
  width: fc.double({ min: 0.01, max: 1, noNaN: true }),
  height: fc.double({ min: 0.01, max: 1, noNaN: true }),
});
const detection = fc
  .tuple(box, fc.double({ min: 0.5, max: 1, noNaN: true }))
  .map(([b, score]): Detection => ({ ...b, score, keypoints: new Float32Array(12).fill(b.x) }));

describe('ssdAnchors', () => {
  it('puts two anchors in each of 16 × 16 cells, then six in each of 8 × 8', () => {
    const anchors = ssdAnchors();
    expect(anchors.length).toBe(2 * ANCHOR_COUNT);
    expect([...anchors.subarray(0, 6)]).toEqual([1 / 32, 1 / 32, 1 / 32, 1 / 32, 3 / 32, 1 / 32]);
    expect([...anchors.subarray(1024, 1036)]).toEqual(new Array(12).fill(1 / 16));
    expect([...anchors.subarray(-2)]).toEqual([15 / 16, 15 / 16]);
  });
});

describe('decodeDetections', () => {
  const anchors = ssdAnchors();

  it('gives back the box and the keypoints that were encoded against an anchor', () => {
    fc.assert(
      fc.property(fc.nat(ANCHOR_COUNT - 1), box, (anchor, face) => {
        const regressors = new Float32Array(16 * ANCHOR_COUNT);
        const logits = new Float32Array(ANCHOR_COUNT).fill(-100);
        logits[anchor] = 3;
        const [ax, ay] = anchors.subarray(2 * anchor);
        const values = [face.x + face.width / 2 - ax, face.y + face.height / 2 - ay, face.width, face.height];
        for (let k = 0; k < 6; k++) values.push(0.1 * k - ax, 0.05 * k - ay);
        regressors.set(
          values.map((value) => 128 * value),
          16 * anchor,
        );
        const [found, ...others] = decodeDetections(regressors, logits, anchors, 0.5);
        expect(others).toEqual([]);
        for (const key of ['x', 'y', 'width', 'height'] as const) {
          expect(found[key]).toBeCloseTo(face[key], 4);
        }
        expect(found.score).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
        for (let k = 0; k < 6; k++) {
          expect(found.keypoints[2 * k]).toBeCloseTo(0.1 * k, 4);
          expect(found.keypoints[2 * k + 1]).toBeCloseTo(0.05 * k, 4);
        }
      }),
    );
  });

  it('leaves out low scores, NaN and empty boxes', () => {
    const regressors = new Float32Array(16 * ANCHOR_COUNT).fill(10);
    const logits = new Float32Array(ANCHOR_COUNT).fill(-0.01);
    logits[3] = Number.NaN;
    logits[4] = 5;
    regressors[16 * 4 + 2] = 0;
    logits[5] = 5;
    regressors[16 * 5 + 3] = Number.NaN;
    expect(decodeDetections(regressors, logits, anchors, 0.5)).toEqual([]);
  });
});

describe('mergeOverlapping', () => {
  it('keeps the best score, sorts best first, and makes no detections of its own', () => {
    fc.assert(
      fc.property(fc.array(detection, { minLength: 1, maxLength: 12 }), (detections) => {
        const merged = mergeOverlapping(detections);
        expect(merged.length).toBeGreaterThan(0);
        expect(merged.length).toBeLessThanOrEqual(detections.length);
        expect(merged[0].score).toBe(Math.max(...detections.map((d) => d.score)));
        for (let i = 1; i < merged.length; i++) {
          expect(merged[i].score).toBeLessThanOrEqual(merged[i - 1].score);
        }
      }),
    );
  });

  it('averages a cluster by score and leaves a distant face alone', () => {
    const at = (x: number, score: number): Detection => ({
      x,
      y: 0,
      width: 1,
      height: 1,
      score,
      keypoints: new Float32Array(12).fill(x),
    });
    const merged = mergeOverlapping([at(0.1, 0.6), at(5, 0.7), at(0, 0.9)]);
    expect(merged.map((d) => d.score)).toEqual([0.9, 0.7]);
    expect(merged[0].x).toBeCloseTo((0.1 * 0.6) / 1.5, 6);
    expect(merged[0].keypoints[7]).toBeCloseTo((0.1 * 0.6) / 1.5, 6);
    expect(merged[1].x).toBe(5);
  });
});

describe('overlap and containment', () => {
  it('are symmetric, within 0..1, 1 for a box with itself', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        expect(overlap(a, b)).toBeCloseTo(overlap(b, a), 12);
        expect(containment(a, b)).toBeCloseTo(containment(b, a), 12);
        expect(overlap(a, b)).toBeGreaterThanOrEqual(0);
        expect(overlap(a, b)).toBeLessThanOrEqual(containment(a, b) + 1e-12);
        expect(overlap(a, a)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('a box inside another is contained wholly but overlaps by its share of the area', () => {
    const outer = { x: 0, y: 0, width: 4, height: 4 };
    const inner = { x: 1, y: 1, width: 2, height: 2 };
    expect(containment(outer, inner)).toBe(1);
    expect(overlap(outer, inner)).toBe(0.25);
  });
});
