import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LokiError } from '../errors.ts';
import { TOY_PACK } from '../reenact/diffusion/toy-pack-fixture.ts';
import { parseAnimateArguments } from './animate-options.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-options-'));
  await writeFile(join(folder, 'driver.mp4'), 'x');
  await writeFile(join(folder, 'face.jpg'), 'x');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const MINIMAL = ['--driver', 'driver.mp4', '--avatar', 'face.jpg', '--out', 'out.mp4'];
const parse = (...args: string[]) => parseAnimateArguments(args, folder, null);
const refusal = (...args: string[]): LokiError => {
  try {
    parse(...args);
  } catch (error) {
    return error as LokiError;
  }
  return expect.fail('it was accepted');
};

describe('the arguments of animate', () => {
  it('need a driver, an avatar and an output, and default to the rest', () => {
    expect(parse(...MINIMAL)?.job).toEqual({
      driverPath: join(folder, 'driver.mp4'),
      avatarPath: join(folder, 'face.jpg'),
      outputs: { video: join(folder, 'out.mp4'), comparison: null, coefficients: null, report: null },
      sizePx: 512,
      generator: 'geometric',
      pose: 'relative',
      expression: 'absolute',
      gain: {},
      largestFace: false,
      headPath: null,
    });
  });

  it('take every option', () => {
    const command = parse(
      ...MINIMAL,
      ...[
        '--size',
        '256',
        '--compare',
        '--coefficients',
        'c.ndjson',
        '--report',
        'r.json',
        '--pose',
        'absolute',
      ],
      ...[
        '--expression',
        'relative',
        '--gain',
        'mouth=1.2',
        '--gain',
        'head=0',
        '--largest-face',
        '--verbose',
      ],
      ...['--generator', 'geometric', '--head', 'flame.bin'],
    );
    expect(command).toMatchObject({
      verbose: true,
      job: {
        outputs: {
          video: null,
          comparison: join(folder, 'out.mp4'),
          coefficients: join(folder, 'c.ndjson'),
          report: join(folder, 'r.json'),
        },
        sizePx: 256,
        pose: 'absolute',
        expression: 'relative',
        gain: { mouth: 1.2, head: 0 },
        largestFace: true,
        headPath: join(folder, 'flame.bin'),
      },
    });
  });

  it('name a model pack by its folder, and how it is run', () => {
    const pack = ['--generator', TOY_PACK];
    expect(parse(...MINIMAL, ...pack)?.job.generator).toMatchObject({
      folder: TOY_PACK,
      steps: null,
      schedule: 'stream',
      provider: 'auto',
      precision: 'auto',
    });
    const all = [
      '--steps',
      '4',
      '--schedule',
      'chunk',
      '--provider',
      'webgpu',
      '--precision',
      'int8',
      '--threads',
      '3',
    ];
    expect(parse(...MINIMAL, ...pack, ...all)?.job.generator).toMatchObject({
      steps: 4,
      schedule: 'chunk',
      provider: 'webgpu',
      precision: 'int8',
      threads: 3,
    });
    expect(refusal(...MINIMAL, '--generator', './nowhere')).toMatchObject({ code: 'PACK_MISSING' });
    expect(refusal(...MINIMAL, '--steps', '2').message).toMatch(/--steps is for generators with networks/);
  });

  it.each([
    [[], /--driver/],
    [[...MINIMAL, '--generator', TOY_PACK, '--steps', '0'], /--steps must be at least 1/],
    [[...MINIMAL, '--generator', TOY_PACK, '--schedule', 'both'], /--schedule must be stream or chunk/],
    [[...MINIMAL, '--generator', TOY_PACK, '--provider', 'abacus'], /--provider must be one of/],
    [[...MINIMAL, '--sise', '256'], /--sise/],
    [[...MINIMAL, 'stray'], /argument/],
    [[...MINIMAL, '--size', '511'], /--size must be even/],
    [[...MINIMAL, '--size', '64'], /--size must be at least 128/],
    [[...MINIMAL, '--size', '4096'], /--size must be at most 1024/],
    [[...MINIMAL, '--size', 'big'], /--size must be a number/],
    [[...MINIMAL, '--pose', 'both'], /--pose/],
    [[...MINIMAL, '--generator', 'magic'], /--generator/],
    [[...MINIMAL, '--gain', 'mouth'], /--gain takes region=x/],
    [[...MINIMAL, '--gain', 'mouth=9'], /--gain takes region=x/],
    [[...MINIMAL, '--gain', 'ears=1'], /--gain takes region=x/],
    [[...MINIMAL.slice(0, 5), 'out.avi'], /--out must end in \.mp4/],
    [[...MINIMAL.slice(0, 5), 'driver.mp4'], /is an input/],
    [[...MINIMAL, '--report', 'x.json', '--coefficients', './x.json'], /two outputs/],
  ])('refuse %j in one sentence', (args, said) => {
    const error = refusal(...args);
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toMatch(said);
    expect(error.message).not.toContain('\n');
    expect(error.message).toMatch(/\.$/);
  });

  it('refuse an output that is an input by another name', async () => {
    await symlink(join(folder, 'driver.mp4'), join(folder, 'link.mp4'));
    expect(refusal(...MINIMAL.slice(0, 5), 'link.mp4').message).toMatch(/is an input/);
  });

  it('refuse a bare word that is neither a file nor a built-in avatar', () => {
    const error = refusal('--driver', 'driver.mp4', '--avatar', 'nobody', '--out', 'out.mp4');
    expect(error).toMatchObject({
      code: 'INPUT_NOT_FOUND',
      message: expect.stringMatching(/nobody.*built in:/),
    });
  });

  it('print help when asked, and nothing else', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(parse('--help')).toBeNull();
    expect(String(write.mock.calls[0][0])).toMatch(/--driver <file>/);
    write.mockRestore();
  });
});
