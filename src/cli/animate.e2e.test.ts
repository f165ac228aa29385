import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, rmdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVideo } from '../reenact/codec/open-video.ts';
import { makeTestClip, type TestClip } from '../reenact/codec/test-clip.ts';

const SCRIPT = fileURLToPath(new URL('./pass-through-animate.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-animate-'));
  await makeTestClip(file('driver.mp4'), {
    width: 96,
    height: 64,
    audio: { codec: 'aac', durationMs: 1000 },
  });
  await sharp({ create: { width: 300, height: 300, channels: 3, background: '#335577' } })
    .png()
    .toFile(file('face.png'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

interface Run {
  readonly args: readonly string[];
  /** Called with everything printed so far, whenever something is. */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

function animate({ args, onOutput }: Run): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], { cwd: ROOT });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      onOutput?.(out, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('close', (status) => resolve({ status, out, err }));
  });
}

const withDefaults = (changes: Record<string, string> = {}, ...flags: string[]): string[] => [
  ...Object.entries({
    driver: file('driver.mp4'),
    avatar: file('face.png'),
    out: file('result.mp4'),
    size: '128',
    ...changes,
  }).flatMap(([name, value]) => [`--${name}`, value]),
  ...flags,
];

/** One line on stderr that names the code, the exit status, and nothing new in `where`. */
async function expectRefusal(
  run: Run,
  status: number,
  code: string,
  said: RegExp,
  where = folder,
): Promise<void> {
  const before = (await readdir(where)).sort();
  const ended = await animate(run);
  expect(ended.err).toMatch(said);
  expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
  expect(ended.err).toContain(`(${code})`);
  expect(ended.status).toBe(status);
  expect((await readdir(where)).sort()).toEqual(before);
}

