import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RgbaImage, VideoFrame } from '../frame.ts';
import { MediaFile } from './media-file.ts';
import { openVideo } from './open-video.ts';
import { makeTestClip } from './test-clip.ts';
import { PROVENANCE_COMMENT } from './types.ts';
import { createVideoWriter } from './video-writer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-writer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function frame(image: RgbaImage, sequence: number, ptsMs: number): VideoFrame {
  return { sequence, ptsMs, captureTimeMs: ptsMs, image };
}

function flat(width: number, height: number, colour: readonly number[]): RgbaImage {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < data.length; i += 4) data.set([...colour, 255], i);
  return { width, height, data };
}

/** Eight bars of saturated and grey colours, 24 px wide. */
function colourBars(): RgbaImage {
  const bars = [0xebebeb, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0, 0x808080];
  const image = flat(192, 96, [0, 0, 0]);
  for (let y = 0; y < 96; y++) {
    for (let x = 0; x < 192; x++) {
      const rgb = bars[Math.floor(x / 24)];
      image.data.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255], (y * 192 + x) * 4);
    }
  }
  return image;
}

async function writeClip(
  path: string,
  image: RgbaImage,
  stampsMs: readonly number[],
  audioFrom: string | null = null,
): Promise<void> {
  const writer = await createVideoWriter(path, {
    width: image.width,
    height: image.height,
    fps: 25,
    audioFrom,
  });
  for (const [sequence, ptsMs] of stampsMs.entries()) await writer.write(frame(image, sequence, ptsMs));
  await writer.finish();
}

const evenly = (frames: number): number[] => Array.from({ length: frames }, (_, i) => i * 40);

