import type { AvatarStreams } from '../../contract/live-session.ts';
import { buildAbsCaptureTime } from '../../rtp/abs-capture-time.ts';
import { packetiseH264 } from '../../rtp/h264-payload.ts';
import type { HeaderExtension } from '../../rtp/header-extensions.ts';
import { buildPlayoutDelay } from '../../rtp/playout-delay.ts';
import { buildSenderReport } from '../../rtp/rtcp.ts';
import { buildRtp } from '../../rtp/rtp-packet.ts';
import { PICTURE_ID_MODULUS, packetiseVp8 } from '../../rtp/vp8-payload.ts';
import type { EncodedPicture } from '../codec/live-video-encoder.ts';
import type { EgressReservation } from './types.ts';

/** Payload of an RTP packet at most: room for IPv6, UDP, SRTP and header extensions in an Ethernet frame of 1500. */
const MAX_PAYLOAD_BYTES = 1150;
/** Numbers that are reserved at a time, and how many are left when more are. */
const RESERVED = 500;
const RESERVE_AT = 250;
const SEQUENCE_MODULUS = 2 ** 16;
const TIMESTAMP_MODULUS = 2 ** 32;
const VIDEO_TICKS_PER_MS = 90;
/**
 * The avatar is live: evening out its frames would cost a viewer more than it gives. With nothing at least and up to half a
 * second at most Chromium shows each at once; once a page has pictures wait for late sound, it evens out as well, for no
 * longer than the most.
 */
const AT_ONCE = buildPlayoutDelay({ minMs: 0, maxMs: 200 });

export interface AvatarSenderOptions {
  readonly streams: AvatarStreams;
  /** Where a worker that died left off; random where the session begins. */
  readonly egress: EgressReservation | null;
  readonly send: (packet: Uint8Array) => void;
  readonly onReserved: (egress: EgressReservation) => void;
}

interface Counters {
  sequence: number;
  packets: number;
  octets: number;
}

/** The avatar's packets: contiguous numbers, reports, and no number ever twice, not even after a crash. */
export class AvatarSender {
  readonly #options: AvatarSenderOptions;
  readonly #video: Counters;
  readonly #audio: Counters;
  #pictureId: number;
  /** Numbers that may be used before more must be reserved. */
  #left = 0;

  constructor(options: AvatarSenderOptions) {
    const { egress } = options;
    this.#options = options;
    this.#video = { sequence: egress?.videoSequence ?? random(SEQUENCE_MODULUS), packets: 0, octets: 0 };
    this.#audio = { sequence: egress?.audioSequence ?? random(SEQUENCE_MODULUS), packets: 0, octets: 0 };
    this.#pictureId = egress?.pictureId ?? random(PICTURE_ID_MODULUS);
    this.#reserve();
  }

  /** @param ticks 90 kHz, without wraps @param captureTimeMs Unix milliseconds */
  sendVideo(picture: EncodedPicture, ticks: number, captureTimeMs: number): void {
    const { video } = this.#options.streams;
    const payloads =
      video.codec === 'H264'
        ? packetiseH264(picture.data, MAX_PAYLOAD_BYTES)
        : packetiseVp8(picture.data, this.#pictureId, MAX_PAYLOAD_BYTES);
    this.#pictureId = (this.#pictureId + 1) % PICTURE_ID_MODULUS;
    this.#spend(payloads.length);
    const { absCaptureTime, playoutDelay } = video.extensions;
    const extensions = captureExtension(absCaptureTime, captureTimeMs);
    if (playoutDelay !== undefined) extensions.push({ id: playoutDelay, data: AT_ONCE });
    payloads.forEach((payload, i) => {
      const marker = i === payloads.length - 1;
      this.#send(this.#video, video, payload, ticks, marker, extensions);
    });
  }

  /** @param ticks of the sound's clock, without wraps @param captureTimeMs Unix milliseconds */
  sendAudio(payload: Uint8Array, ticks: number, marker: boolean, captureTimeMs: number): void {
    const { audio } = this.#options.streams;
    this.#spend(1);
    const extensions = captureExtension(audio.extensions.absCaptureTime, captureTimeMs);
    this.#send(this.#audio, audio, payload, ticks, marker, extensions);
  }

  /** Sender reports of both streams, on one clock. @param unixMs now */
  sendReports(unixMs: number): void {
    const { video, audio, cname } = this.#options.streams;
    const report = (ssrc: number, ticks: number, { packets, octets }: Counters): void =>
      this.#options.send(
        buildSenderReport({
          ssrc,
          ntpMs: unixMs,
          rtpTimestamp: wrapTicks(ticks),
          packetCount: packets % TIMESTAMP_MODULUS,
          octetCount: octets % TIMESTAMP_MODULUS,
          cname,
        }),
      );
    if (this.#video.packets > 0) report(video.ssrc, unixMs * VIDEO_TICKS_PER_MS, this.#video);
    if (this.#audio.packets > 0) report(audio.ssrc, unixMs * (audio.clockRateHz / 1000), this.#audio);
  }

  #send(
    counters: Counters,
    { payloadType, ssrc }: { readonly payloadType: number; readonly ssrc: number },
    payload: Uint8Array,
    ticks: number,
    marker: boolean,
    extensions: readonly HeaderExtension[],
  ): void {
    const { sequence } = counters;
    counters.sequence = (sequence + 1) % SEQUENCE_MODULUS;
    counters.packets++;
    counters.octets += payload.length;
    const timestamp = wrapTicks(ticks);
    this.#options.send(buildRtp({ marker, payloadType, sequence, timestamp, ssrc, extensions, payload }));
  }

  /** Reserves ahead of use: a packet may be on its way when the process dies. */
  #spend(count: number): void {
    this.#left -= count;
    if (this.#left < RESERVE_AT) this.#reserve();
  }

  #reserve(): void {
    // No frame has more packets than are left here, so what was announced before covers what is sent next.
    this.#left = RESERVED;
    this.#options.onReserved({
      videoSequence: (this.#video.sequence + RESERVED) % SEQUENCE_MODULUS,
      audioSequence: (this.#audio.sequence + RESERVED) % SEQUENCE_MODULUS,
      pictureId: (this.#pictureId + RESERVED) % PICTURE_ID_MODULUS,
    });
  }
}

function wrapTicks(ticks: number): number {
  return Math.round(ticks) % TIMESTAMP_MODULUS;
}

function captureExtension(id: number | undefined, captureTimeMs: number): HeaderExtension[] {
  return id === undefined ? [] : [{ id, data: buildAbsCaptureTime({ captureTimeMs, clockOffsetMs: null }) }];
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}
