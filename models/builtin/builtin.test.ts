import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { loadHeadModel } from '../../src/reenact/head/load-head-model.ts';
import { BUILTIN_PEOPLE } from '../../src/render/builtin-people.ts';
import { createDriverPerformance } from '../../src/render/performance/driver-performance.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const HEAD = join(FOLDER, '../head/open-head.bin');

interface Truth {
  header: { headSha256: string };
  frames: { yaw: number; pitch: number; roll: number; jaw: number }[];
}

function truth(): Truth {
  const [first, ...rest] = gunzipSync(readFileSync(join(FOLDER, 'driver.truth.ndjson.gz')))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  return {
    header: JSON.parse(first) as Truth['header'],
    frames: rest.map((line) => JSON.parse(line) as Truth['frames'][number]),
  };
}

describe('built-in files', () => {
  it('are the ones that were rendered together', () => {
    const sums = readFileSync(join(FOLDER, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
    expect(sums.length).toBeGreaterThan(BUILTIN_PEOPLE.length);
    for (const line of sums) {
      const [sum, file] = line.split('  ');
      expect(
        createHash('sha256')
          .update(readFileSync(join(FOLDER, file)))
          .digest('hex'),
        file,
      ).toBe(sum);
    }
  });
});

describe('built-in avatars', () => {
  const listed = JSON.parse(readFileSync(join(FOLDER, 'avatars/avatars.json'), 'utf8')) as {
    id: string;
    file: string;
    alt: string;
    style: string;
  }[];

  it('are at least eight, each described, at least one of them stylised', () => {
    expect(listed.map(({ id }) => id)).toEqual(BUILTIN_PEOPLE.map(({ id }) => id));
    expect(listed.length).toBeGreaterThanOrEqual(8);
    expect(listed.every(({ alt }) => alt.length > 20)).toBe(true);
    expect(listed.some(({ style }) => style !== 'natural')).toBe(true);
  });

  it('are square pictures of 768 pixels and together under 4 MB', async () => {
    const sizes = await Promise.all(
      listed.map(({ file }) => sharp(join(FOLDER, 'avatars', file)).metadata()),
    );
    for (const { width, height } of sizes) expect([width, height]).toEqual([768, 768]);
    const bytes = readdirSync(join(FOLDER, 'avatars')).reduce(
      (sum, name) => sum + statSync(join(FOLDER, 'avatars', name)).size,
      0,
    );
    expect(bytes).toBeLessThan(4 * 1024 * 1024);
  });
});

describe('built-in driver', () => {
  it('stays under 2 MB, its truth under 200 KB', () => {
    expect(statSync(join(FOLDER, 'driver.mp4')).size).toBeLessThan(2 * 1024 * 1024);
    expect(statSync(join(FOLDER, 'driver.truth.ndjson.gz')).size).toBeLessThan(200 * 1024);
  });

  it('states the motion that the performance gives with the committed head', async () => {
    const model = await loadHeadModel(HEAD);
    const { header, frames } = truth();
    expect(header.headSha256).toBe(model.sha256);
    const act = createDriverPerformance(model);
    expect(frames.length).toBe(act.durationS * 25);
    for (let i = 0; i < frames.length; i += 23) {
      const moment = act.at(i / 25);
      expect(frames[i].yaw).toBeCloseTo((moment.yawRad * 180) / Math.PI, 2);
      expect(frames[i].pitch).toBeCloseTo((moment.pitchRad * 180) / Math.PI, 2);
      expect(frames[i].roll).toBeCloseTo((moment.rollRad * 180) / Math.PI, 2);
      expect(frames[i].jaw).toBeCloseTo((moment.jawRad * 180) / Math.PI, 2);
    }
  });

  it('was made from shapes of the committed head', async () => {
    const { headSha256, shapes } = JSON.parse(readFileSync(join(FOLDER, 'shapes.json'), 'utf8')) as {
      headSha256: string;
      shapes: Record<string, number[]>;
    };
    const model = await loadHeadModel(HEAD);
    expect(headSha256).toBe(model.sha256);
    for (const { id } of BUILTIN_PEOPLE) expect(shapes[id].length).toBe(model.shapeCount);
  });
});
