import type { Device } from 'mediasoup-client';
import type { RtpCapabilities, RtpParameters } from 'mediasoup-client/types';
import type { ConsumerInfo } from '../../sfu/signaling/messages.ts';
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
  private device: Promise<Device> | null = null;
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

  /**
   * From the beginning, with a new transport: after joining anew, a media reset, or a picture that stands still.
   *
   * @param device may still be loading: the transport is asked for meanwhile
   */
  async rebuild(device: Promise<Device>): Promise<void> {
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
    let link: TransportLink | null = null;
    try {
      link = await openTransport(this.session, device, 'receive', () => void this.refresh());
      const avatar = await this.consume(link, await device);
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
      link?.close();
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
    const consume = ({ consumerId: id, producerId, kind, rtpParameters }: ConsumerInfo) =>
      link.transport.consume({
        id,
        producerId,
        kind,
        rtpParameters: rtpParameters as unknown as RtpParameters,
        // Not of one stream, or the browser would hold the picture back for the sound by its own measure: see `LipSync`.
        streamId: `avatar-${kind}`,
      });
    const pictures = consumers.filter(({ kind }) => kind === 'video');
    this.soundConsumerId = consumers.find(({ kind }) => kind === 'audio')?.consumerId ?? null;
    const [consumed] = await Promise.all([
      // Of one turn, and so in one negotiation.
      Promise.all(consumers.map(consume)),
      // The key frame is asked for as soon as the transport stands.
      ...pictures.map(({ consumerId }) => this.session.request('resumeConsumer', { consumerId })),
    ]);
    const receiver = (kind: 'audio' | 'video') =>
      consumed.find((consumer) => consumer.kind === kind)?.rtpReceiver ?? null;
    const videoReceiver = receiver('video');
    // Playing at once rather than smoothly: the picture is live.
    if (videoReceiver && 'jitterBufferTarget' in videoReceiver) videoReceiver.jitterBufferTarget = 0;
    void this.resumeSound();
    const stream = new MediaStream(consumed.map(({ track }) => track));
    return { stream, videoReceiver, soundReceiver: receiver('audio') };
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
