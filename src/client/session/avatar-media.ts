import type { Device } from 'mediasoup-client';
import type { RtpCapabilities, RtpParameters } from 'mediasoup-client/types';
import type { RoomSession } from './room-session.ts';
import { openTransport, type TransportLink } from './transport-link.ts';

const ASK_AGAIN_MS = 3_000;

const ABS_CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** The avatar's streams as a page shows them. */
export interface AvatarStream {
  readonly stream: MediaStream;
  readonly videoReceiver: RTCRtpReceiver | null;
  readonly soundReceiver: RTCRtpReceiver | null;
}

/** Watches the room's avatar, and asks again until there is one to watch. */
export class AvatarMedia {
  private readonly session: RoomSession;
  private readonly onStream: (avatar: AvatarStream | null) => void;
  private device: Device | null = null;
  private link: TransportLink | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private again = false;
  private soundWanted = false;
  private soundConsumerId: string | null = null;

  constructor(session: RoomSession, onStream: (avatar: AvatarStream | null) => void) {
    this.session = session;
    this.onStream = onStream;
  }

  /** From the beginning, with a new transport: after joining anew, a media reset, or a picture that stands still. */
  async rebuild(device: Device): Promise<void> {
    this.device = device;
    this.again = true;
    if (this.running) return;
    this.running = true;
    try {
      while (this.again) {
        this.again = false;
        await this.build();
      }
    } finally {
      this.running = false;
    }
  }

  recover(): void {
    this.link?.recover();
  }

  /**
   * From now on sound comes too. It is not asked for before somebody listens: what arrives before the page plays sound
   * piles up in the browser's jitter buffer, and the picture then waits for it by up to a second.
   */
  wantSound(): void {
    if (this.soundWanted) return;
    this.soundWanted = true;
    void this.resumeSound();
  }

  /** The picture has not moved for long: perhaps the streams are others by now. */
  async refresh(): Promise<void> {
    if (this.device) await this.rebuild(this.device);
  }

  close(): void {
    clearTimeout(this.timer);
    this.device = null;
    this.link?.close();
    this.link = null;
  }

  private async build(): Promise<void> {
    clearTimeout(this.timer);
    const { device } = this;
    const before = this.link;
    this.link = null;
    if (!device) return;
    try {
      const link = await openTransport(this.session, device, 'receive', () => void this.refresh());
      const avatar = await this.consume(link, device);
      before?.close();
      if (this.device !== device) {
        link.close();
        return;
      }
      this.link = link;
      if (avatar) this.onStream(avatar);
      else this.askLater();
    } catch {
      // The signalling went, or the room has no session yet; the next join or the next question mends it.
      before?.close();
      if (this.device) this.askLater();
    }
  }

  private async consume(link: TransportLink, device: Device): Promise<AvatarStream | null> {
    const { consumers } = await this.session.request('watch', {
      transportId: link.transport.id,
      rtpCapabilities: withCaptureTime(device.rtpCapabilities),
    });
    if (consumers.length === 0) {
      link.close();
      return null;
    }
    const stream = new MediaStream();
    let videoReceiver: RTCRtpReceiver | null = null;
    let soundReceiver: RTCRtpReceiver | null = null;
    this.soundConsumerId = null;
    for (const { consumerId, producerId, kind, rtpParameters } of consumers) {
      const consumer = await link.transport.consume({
        id: consumerId,
        producerId,
        kind,
        rtpParameters: rtpParameters as unknown as RtpParameters,
        // Not of one stream, or the browser would hold the picture back for the sound by its own measure: see `LipSync`.
        streamId: `avatar-${kind}`,
      });
      stream.addTrack(consumer.track);
      if (kind === 'video') videoReceiver = consumer.rtpReceiver ?? null;
      else {
        soundReceiver = consumer.rtpReceiver ?? null;
        this.soundConsumerId = consumerId;
      }
    }
    // Playing at once rather than smoothly: the picture is live.
    if (videoReceiver && 'jitterBufferTarget' in videoReceiver) videoReceiver.jitterBufferTarget = 0;
    const pictures = consumers.filter(({ kind }) => kind === 'video');
    await Promise.all(
      pictures.map(({ consumerId }) => this.session.request('resumeConsumer', { consumerId })),
    );
    void this.resumeSound();
    return { stream, videoReceiver, soundReceiver };
  }

  private async resumeSound(): Promise<void> {
    const { soundConsumerId: consumerId } = this;
    if (!this.soundWanted || consumerId === null) return;
    try {
      await this.session.request('resumeConsumer', { consumerId });
    } catch {
      // The streams are being built anew, which asks again.
    }
  }

  private askLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), ASK_AGAIN_MS);
  }
}

/** Chromium reads abs-capture-time where it is offered, though it never asks for it; others leave it out again. */
function withCaptureTime(capabilities: RtpCapabilities): Record<string, unknown> {
  const extension = (kind: 'audio' | 'video') => ({
    kind,
    uri: ABS_CAPTURE_TIME,
    preferredId: 13,
    preferredEncrypt: false,
    direction: 'recvonly',
  });
  return {
    ...capabilities,
    headerExtensions: [...(capabilities.headerExtensions ?? []), extension('audio'), extension('video')],
  };
}
