import { type MonoTypeOperatorFunction, Observable } from 'rxjs';

/** A gate before a pipeline of live frames; see {@link latestWins}. */
export interface LatestWinsGate<T> {
  readonly admit: MonoTypeOperatorFunction<T>;
  /** Says that one value has left the far end of the pipeline. */
  release(): void;
}

/**
 * Lets at most `inFlight` values into the pipeline behind it. While it is full the newest value waits, and those that
 * it pushes out are dropped: nothing grows with a slow pipeline, and what is made is never older than it must be.
 *
 * @param onDrop called for every value that is dropped
 */
export function latestWins<T>(inFlight: number, onDrop: (value: T) => void): LatestWinsGate<T> {
  let free = inFlight;
  let waiting: { readonly value: T } | null = null;
  let letIn: (value: T) => void = () => {};
  return {
    admit: (source) =>
      new Observable((subscriber) => {
        letIn = (value) => subscriber.next(value);
        const subscription = source.subscribe({
          next(value) {
            if (free > 0) {
              free--;
              subscriber.next(value);
              return;
            }
            if (waiting !== null) onDrop(waiting.value);
            waiting = { value };
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        });
        return () => {
          waiting = null;
          subscription.unsubscribe();
        };
      }),
    release() {
      if (waiting === null) {
        free++;
        return;
      }
      const { value } = waiting;
      waiting = null;
      letIn(value);
    },
  };
}
