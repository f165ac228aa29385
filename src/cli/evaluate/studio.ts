import { type Avatar, buildAvatar } from '../../reenact/avatar.ts';
import type { LandmarkRig } from '../../reenact/fit/landmark-rig.ts';
import type { Calibration } from '../../reenact/fit/types.ts';
import { CALIBRATION_FRAMES, calibrateDriver, loadRig } from '../../reenact/session.ts';
import { createFaceTracker } from '../../reenact/track/face-tracker.ts';
import type { FaceTracker } from '../../reenact/track/types.ts';
import { openClip } from './clip.ts';

/** Side of the avatars' pictures, pixels. */
export const PICTURE_PX = 512;
/** Avatars kept: the folders that are evaluated hold a handful, and each is some 30 MB. */
const MOST_AVATARS = 12;

/** What all pairs of one evaluation share: models, tracker, and whoever was learned already. */
export class Studio {
  readonly #avatars = new Map<string, Avatar>();
  readonly #drivers = new Map<string, Calibration>();

  private constructor(
    readonly rig: LandmarkRig,
    readonly tracker: FaceTracker,
  ) {}

  static async open(headPath: string | null): Promise<Studio> {
    return new Studio(await loadRig(headPath ?? undefined), await createFaceTracker());
  }

  /** @throws LokiError as `buildAvatar` */
  async avatar(path: string): Promise<Avatar> {
    const known = this.#avatars.get(path);
    if (known !== undefined) return known;
    const avatar = await buildAvatar(this.rig, this.tracker, path, {
      size: PICTURE_PX,
      largestFace: true,
    });
    const [oldest] = this.#avatars.keys();
    if (this.#avatars.size >= MOST_AVATARS && oldest !== undefined) this.#avatars.delete(oldest);
    this.#avatars.set(path, avatar);
    return avatar;
  }

  /** @throws LokiError NO_FACE, and as `openVideo` */
  async driver(path: string): Promise<Calibration> {
    const known = this.#drivers.get(path);
    if (known !== undefined) return known;
    const clip = await openClip(path);
    try {
      const calibration = await calibrateDriver(
        this.rig,
        this.tracker,
        await clip.sample(CALIBRATION_FRAMES),
      );
      this.#drivers.set(path, calibration);
      return calibration;
    } finally {
      await clip.close();
    }
  }

  close(): Promise<void> {
    return this.tracker.close();
  }
}
