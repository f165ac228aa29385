import { concatMap, map, type Observable, of, tap } from 'rxjs';
import { drawTimeMark } from '../../contract/time-mark.ts';
import type { EncodedPicture } from '../codec/live-video-encoder.ts';
import { latestWins } from '../flow/latest-wins.ts';
import type { VideoFrame } from '../frame.ts';
import { type ReenactedFrame, reenactTracked, trackFaces } from '../pipeline.ts';
import type { TrackedFace, TrackResult } from '../track/types.ts';
import { canonicalFace } from './canonical-face.ts';
import type { DropCounters } from './drop-counters.ts';
import type { FrameTrace } from './frame-traces.ts';
import type { RenderedLabel } from './label.ts';
import { drawLabel } from './label.ts';
import type { LiveStages } from './live-stages.ts';

/** What makes a frame of the avatar: a picture of the driver, landmarks of the driver, or that no driver is there. */
export type LiveInput =
  | { readonly kind: 'picture'; readonly frame: VideoFrame }
  | { readonly kind: 'landmarks' | 'idle'; readonly result: TrackResult };

export interface LivePipelineParts {
  readonly stages: LiveStages;
  readonly drops: DropCounters;
  /** The driver's picture is not needed any more: it was tracked, or a newer one took its place. */
  onThrough(frame: VideoFrame): void;
  /** Sees every canonical face; @returns whether it may move the avatar */
  onFace(result: TrackResult): boolean;
  /** Sees every frame of the avatar before the label. */
  onAvatar(frame: ReenactedFrame): void;
  label(): RenderedLabel | null;
  encode(frame: VideoFrame, trace: FrameTrace): Promise<EncodedPicture | null>;
  send(picture: EncodedPicture, trace: FrameTrace): void;
}

/**
 * The live pipeline, from whatever says how the driver moves to the avatar's packets. One frame is tracked, in the
 * tracker's thread, while the one before is drawn and encoded, or the two before where networks draw beside this thread;
 * before either half the newest frame waits singly and pushes older ones out. Everything between tracking and the
 * avatar's picture is `animate`'s own.
 */
export function livePipeline(inputs: Observable<LiveInput>, parts: LivePipelineParts): Observable<unknown> {
  const { stages, drops } = parts;
  const beforeTracking = latestWins<LiveInput>(
    () => 1,
    (input) => {
      drops.add('track');
      if (input.kind === 'picture') parts.onThrough(input.frame);
    },
  );
  const beforeDrawing = latestWins<TrackResult>(
    () => stages.generator.inFlight ?? 1,
    () => drops.add('draw'),
  );
  const track = (frame: VideoFrame): Observable<TrackResult> =>
    trackFaces(of(frame), stages).pipe(tap(() => parts.onThrough(frame)));
  const tracked = inputs.pipe(
    beforeTracking.admit,
    concatMap((input) => (input.kind === 'picture' ? track(input.frame) : of(input.result))),
    map((result) => withFace(result, result.face === null ? null : canonicalFace(result.face))),
    map((result) => (parts.onFace(result) ? result : withFace(result, null))),
    tap(() => queueMicrotask(beforeTracking.release)),
    beforeDrawing.admit,
  );
  return reenactTracked(tracked, stages).pipe(
    tap((frame) => parts.onAvatar(frame)),
    map(({ avatar }) => ({ avatar, trace: stages.clock.of(avatar.sequence) })),
    tap(({ avatar, trace }) => {
      const label = parts.label();
      if (label !== null) drawLabel(avatar.image, label);
      if (trace.mark !== null) drawTimeMark(avatar.image, trace.mark);
    }),
    concatMap(async ({ avatar, trace }) => {
      const picture = await stages.clock.time('encode', () => parts.encode(avatar, trace));
      stages.generator.recycle(avatar.image);
      return { picture, trace };
    }),
    tap(({ picture, trace }) => {
      if (picture === null) drops.add('encode');
      else parts.send(picture, trace);
      beforeDrawing.release();
    }),
  );
}

function withFace(result: TrackResult, face: TrackedFace | null): TrackResult {
  return { ...result, face };
}
