import { expect, test } from 'vitest';
import { decodeLandmarkPacket } from '../../contract/landmark-packet.ts';
import { LandmarkSender } from './landmark-sender.ts';

function face(points: number, dropped = 0) {
  const landmarks = Float32Array.from({ length: points * 3 }, (_, i) =>
    i % 3 === 2 ? -12 : 100 + (i % 300),
  );
  return {
    type: 'face' as const,
    capturedMs: 1000,
    imageWidth: 640,
    imageHeight: 480,
    landmarks,
    trackingMs: 9,
    dropped,
  };
}

function channel() {
  const packets: Uint8Array[] = [];
  return { packets, bufferedAmount: 0, send: (data: Uint8Array) => void packets.push(data) };
}

test('a face goes out as a packet with the server’s time, one without a face as an empty one', () => {
  const to = channel();
  const sender = new LandmarkSender(
    () => to,
    (ms) => ms + 250,
  );
  sender.send(face(478));
  sender.send(face(0));
  const [first, second] = to.packets.map(decodeLandmarkPacket);
  expect(first).toMatchObject({
    sequence: 0,
    captureTimeMs: 1250,
    imageWidth: 640,
    imageHeight: 480,
    confidence: 1,
  });
  expect(first?.landmarks.length).toBe(478 * 3);
  expect(first?.landmarks[3]).toBeCloseTo(103, 1);
  expect(second).toMatchObject({ sequence: 1, confidence: 0 });
  expect(sender.sent).toBe(2);
});

test('a channel that is behind gets nothing more, and what it missed is counted', () => {
  const to = channel();
  const sender = new LandmarkSender(
    () => to,
    (ms) => ms,
  );
  to.bufferedAmount = 20_000;
  sender.send(face(478));
  sender.send(face(478, 2));
  to.bufferedAmount = 0;
  sender.send(face(478));
  expect(to.packets).toHaveLength(1);
  expect(sender.dropped).toBe(4);
});

test('without a channel nothing is kept for later', () => {
  const sender = new LandmarkSender(
    () => null,
    (ms) => ms,
  );
  sender.send(face(478));
  expect(sender).toMatchObject({ sent: 0, dropped: 1 });
});
