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
 * @param inFlight asked anew for every value
 * @param onDrop called for every value that is dropped
 */
export function latestWins<T>(inFlight: () => number, onDrop: (value: T) => void): LatestWinsGate<T> {
  let inside = 0;
  let waiting: { readonly value: T } | null = null;
  let letIn: (value: T) => void = () => {};
  return {
    admit: (source) =>
      new Observable((subscriber) => {
        letIn = (value) => subscriber.next(value);
        const subscription = source.subscribe({
          next(value) {
            // Also where there is room for both by now: whatever comes later must not come out earlier.
            if (waiting !== null) onDrop(waiting.value);
            waiting = null;
            if (inside >= inFlight()) {
              waiting = { value };
              return;
            }
            inside++;
            subscriber.next(value);
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
      inside--;
      if (waiting === null || inside >= inFlight()) return;
      const { value } = waiting;
      waiting = null;
      inside++;
      letIn(value);
    },
  };
}
