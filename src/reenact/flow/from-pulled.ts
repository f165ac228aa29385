import { Observable } from 'rxjs';

/** What a pulled source hands out: the observable, and the call by which its consumer gives a place back. */
export interface PulledSource<T> {
  readonly values: Observable<T>;
  /** Says that one value has left the far end of the pipeline, so that one more may be read. */
  release(): void;
}

/**
 * Reads an async iterable no further than `inFlight` values ahead of what the pipeline has let go of. RxJS pushes;
 * a file can be read faster than frames are made, so without this every decoded frame would pile up in memory.
 *
 * Unsubscribing ends the iteration (the iterator's `return()` runs, so a decoder closes).
 */
export function fromPulled<T>(iterable: AsyncIterable<T>, inFlight: number): PulledSource<T> {
  let free = inFlight;
  let wake: (() => void) | null = null;

  const values = new Observable<T>((subscriber) => {
    const iterator = iterable[Symbol.asyncIterator]();
    const read = async (): Promise<void> => {
      while (!subscriber.closed) {
        if (free <= 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        const next = await iterator.next();
        if (next.done) {
          subscriber.complete();
          return;
        }
        free--;
        subscriber.next(next.value);
      }
    };
    read().catch((error: unknown) => subscriber.error(error));
    return () => {
      wake?.();
      void iterator.return?.();
    };
  });

  return {
    values,
    release() {
      free++;
      wake?.();
      wake = null;
    },
  };
}
