import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureEmbedding, fixtureHead } from './fit-fixture.ts';
import {
  loadLandmarkEmbedding,
  parseLandmarkEmbedding,
  saveLandmarkEmbedding,
} from './landmark-embedding.ts';
import { GROUP_OF_LANDMARK, LANDMARK_GROUPS, LID_PAIRS, LIP_PAIRS, landmarksOf } from './landmark-groups.ts';

const head = fixtureHead();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedding-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the embedding file', () => {
  it('keeps an embedding', async () => {
    const path = join(folder, 'a.json');
    const embedding = fixtureEmbedding(head, 3, true);
    await saveLandmarkEmbedding(path, embedding, { people: 1 });
    const loaded = await loadLandmarkEmbedding(path, head);
    expect(loaded.triangles).toEqual(embedding.triangles);
    for (const key of ['barycentric', 'sigma', 'response'] as const)
      loaded[key].forEach((value, i) => {
        expect(Math.abs(value - embedding[key][i])).toBeLessThan(1e-5);
      });
  });

  it('is refused when it is missing, malformed or of another head', async () => {
    await expect(loadLandmarkEmbedding(join(folder, 'none.json'), head)).rejects.toMatchObject({
      code: 'MODEL_MISSING',
    });
    for (const text of ['', '{}', '{"version":1,"headSha256":"x"}'])
      expect(() => parseLandmarkEmbedding(text, head)).toThrow(
        expect.objectContaining({ code: 'MODEL_INVALID' }),
      );
    const path = join(folder, 'b.json');
    await saveLandmarkEmbedding(path, fixtureEmbedding(head));
    await expect(loadLandmarkEmbedding(path, { ...head, sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
  });
});

describe('landmark groups', () => {
  it('put every landmark in one group, of the sizes that MediaPipe names', () => {
    expect(GROUP_OF_LANDMARK).toHaveLength(478);
    const sizes = Object.fromEntries(LANDMARK_GROUPS.map((group) => [group, landmarksOf(group).length]));
    expect(sizes).toMatchObject({ lips: 80, eyes: 32, iris: 10, brows: 20, jawLine: 17, oval: 19 });
    expect(Object.values(sizes).reduce((a, b) => a + b)).toBe(478);
  });

  it('pair upper with lower points', () => {
    const lips = landmarksOf('lips');
    const eyes = landmarksOf('eyes');
    expect(LIP_PAIRS.flat().every((landmark) => lips.includes(landmark))).toBe(true);
    expect(LID_PAIRS.flat().every((landmark) => eyes.includes(landmark))).toBe(true);
  });
});
