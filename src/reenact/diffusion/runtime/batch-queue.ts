/** A request for a stream's next frames that waits for its turn. */
export interface WaitingRun {
  readonly stream: number;
  readonly frames: number;
  readonly steps: number;
}

/**
 * Which requests go next: the one that has waited longest, and with it as many others as are alike and can join, up to
 * `most`. The order of waiting is kept.
 *
 * @param canJoin whether the requests' streams can go together; asked only for two and more
 * @returns what goes; `waiting` keeps the rest
 */
export function takeBatch<W extends WaitingRun>(
  waiting: W[],
  most: number,
  canJoin: (batch: readonly W[]) => boolean,
): W[] {
  const first = waiting.shift();
  if (first === undefined) return [];
  const batch = [first];
  for (let i = 0; i < waiting.length && batch.length < most; ) {
    const next = waiting[i];
    const alike =
      next.frames === first.frames &&
      next.steps === first.steps &&
      batch.every(({ stream }) => stream !== next.stream);
    if (alike && canJoin([...batch, next])) {
      batch.push(next);
      waiting.splice(i, 1);
    } else i++;
  }
  return batch;
}
