/** Where frames and packets of a live session can be dropped. */
export const DROP_QUEUES = [
  // Packets that are no RTP, RTCP or landmark packet of this session.
  'garbage',
  // Packets of the driver's video: too late or twice, and never come.
  'late',
  'lost',
  // Frames that were incomplete, or came before a key frame.
  'incomplete',
  // Waiting for the decoder, and damaged.
  'decode',
  'damaged',
  // Frames above the frame rate, and older than one that was sent.
  'rate',
  'stale',
  // Pushed out by a newer one: pictures before the tracker, landmarks before the generator.
  'track',
  'draw',
  // Frames that the encoder's rate control skipped.
  'encode',
  // Packets of sound that came too late, or too many at once.
  'audio',
] as const;

export type DropQueue = (typeof DROP_QUEUES)[number];

/** How much each bounded queue of a session has dropped since it began. */
export class DropCounters {
  readonly #counts = Object.fromEntries(DROP_QUEUES.map((queue) => [queue, 0])) as Record<DropQueue, number>;

  add(queue: DropQueue, count = 1): void {
    this.#counts[queue] += count;
  }

  snapshot(): Record<DropQueue, number> {
    return { ...this.#counts };
  }
}
