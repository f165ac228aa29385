import { Packet } from 'node-av/lib';
import { OPUS_TARGET, TranscodedAudio } from './audio-transcoder.ts';
import { stampMs } from './ffmpeg.ts';
import { MediaFile } from './media-file.ts';

/** One packet of Opus. */
export interface SoundPacket {
  /** From the start of the stream; the same zero as the pictures' `ptsMs`. */
  readonly ptsMs: number;
  readonly data: Uint8Array;
}

/**
 * The sound of a file as Opus in packets of 20 ms, encoded as it is asked for. Nothing where the file has none.
 *
 * @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export async function* opusPackets(path: string): AsyncGenerator<SoundPacket> {
  const file = await MediaFile.open(path);
  const packet = new Packet();
  packet.alloc();
  let audio: TranscodedAudio | null = null;
  try {
    if (file.audio === null) return;
    audio = await TranscodedAudio.open(file, file.audio, OPUS_TARGET);
    while (await audio.next(packet)) {
      const ptsMs = stampMs(packet.pts, audio.timeBase) - file.startMs;
      const data = Uint8Array.from(packet.data!);
      packet.unref();
      yield { ptsMs, data };
    }
  } finally {
    packet.free();
    audio?.close();
    await file.close();
  }
}
