import { AvatarEncoder } from './avatar-encoder.ts';
import { RtpLiveSession } from './rtp-live-session.ts';
import type { LiveSession, LiveSessionParts, LiveSessionSpec } from './types.ts';

/**
 * Loads the avatar, binds the socket and begins to send the avatar at rest once `attach` says where to.
 *
 * @throws LokiError of the portrait; `INTERNAL` where the port can't be bound
 */
export async function createLiveSession(
  parts: LiveSessionParts,
  spec: LiveSessionSpec,
): Promise<LiveSession> {
  const avatar = await parts.loadAvatar(spec.avatarPath, spec.sizePx);
  try {
    const { video } = spec.streams;
    const encoder = await AvatarEncoder.open({
      codec: video.codec === 'H264' ? 'H264' : 'VP8',
      width: spec.sizePx,
      height: spec.sizePx,
      fps: spec.maxFps,
      bitrateBps: spec.videoBitrateBps,
    });
    const session = new RtpLiveSession(parts, spec, avatar, encoder);
    try {
      await session.start();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  } catch (error) {
    await avatar.generator.close();
    throw error;
  }
}
