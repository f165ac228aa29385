import { beforeAll, describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { portraitFixture } from './portrait-fixture.ts';
import { buildWarpRig, type WarpRig, type WarpRigSource } from './rig.ts';
import { deserializeWarpRig, serializeWarpRig } from './rig-file.ts';
import { warp } from './warp.ts';

describe('a rig file', () => {
  let source: WarpRigSource;
  let rig: WarpRig;
  let bytes: Uint8Array;

  beforeAll(async () => {
    source = await portraitFixture();
    rig = buildWarpRig(source);
    bytes = serializeWarpRig(rig, source);
  });

  const turned = ({ psi, theta, translation }: HeadCoefficients): HeadCoefficients => {
    const moved = { psi: psi.map((own) => own + 0.2), theta: Float32Array.from(theta), translation };
    moved.theta[3] += 0.1;
    moved.theta[4] += 0.3;
    moved.theta[6] += 0.2;
    return moved;
  };

  it('gives back a rig that draws the same pixels', () => {
    const restored = deserializeWarpRig(bytes, source);
    const { coefficients } = rig.reference;
    for (const motion of [coefficients, turned(coefficients)])
      expect(Buffer.compare(warp(restored, motion).data, warp(rig, motion).data)).toBe(0);
  });

  it('does not depend on what was drawn before', () => {
    warp(rig, turned(rig.reference.coefficients));
    const restored = deserializeWarpRig(serializeWarpRig(rig, source), source);
    const { coefficients } = rig.reference;
    expect(Buffer.compare(warp(restored, coefficients).data, warp(rig, coefficients).data)).toBe(0);
  });

  it.each([
    ['cut short', () => bytes.subarray(0, bytes.length - 1000)],
    ['empty', () => new Uint8Array(0)],
    ['of something else', () => new TextEncoder().encode('{"an avatar": "this is not, though it is long"}')],
    ['damaged', () => bytes.map((byte, i) => (i === 5000 ? byte ^ 1 : byte))],
    ['of another version', () => bytes.map((byte, i) => (i === 3 ? byte + 1 : byte))],
  ])('is refused where it is %s', (_, damaged) => {
    expect(() => deserializeWarpRig(damaged(), source)).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    );
  });

  it('is refused for another head and for another embedding', () => {
    const { model, embedding } = source;
    const otherHead = { ...model, sha256: 'another' };
    const moved = { ...embedding, barycentric: embedding.barycentric.map((weight) => weight / 2) };
    for (const head of [
      { model: otherHead, embedding },
      { model, embedding: moved },
    ])
      expect(() => deserializeWarpRig(bytes, head)).toThrow(
        expect.objectContaining({ code: 'MODEL_INVALID' }),
      );
  });
});
