import type { OptionsPatch } from '../../sfu/signaling/messages.ts';
import { mergedPatch } from './live-options.ts';

const PACE_MS = 80;

/** Sends changes of the options at a pace that a dragged slider can't outrun: what waits is merged into one. */
export class PatchSender {
  private waiting: OptionsPatch | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly deliver: (patch: OptionsPatch) => Promise<void>;

  /** @param deliver never rejects */
  constructor(deliver: (patch: OptionsPatch) => Promise<void>) {
    this.deliver = deliver;
  }

  push(patch: OptionsPatch): void {
    this.waiting = this.waiting ? mergedPatch(this.waiting, patch) : patch;
    if (this.timer === undefined) void this.flush();
  }

  /** Whether something was changed here that the server does not know yet. */
  get pending(): boolean {
    return this.waiting !== null || this.timer !== undefined;
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = null;
  }

  private async flush(): Promise<void> {
    const patch = this.waiting;
    this.waiting = null;
    if (!patch) {
      this.timer = undefined;
      return;
    }
    this.timer = setTimeout(() => void this.flush(), PACE_MS);
    await this.deliver(patch);
  }
}
