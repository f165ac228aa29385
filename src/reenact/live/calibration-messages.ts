import type { ErrorCode } from '../../errors.ts';
import type { CalibrateOptions } from '../fit/calibrate.ts';
import type { Calibration } from '../fit/types.ts';
import type { TrackedFace } from '../track/types.ts';

/** What the calibration's thread is started with. */
export interface CalibrationWorkerData {
  /** Null for the open head. */
  readonly headPath: string | null;
}

export interface CalibrationRequest {
  readonly id: number;
  readonly faces: readonly TrackedFace[];
  readonly options: CalibrateOptions;
}

export type CalibrationReply =
  | { readonly kind: 'learned'; readonly id: number; readonly calibration: Calibration }
  | { readonly kind: 'refused'; readonly id: number; readonly code: ErrorCode; readonly message: string };
