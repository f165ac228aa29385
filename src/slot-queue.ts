/**
 * Runs tasks in the order in which they were given, as many at once as there are slots; results come in that order, too. A
 * task that fails does not stop those behind it.
 */
export class SlotQueue {
  /** When the latest task began. */
  #begun: Promise<unknown> = Promise.resolve();
  /** Of each slot when its latest task was done. */
  readonly #free: Promise<unknown>[];
  /** When the latest result was given. */
  #given: Promise<unknown> = Promise.resolve();
  #next = 0;

  constructor(slots: number) {
    this.#free = Array.from({ length: slots }, () => Promise.resolve());
  }

  /** @param task told its slot, which no other task has meanwhile: they take turns */
  run<T>(task: (slot: number) => Promise<T>): Promise<T> {
    const slot = this.#next;
    this.#next = (slot + 1) % this.#free.length;
    this.#begun = Promise.all([this.#begun, this.#free[slot]]);
    const done = this.#begun.then(() => task(slot));
    this.#free[slot] = done.catch(() => {});
    const before = this.#given;
    const result = this.#free[slot].then(() => before).then(() => done);
    this.#given = result.catch(() => {});
    return result;
  }
}
