import type { Device } from 'mediasoup-client';
import type { DataProducer, Producer } from 'mediasoup-client/types';
import type { RoomSession } from './room-session.ts';
import { errorCode } from './server-error.ts';
import { openTransport, type TransportLink } from './transport-link.ts';

const VIDEO_BITRATE_BPS = 1_200_000;
const TRY_AGAIN_MS = 2_000;
/** Of these only time is needed. */
const PASSING = new Set(['TIMEOUT', 'CONNECTION_LOST', 'NOT_FOUND', 'NOT_JOINED']);

/** What the driver sends. Exactly one of `camera` and `landmarks` is on: in private mode no picture leaves the browser. */
export interface DriverIntent {
  readonly camera: MediaStreamTrack | null;
  readonly microphone: MediaStreamTrack | null;
  readonly landmarks: boolean;
}

const NOTHING: DriverIntent = { camera: null, microphone: null, landmarks: false };

/** The driver's sending side. `send()` says what should be sent; the transport follows, also after it was rebuilt. */
export class DriverMedia {
  private readonly session: RoomSession;
  private device: Device | null = null;
  private link: TransportLink | null = null;
  private intent = NOTHING;
  private video: Producer | null = null;
  private audio: Producer | null = null;
  private landmarkProducer: DataProducer | null = null;
  private work: Promise<void> = Promise.resolve();
  private generation = 0;

  constructor(session: RoomSession) {
    this.session = session;
  }

  /** Latest wins. @throws ServerError; what was sent before goes on where it can */
  send(intent: DriverIntent): Promise<void> {
    if (intent.camera && intent.landmarks) {
      throw new Error('private mode sends no picture');
    }
    this.intent = intent;
    return this.enqueue();
  }

  /** Forgets the transport of before: after joining anew or a media reset. */
  rebuild(device: Device): Promise<void> {
    this.device = device;
    this.drop();
    return this.enqueue();
  }

  recover(): void {
    this.link?.recover();
  }

  /** The open landmark channel, or null. */
  get landmarkChannel(): DataProducer | null {
    const producer = this.landmarkProducer;
    return producer && producer.readyState === 'open' ? producer : null;
  }

  get sendsVideo(): boolean {
    return this.video !== null;
  }

  close(): void {
    this.intent = NOTHING;
    this.drop();
  }

  private drop(): void {
    this.generation++;
    this.closeLink();
  }

  private closeLink(): void {
    this.link?.close();
    this.link = null;
    this.video = null;
    this.audio = null;
    this.landmarkProducer = null;
  }

  private enqueue(): Promise<void> {
    const run = this.work.then(() => this.persist());
    this.work = run.catch(() => {});
    return run;
  }

  /** Applies the intent, and keeps at it while the server is away or too slow to answer. */
  private async persist(): Promise<void> {
    for (;;) {
      const generation = this.generation;
      try {
        await this.apply(generation);
        return;
      } catch (error) {
        // Somebody else began anew meanwhile, and applies the intent next.
        if (generation !== this.generation) return;
        this.drop();
        if (!PASSING.has(errorCode(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
    }
  }

  private async apply(generation: number): Promise<void> {
    const { device, intent } = this;
    if (!device) return;
    // A picture can't join sound: the id that mediasoup-client then gave the sound's capture time is one that Chromium
    // wants for the picture, and it refuses the offer. The other way round they get on.
    if (intent.camera && !this.video && this.audio) this.closeLink();
    if (!this.link) {
      if (!intent.camera && !intent.microphone && !intent.landmarks) return;
      const link = await this.open(device);
      if (generation !== this.generation) {
        link.close();
        return;
      }
      this.link = link;
    }
    // The camera goes before landmarks come, so that the two never overlap.
    const video = await this.follow(this.video, intent.camera, 'video');
    if (generation !== this.generation) return;
    this.video = video;
    const landmarks = await this.followLandmarks(intent.landmarks);
    if (generation !== this.generation) return;
    this.landmarkProducer = landmarks;
    const audio = await this.follow(this.audio, intent.microphone, 'audio');
    if (generation === this.generation) this.audio = audio;
  }

  private async open(device: Device): Promise<TransportLink> {
    const link = await openTransport(this.session, device, 'send', () => void this.rebuild(device));
    const { transport } = link;
    transport.on('produce', ({ kind, rtpParameters }, done, failed) => {
      this.session
        .request('produce', { transportId: transport.id, kind, rtpParameters: { ...rtpParameters } })
        .then(({ producerId }) => done({ id: producerId }), failed);
    });
    transport.on('producedata', ({ sctpStreamParameters }, done, failed) => {
      this.session
        .request('produceLandmarks', {
          transportId: transport.id,
          sctpStreamParameters: { ...sctpStreamParameters },
        })
        .then(({ dataProducerId }) => done({ id: dataProducerId }), failed);
    });
    return link;
  }

  private async follow(
    producer: Producer | null,
    track: MediaStreamTrack | null,
    kind: 'video' | 'audio',
  ): Promise<Producer | null> {
    if (producer?.track === track && track) return producer;
    if (producer && track) {
      await producer.replaceTrack({ track });
      return producer;
    }
    if (producer) {
      producer.close();
      // The server may have ended it by itself, as it does on `setTracking`.
      await this.session.request('closeProducer', { producerId: producer.id }).catch(() => {});
    }
    if (!track || !this.link) return null;
    const made = await this.link.transport.produce({
      track,
      stopTracks: false,
      zeroRtpOnPause: true,
      headerExtensionOptions: { absCaptureTime: true },
      ...(kind === 'video'
        ? {
            encodings: [{ maxBitrate: VIDEO_BITRATE_BPS }],
            codecOptions: { videoGoogleStartBitrate: 800 },
          }
        : { codecOptions: { opusDtx: false, opusFec: true, opusStereo: false } }),
    });
    if (kind === 'video') await keepFrameRate(made.rtpSender);
    return made;
  }

  private async followLandmarks(on: boolean): Promise<DataProducer | null> {
    const producer = this.landmarkProducer;
    if (on === (producer !== null && !producer.closed)) return producer;
    if (!on) {
      // Its server side goes with `setTracking`; the channel itself closes here.
      producer?.close();
      return null;
    }
    return (
      (await this.link?.transport.produceData({ ordered: false, maxRetransmits: 0, label: 'landmarks' })) ??
      null
    );
  }
}

/** Under pressure the picture may get coarser, never slower. */
async function keepFrameRate(sender: RTCRtpSender | undefined): Promise<void> {
  if (!sender) return;
  const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string };
  parameters.degradationPreference = 'maintain-framerate';
  try {
    await sender.setParameters(parameters);
  } catch {
    // A browser that does not know the preference keeps its own.
  }
}
