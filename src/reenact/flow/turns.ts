/** Runs tasks one after the other, in the order in which they were asked for; one that fails holds up none behind it. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(task: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
