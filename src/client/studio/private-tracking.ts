import { type LandmarkChannel, LandmarkSender } from '../track/landmark-sender.ts';
import { LandmarkTracker } from '../track/landmark-tracker.ts';

/** Private mode's half of the studio: finds the face here and sends where its points are. */
export class PrivateTracking {
  private tracker: LandmarkTracker | null = null;
  private readonly sender: LandmarkSender;

  constructor(channel: () => LandmarkChannel | null, toServerMs: (browserMs: number) => number) {
    this.sender = new LandmarkSender(channel, toServerMs);
  }

  /** @throws ServerError PRIVATE_UNAVAILABLE */
  async open(track: MediaStreamTrack | null): Promise<void> {
    this.tracker ??= await LandmarkTracker.open((face) => this.sender.send(face));
    if (track) this.tracker.follow(track);
  }

  /** The source is another now. */
  follow(track: MediaStreamTrack): void {
    this.tracker?.follow(track);
  }

  close(): void {
    this.tracker?.close();
    this.tracker = null;
  }
}
