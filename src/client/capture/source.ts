/** Where the driver's picture and sound come from. */
export type SourceChoice =
  | {
      readonly kind: 'camera';
      /** Device ids; the browser's own choice where absent. */
      readonly cameraId?: string;
      readonly microphoneId?: string;
      readonly sound: boolean;
    }
  | { readonly kind: 'file'; readonly file: File }
  | { readonly kind: 'builtin' };

/** An open source. Its tracks end with `close()`. */
export interface OpenSource {
  readonly kind: SourceChoice['kind'];
  /** For people: the camera's or file's name. */
  readonly label: string;
  readonly video: MediaStreamTrack;
  readonly audio: MediaStreamTrack | null;
  /** Idempotent. */
  close(): void;
}
