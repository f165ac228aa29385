/**
 * Runs tasks in the order in which they were given, as many at once as there are slots; results come in that order, too. A
 * task that fails does not stop those behind it.
 */
export class SlotQueue {
  /** When the latest task began. */
  #begun: Promise<void> = Promise.resolve();
  /** Of each slot when its latest task was done. */
  readonly #free: Promise<void>[];
  /** When the latest result was given. */
  #given: Promise<void> = Promise.resolve();
  #next = 0;

  constructor(slots: number) {
    this.#free = Array.from({ length: slots }, () => Promise.resolve());
  }

  /** @param task told its slot, which no other task has meanwhile: they take turns */
  run<T>(task: (slot: number) => Promise<T>): Promise<T> {
    const slot = this.#next;
    this.#next = (slot + 1) % this.#free.length;
    this.#begun = settled(Promise.all([this.#begun, this.#free[slot]]));
    const done = this.#begun.then(() => task(slot));
    this.#free[slot] = settled(done);
    const before = this.#given;
    const result = this.#free[slot].then(() => before).then(() => done);
    this.#given = settled(result);
    return result;
  }
}

/** Without what it came to: the queue keeps no result, least of all those of everything before. */
function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => {},
    () => {},
  );
}