describe('a written video', () => {
  it('keeps colours within two levels on average', async () => {
    const bars = colourBars();
    const path = join(folder, 'bars.mp4');
    await writeClip(path, bars, evenly(5));
    const [{ image }] = await (await openVideo(path)).sample(1);
    // Chroma is stored at half resolution: the columns beside a bar's edge belong to both.
    let error = 0;
    let count = 0;
    for (let i = 0; i < bars.data.length; i++) {
      const x = ((i >> 2) % 192) % 24;
      if (i % 4 === 3 || x < 3 || x > 20) continue;
      error += Math.abs(bars.data[i] - image.data[i]);
      count++;
    }
    expect(error / count).toBeLessThan(2);
  });

  it('keeps the stamps of its frames, at any distance', async () => {
    const path = join(folder, 'variable.mp4');
    const stampsMs = [0, 33.3, 40, 500, 517, 1200];
    await writeClip(path, flat(32, 32, [90, 90, 90]), stampsMs);
    const source = await openVideo(path);
    const read: number[] = [];
    for await (const { ptsMs } of source.frames()) read.push(ptsMs);
    expect(read.length).toBe(stampsMs.length);
    for (const [i, ptsMs] of read.entries()) expect(Math.abs(ptsMs - stampsMs[i])).toBeLessThan(0.02);
    expect(source.durationMs).toBeCloseTo(1240, 0);
  });

  it('can begin before it is loaded whole, and says that it is synthetic', async () => {
    const path = join(folder, 'tags.mp4');
    await writeClip(path, flat(32, 32, [90, 90, 90]), evenly(3));
    const bytes = await readFile(path);
    expect(bytes.indexOf('moov')).toBeGreaterThan(0);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    const file = await MediaFile.open(path);
    expect(file.format.metadata?.get('comment')).toBe(PROVENANCE_COMMENT);
    expect(file.format.metadata?.get('description')).toContain('synthetic media');
    await file.close();
  });

  it('of odd size loses its last column and row', async () => {
    const path = join(folder, 'odd.mp4');
    await writeClip(path, flat(33, 21, [200, 40, 90]), evenly(2));
    const source = await openVideo(path);
    expect([source.width, source.height]).toEqual([32, 20]);
  });

  it('takes its pixels when it is given them, so that they may be reused at once', async () => {
    const path = join(folder, 'reused.mp4');
    const image = flat(32, 32, [0, 0, 0]);
    const writer = await createVideoWriter(path, { width: 32, height: 32, fps: 25 });
    for (let i = 0; i < 6; i++) {
      image.data.fill(i * 40);
      const written = writer.write(frame(image, i, i * 40));
      image.data.fill(255);
      await written;
    }
    await writer.finish();
    let index = 0;
    for await (const { image: read } of (await openVideo(path)).frames()) {
      expect(Math.abs(read.data[0] - index * 40)).toBeLessThan(4);
      index++;
    }
    expect(index).toBe(6);
  });

  it('never stands half-written under its name', async () => {
    const path = join(folder, 'whole.mp4');
    const writer = await createVideoWriter(path, { width: 32, height: 32, fps: 25 });
    await writer.write(frame(flat(32, 32, [9, 9, 9]), 0, 0));
    expect((await readdir(folder)).filter((name) => name.startsWith('whole'))).toEqual(['whole.mp4.part']);
    const { bytes, frames } = await writer.finish();
    expect((await readdir(folder)).filter((name) => name.startsWith('whole'))).toEqual(['whole.mp4']);
    expect((await readFile(path)).length).toBe(bytes);
    expect(frames).toBe(1);
  });

  it('that is given up leaves nothing, and what stood under its name stays', async () => {
    const path = join(folder, 'kept.mp4');
    await writeFile(path, 'before');
    const writer = await createVideoWriter(path, { width: 32, height: 32, fps: 25 });
    void writer.write(frame(flat(32, 32, [9, 9, 9]), 0, 0));
    await writer.abort();
    await writer.abort();
    expect(await readFile(path, 'utf8')).toBe('before');
    expect((await readdir(folder)).filter((name) => name.startsWith('kept'))).toEqual(['kept.mp4']);
    await expect(writer.write(frame(flat(32, 32, [9, 9, 9]), 1, 40))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await expect(writer.finish()).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe("the driver's sound", () => {
  /** When the 1 kHz beep begins and how long the sound lasts, both on the clip's clock. */
  async function heard(path: string): Promise<{ beepMs: number; endMs: number; codec: string | null }> {
    const file = await MediaFile.open(path);
    const stream = file.audio!;
    const codec = Codec.findDecoder(stream.codecpar.codecId)!;
    const context = new CodecContext();
    context.allocContext3(codec);
    context.parametersToContext(stream.codecpar);
    context.pktTimebase = stream.timeBase;
    await context.open2(codec, null);
    const packet = new Packet();
    packet.alloc();
    const decoded = new Frame();
    decoded.alloc();
    let beepMs = Number.NaN;
    let endMs = 0;
    const listen = async (): Promise<void> => {
      while ((await context.receiveFrame(decoded)) >= 0) {
        const startMs =
          (Number(decoded.pts) * 1000 * stream.timeBase.num) / stream.timeBase.den - file.startMs;
        const plane = decoded.data![0];
        const samples = new Float32Array(plane.buffer, plane.byteOffset, decoded.nbSamples);
        const loud = samples.findIndex((sample) => Math.abs(sample) > 0.2);
        if (loud >= 0 && Number.isNaN(beepMs)) beepMs = startMs + (loud * 1000) / decoded.sampleRate;
        endMs = startMs + (decoded.nbSamples * 1000) / decoded.sampleRate;
      }
    };
    while (file.read(packet)) {
      if (packet.streamIndex === stream.index) {
        await context.sendPacket(packet);
        await listen();
      }
      packet.unref();
    }
    await context.sendPacket(null);
    await listen();
    packet.free();
    decoded.free();
    context.freeContext();
    await file.close();
    return { beepMs, endMs, codec: codec.name };
  }

  it.each([
    ['aac', 'mp4', 'mp4', 0, 'copied'],
    ['aac', 'mp4', 'mp4', 300, 'copied'],
    ['opus', 'matroska', 'mkv', 0, 'transcoded'],
    ['pcm', 'avi', 'avi', 0, 'transcoded'],
  ] as const)(
    'as %s in %s is heard when it was (starting at %4$i ms)',
    async (codec, container, extension, startMs, kind) => {
      const source = join(folder, `beep-${codec}-${startMs}.${extension}`);
      await makeTestClip(source, {
        container,
        videoCodec: container === 'avi' ? 'mjpeg' : 'h264',
        audio: { codec, startMs, durationMs: 1000 - startMs, beepMs: 500 },
      });
      const path = join(folder, `heard-${codec}-${startMs}.mp4`);
      const writer = await createVideoWriter(path, { width: 64, height: 48, fps: 25, audioFrom: source });
      for await (const driven of (await openVideo(source)).frames()) await writer.write(driven);
      expect((await writer.finish()).audio).toBe(kind);
      const { beepMs, codec: written } = await heard(path);
      expect(Math.abs(beepMs - 500)).toBeLessThan(3);
      expect(written).toBe('aac');
    },
  );

  it('ends with the picture', async () => {
    const source = join(folder, 'long-sound.mp4');
    await makeTestClip(source, { audio: { codec: 'aac', durationMs: 3000, beepMs: 200 } });
    const path = join(folder, 'short.mp4');
    await writeClip(path, flat(64, 48, [50, 50, 50]), evenly(10), source);
    expect((await heard(path)).endMs).toBeLessThan(430);
  });

  it('that does not exist leaves the video silent', async () => {
    const source = join(folder, 'silent.mp4');
    await makeTestClip(source, {});
    const path = join(folder, 'from-silent.mp4');
    await writeClip(path, flat(64, 48, [50, 50, 50]), evenly(3), source);
    const file = await MediaFile.open(path);
    expect(file.format.streams.map((stream) => stream.codecpar.codecType)).toEqual([AVMEDIA_TYPE_VIDEO]);
    expect(file.format.findBestStream(AVMEDIA_TYPE_AUDIO)).toBeLessThan(0);
    await file.close();
  });
});

describe('a place that cannot be written is refused before any work:', () => {
  const refusal = (path: string) =>
    createVideoWriter(path, { width: 32, height: 32, fps: 25 }).then(
      () => expect.fail('it was begun'),
      (error: unknown) => error,
    );

  it('a folder that does not exist', async () => {
    expect(await refusal(join(folder, 'no', 'where.mp4'))).toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
      message: expect.stringMatching(/no folder .*no/),
    });
  });

  it('the name of a folder', async () => {
    await mkdir(join(folder, 'taken.mp4'));
    expect(await refusal(join(folder, 'taken.mp4'))).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
    expect(await readdir(folder)).not.toContain('taken.mp4.part');
  });

  it.skipIf(process.getuid?.() === 0)(
    'a read-only folder (skipped for root, whom nothing stops)',
    async () => {
      const locked = join(folder, 'locked');
      await mkdir(locked);
      await chmod(locked, 0o555);
      expect(await refusal(join(locked, 'out.mp4'))).toMatchObject({
        code: 'OUTPUT_NOT_WRITABLE',
        message: expect.stringMatching(/read-only/),
      });
    },
  );
});