describe('animate', () => {
  it('writes a video as long as the driver, its sound, and the motion', async () => {
    const ended = await animate({
      args: withDefaults({ out: file('whole.mp4'), coefficients: file('whole.ndjson') }),
    });
    expect(ended.err).toBe('');
    expect(ended.status).toBe(0);
    expect(ended.out).toMatch(/25\/25 frames/);
    expect(ended.out).toMatch(/with its sound/);
    const video = await openVideo(file('whole.mp4'));
    expect(video).toMatchObject({ width: 128, height: 128, frameCount: 25, hasAudio: true });
    const lines = (await readFile(file('whole.ndjson'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(26);
    expect(lines[0]).toMatchObject({ format: 'loki-coefficients', units: ['smile'] });
    expect(lines[2]).toMatchObject({
      sequence: 1,
      ptsMs: 40,
      psi: [0.25],
      translation: [0, 0, -1],
      confidence: 1,
    });
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('shows driver, map and avatar side by side', async () => {
    const ended = await animate({ args: withDefaults({ out: file('compared.mp4') }, '--compare') });
    expect(ended.status).toBe(0);
    const video = await openVideo(file('compared.mp4'));
    expect(video).toMatchObject({ width: 192 + 128 + 128 + 8, height: 128, frameCount: 25 });
    const [{ image }] = await video.sample(1);
    const at = (x: number): number[] => [
      ...image.data.subarray((40 * image.width + x) * 4, (40 * image.width + x) * 4 + 3),
    ];
    expect(Math.abs(at(260)[1] - 128)).toBeLessThan(6);
    expect(Math.abs(at(260)[0])).toBeLessThan(6);
    expect(Math.abs(at(400)[2] - 0x77)).toBeLessThan(6);
  });

  it('that is interrupted stops with status 130 and leaves nothing', async () => {
    await makeTestClip(file('long.mp4'), {
      width: 64,
      height: 64,
      stampsMs: Array.from({ length: 2000 }, (_, i) => i * 40),
    });
    const before = (await readdir(folder)).sort();
    let sent = false;
    const ended = await animate({
      args: withDefaults({ driver: file('long.mp4'), coefficients: file('stopped.ndjson') }),
      onOutput: (text, kill) => {
        if (!sent && text.includes('Animating')) {
          sent = true;
          setTimeout(() => kill('SIGINT'), 300);
        }
      },
    });
    expect(ended.status).toBe(130);
    expect(ended.err).toMatch(/^Stopped; nothing was left behind\. \(CANCELLED\)\n$/);
    expect((await readdir(folder)).sort()).toEqual(before);
  });
});

describe('animate refuses in one sentence, and leaves nothing:', () => {
  const refusedDriver = async (name: string, code: string, said: RegExp): Promise<void> =>
    expectRefusal({ args: withDefaults({ driver: file(name) }) }, 3, code, said);

  it('a driver that is an empty file', async () => {
    await writeFile(file('empty.mp4'), '');
    await refusedDriver('empty.mp4', 'INPUT_UNREADABLE', /empty\.mp4 is empty/);
  });

  it('a driver that is cut short', async () => {
    await makeTestClip(file('cut.mp4'), { stampsMs: Array.from({ length: 100 }, (_, i) => i * 40) });
    await truncate(file('cut.mp4'), Math.floor((await readFile(file('cut.mp4'))).length / 2));
    await refusedDriver('cut.mp4', 'INPUT_UNREADABLE', /cut\.mp4 .*cut short/);
  });

  it('a driver of sound only', async () => {
    await makeTestClip(file('sound.mp4'), { stampsMs: [], audio: { codec: 'aac', durationMs: 400 } });
    await refusedDriver('sound.mp4', 'NO_VIDEO_STREAM', /sound\.mp4 holds sound but no video/);
  });

  it('an avatar that is a text file named .jpg', async () => {
    await writeFile(file('text.jpg'), 'no picture\n'.repeat(99));
    await expectRefusal(
      { args: withDefaults({ avatar: file('text.jpg') }) },
      3,
      'INPUT_UNREADABLE',
      /text\.jpg is not a picture/,
    );
  });

  it('an avatar that does not exist', async () => {
    await expectRefusal({ args: withDefaults({ avatar: 'nobody' }) }, 3, 'INPUT_NOT_FOUND', /called nobody/);
  });

  it('an option out of range', async () => {
    await expectRefusal(
      { args: withDefaults({ size: '99' }) },
      2,
      'INVALID_OPTION',
      /--size must be at least 128/,
    );
  });

  it('with the stack trace behind it where --verbose is given', async () => {
    const ended = await animate({ args: withDefaults({ driver: file('nowhere.mp4') }, '--verbose') });
    expect(ended.status).toBe(3);
    expect(ended.err).toMatch(/nowhere\.mp4\. \(INPUT_NOT_FOUND\)\n/);
    expect(ended.err).toMatch(/\n {4}at /);
  });
});

const isRoot = process.getuid?.() === 0;
const mounts: string[] = [];
afterAll(() => {
  for (const path of mounts) {
    execFileSync('umount', [path]);
    rmdirSync(path);
  }
});

const readOnly = readOnlyFolder();
describe.skipIf(readOnly === null)(
  readOnly === null ? 'SKIPPED, no folder can be made read-only here' : 'animate in a read-only folder',
  () => {
    it('says so before it does any work', async () => {
      await expectRefusal(
        { args: withDefaults({ out: join(readOnly!, 'result.mp4') }) },
        5,
        'OUTPUT_NOT_WRITABLE',
        /is read-only/,
        readOnly!,
      );
    });
  },
);

const tiny = mountTmpfs('tiny', 'size=100k');
describe.skipIf(tiny === null)(
  tiny === null
    ? 'SKIPPED, no disk can be filled here: mounting a small tmpfs needs root'
    : 'animate on a full disk',
  () => {
    it('says so and leaves nothing', async () => {
      const loud: TestClip = {
        stampsMs: Array.from({ length: 400 }, (_, i) => i * 40),
        audio: { codec: 'aac', durationMs: 16_000, beepMs: 100 },
        width: 256,
        height: 256,
        paint: (rgba, index) => {
          for (let i = 0; i < rgba.length; i++) rgba[i] = Math.imul(i + index * 7919, 2654435761) >>> 24;
        },
      };
      await makeTestClip(file('loud.mp4'), loud);
      await expectRefusal(
        {
          args: withDefaults(
            { driver: file('loud.mp4'), out: join(tiny!, 'result.mp4'), size: '256' },
            '--compare',
          ),
        },
        5,
        'DISK_FULL',
        /The disk is full/,
        tiny!,
      );
    });
  },
);

function readOnlyFolder(): string | null {
  if (isRoot) return mountTmpfs('locked', 'ro');
  const path = join(tmpdir(), `loki-locked-${process.pid}`);
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o555);
  return path;
}

function mountTmpfs(name: string, options: string): string | null {
  const path = join(tmpdir(), `loki-${name}-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
    mounts.push(path);
    return path;
  } catch {
    return null;
  }
}
