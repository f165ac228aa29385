import type { FastifyReply } from 'fastify';

/** IPTC NewsCodes, https://cv.iptc.org/newscodes/digitalsourcetype/. */
const VOCABULARY = 'http://cv.iptc.org/newscodes/digitalsourcetype/';

/** What the live stream is: a picture of somebody, moved by software. */
export const AVATAR_STREAM = `${VOCABULARY}compositeSynthetic`;
/** What the built-in avatars are: renders of a head model, made after nobody. */
export const RENDERED_PICTURE = `${VOCABULARY}algorithmicMedia`;

/** Of the live stream, for bodies. */
export const STREAM_PROVENANCE = {
  synthetic: true,
  digitalSourceType: AVATAR_STREAM,
  generator: 'Loki Live',
} as const;

/**
 * Marks an answer as synthetic media, or as the page that shows it: `Digital-Source-Type` holds the IPTC term, as
 * XMP's `Iptc4xmpExt:DigitalSourceType` does in files.
 */
export function markSynthetic(reply: FastifyReply, digitalSourceType: string): void {
  reply.header('digital-source-type', digitalSourceType);
}
