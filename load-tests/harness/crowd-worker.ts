/**
 * A child process with many viewers, which `fanout.ts` starts and orders about. They receive and count; the first
 * `decoders` of them decode, too.
 */

import { LiveVideoDecoder } from '../../src/reenact/codec/live-video-decoder.ts';
import { FrameAssembler } from '../../src/rtp/frame-assembler.ts';
import { parseRtp } from '../../src/rtp/rtp-packet.ts';
import { type WhepViewer, watch } from './whep-viewer.ts';

/** To the child. */
export type CrowdOrder =
  | {
      readonly do: 'watch';
      readonly base: string;
      readonly room: string;
      readonly token: string;
      readonly viewers: number;
      readonly decoders: number;
    }
  | { readonly do: 'count' }
  | { readonly do: 'leave' };

/** From the child, one an order. */
export interface CrowdCount {
  readonly viewers: number;
  /** Of all viewers together. */
  readonly frames: number;
  readonly packets: number;
  readonly decoded: number;
  readonly undecodable: number;
  readonly error: string | null;
}

const UPRIGHT = { rotationDeg: 0, flip: false } as const;

let viewers: WhepViewer[] = [];
let decoded = 0;
let undecodable = 0;

process.on('message', (order: CrowdOrder) => {
  obey(order).then(
    () => answer(null),
    (error: Error) =>
      answer(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message),
  );
});
process.on('disconnect', () => process.exit(0));

async function obey(order: CrowdOrder): Promise<void> {
  if (order.do === 'leave') {
    await Promise.all(viewers.map((viewer) => viewer.close()));
    viewers = [];
  } else if (order.do === 'watch') {
    // One after another: handshakes are JavaScript, and many at once would time out.
    for (let i = 0; i < order.viewers; i++) {
      const decodes = i < order.decoders;
      const viewer = await watch(order.base, order.room, order.token, { sealed: !decodes });
      viewers.push(viewer);
      if (decodes) await decode(viewer);
    }
  }
}

async function decode(viewer: WhepViewer): Promise<void> {
  const decoder = await LiveVideoDecoder.open({ codec: 'VP8', maxSidePx: 512 });
  const assembler = new FrameAssembler({ codec: 'VP8' });
  let expected: number | null = null;
  let busy: Promise<unknown> = Promise.resolve();
  viewer.onPacket = (packet, kind) => {
    if (kind !== 'video') return;
    const parsed = parseRtp(packet.serialize());
    if (parsed === null || parsed.payload.length === 0) return;
    const lossBefore = expected !== null && parsed.sequence !== expected;
    expected = (parsed.sequence + 1) & 0xffff;
    for (const frame of assembler.push(parsed, performance.now(), lossBefore))
      busy = busy.then(() =>
        decoder.decode(frame.data, UPRIGHT).then(
          () => decoded++,
          () => undecodable++,
        ),
      );
    if (assembler.needsKeyFrame) viewer.requestKeyFrame();
  };
}

function answer(error: string | null): void {
  const sum = (of: (viewer: WhepViewer) => number): number =>
    viewers.reduce((total, one) => total + of(one), 0);
  const count: CrowdCount = {
    viewers: viewers.length,
    frames: sum(({ pictures }) => pictures.frames),
    packets: sum(({ pictures, sounds }) => pictures.packets + sounds.packets),
    decoded,
    undecodable,
    error,
  };
  process.send?.(count);
}
