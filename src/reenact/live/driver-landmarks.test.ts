import { describe, expect, it } from 'vitest';
import { encodeLandmarkPacket } from '../../contract/landmark-packet.ts';
import { DriverLandmarks } from './driver-landmarks.ts';
import { DropCounters } from './drop-counters.ts';

const UNIX_MS = 1_700_000_000_000;
const stamp = { sequence: 3, ptsMs: 120, captureTimeMs: UNIX_MS };

function message(sequence: number, points: 0 | 478): Uint8Array {
  const landmarks = new Float32Array(points * 3).fill(0.5);
  const captureTimeMs = UNIX_MS + sequence * 40;
  return encodeLandmarkPacket({
    sequence,
    captureTimeMs,
    imageWidth: 640,
    imageHeight: 480,
    confidence: 0.97,
    landmarks,
  });
}

describe('landmarks of the driver', () => {
  it('become a face at its capture time, or none where the browser saw none', () => {
    const driver = new DriverLandmarks(new DropCounters());
    const frame = driver.read(message(1, 478), 1000, UNIX_MS + 60);
    expect(frame?.trace.captureTimeMs).toBe(UNIX_MS + 40);
    expect(frame?.ticks).toBe((UNIX_MS + 40) * 90);
    expect(frame?.result(stamp).face).toMatchObject({ ...stamp, points: 478, imageWidth: 640 });
    expect(driver.read(message(2, 0), 1040, UNIX_MS + 100)?.result(stamp).face).toBeNull();
  });

  it('are counted and left out where they are damaged, or older than those before', () => {
    const drops = new DropCounters();
    const driver = new DriverLandmarks(drops);
    expect(driver.read(new Uint8Array(7), 0, UNIX_MS)).toBeNull();
    expect(driver.read(message(5000, 478), 0, UNIX_MS)).not.toBeNull();
    expect(driver.read(message(5000, 478), 1, UNIX_MS)).toBeNull();
    expect(driver.read(message(4990, 478), 2, UNIX_MS)).toBeNull();
    // Far behind: the page was reloaded and counts anew.
    expect(driver.read(message(2, 478), 3, UNIX_MS)).not.toBeNull();
    expect(drops.snapshot()).toMatchObject({ garbage: 1, stale: 2 });
  });
});
