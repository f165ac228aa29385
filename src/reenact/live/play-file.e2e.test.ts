import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTimeMark, timeMarkAgeMs } from '../../contract/time-mark.ts';
import { FrameAssembler } from '../../rtp/frame-assembler.ts';
import { buildPli } from '../../rtp/rtcp.ts';
import { isRtcp, parseRtp } from '../../rtp/rtp-packet.ts';
import { openVideo } from '../codec/open-video.ts';
import { createVideoWriter } from '../codec/video-writer.ts';
import {
  BUILTIN_DRIVER,
  DRIVER_SSRC,
  decodeReceived,
  isContiguous,
  type ReceivedFrame,
  streamsOf,
  unwrapAll,
} from './live-fixture.ts';
import { playFile } from './play-file.ts';
import { playFileInProcess } from './play-file-process.ts';

let folder: string;
/** 1.2 s of the built-in driver, with sound. */
let clip: string;
let socket: Socket;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-play-'));
  clip = join(folder, 'clip.mp4');
  const source = await openVideo(BUILTIN_DRIVER, { maxSidePx: 256 });
  const { width, height, fps } = source;
  const writer = await createVideoWriter(clip, { width, height, fps, audioFrom: BUILTIN_DRIVER });
  for await (const frame of source.frames()) {
    if (frame.sequence === 30) break;
    await writer.write(frame);
  }
  await writer.finish();
  await source.close();
  socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  await rm(folder, { recursive: true, force: true });
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

for (const codec of ['VP8', 'H264'] as const)
  describe(`file player, ${codec}`, () => {
    it('plays round after round without a jump, with sound, and makes key frames when asked', async () => {
      const frames: ReceivedFrame[] = [];
      const sounds: number[] = [];
      const sequences: number[] = [];
      const assembler = new FrameAssembler({ codec, absCaptureTime: 5 });
      socket.removeAllListeners('message');
      socket.on('message', (bytes) => {
        const packet = isRtcp(bytes) ? null : parseRtp(bytes);
        if (packet?.ssrc === DRIVER_SSRC + 1) sounds.push(packet.timestamp);
        if (packet?.ssrc !== DRIVER_SSRC) return;
        sequences.push(packet.sequence);
        for (const { data, key, timestamp } of assembler.push(packet, 0, false))
          frames.push({ data, key, timestamp, atMs: Date.now(), captureTimeMs: null });
      });
      const to = { ip: '127.0.0.1', port: socket.address().port };
      const player = await playFile({
        path: clip,
        to,
        streams: streamsOf(codec, DRIVER_SSRC),
        timeMarks: true,
      });
      await sleep(1500);
      expect(frames.filter(({ key }) => key).length).toBe(1);
      socket.send(buildPli(1, DRIVER_SSRC), player.address.port, player.address.ip);
      await sleep(2000);
      await player.stop();
      await player.stop();
      expect(await player.ended).toBeNull();
      expect(frames.filter(({ key }) => key).length).toBe(2);
      expect(isContiguous(sequences)).toBe(true);
      // More than two rounds of 30 frames, evenly; a busy machine may move the start once.
      expect(frames.length).toBeGreaterThan(50);
      const steps = unwrapAll(frames.map(({ timestamp }) => timestamp)).map(
        (t, i, all) => t - (all[i - 1] ?? t),
      );
      expect(steps.slice(1).filter((step) => Math.abs(step - 3600) > 100).length).toBeLessThanOrEqual(2);
      expect(Math.min(...steps.slice(1))).toBeGreaterThan(0);
      expect(sounds.length).toBeGreaterThan(100);
      const soundSteps = sounds.map((t, i) => ((t - (sounds[i - 1] ?? t) + 2 ** 32) % 2 ** 32) / 48);
      expect(Math.max(...soundSteps)).toBeLessThan(700);
      let marked = 0;
      for await (const { frame, image } of decodeReceived(frames, codec)) {
        const mark = readTimeMark(image);
        if (mark !== null && Math.abs(timeMarkAgeMs(mark, frame.atMs)) < 1000) marked++;
      }
      expect(marked / frames.length).toBeGreaterThan(0.95);
    });
  });

describe('file player process', () => {
  it('says what is wrong with the file, and ends when it is told to', async () => {
    const to = { ip: '127.0.0.1', port: socket.address().port };
    const streams = streamsOf('VP8', DRIVER_SSRC);
    await expect(playFileInProcess({ path: '/nowhere.mp4', to, streams })).rejects.toMatchObject({
      code: 'INPUT_NOT_FOUND',
    });
    const player = await playFileInProcess({ path: clip, to, streams });
    await sleep(300);
    await player.stop();
    expect(await player.ended).toBeNull();
    expect(() => process.kill(player.pid, 0)).toThrow();
  });
});
