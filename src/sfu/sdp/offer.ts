import * as sdpTransform from 'sdp-transform';
import { LokiError } from '../../errors.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface OfferedCodec {
  readonly payloadType: number;
  /** Lower case, such as `vp8`. */
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number | undefined;
  /** As in `a=fmtp`, unparsed; empty where there is none. */
  readonly formatParameters: string;
  readonly feedback: readonly { readonly type: string; readonly parameter: string }[];
  /** Payload type of its retransmissions (RFC 4588). */
  readonly rtxPayloadType: number | undefined;
}

/** One m-section of an offer. */
export interface OfferedMedia {
  /** `audio`, `video`, `application`, … */
  readonly type: string;
  readonly protocol: string;
  /** The formats of the m-line as they stand. */
  readonly formats: string;
  readonly mid: string | null;
  /** False where the offerer itself gave it port 0, other than as `bundle-only`. */
  readonly enabled: boolean;
  readonly direction: Direction;
  /** In the order of preference. */
  readonly codecs: readonly OfferedCodec[];
  readonly extensions: readonly { readonly uri: string; readonly id: number }[];
  /** Of the first stream, where the offer names it. */
  readonly ssrc: number | null;
  readonly rtxSsrc: number | null;
  readonly cname: string | null;
  /** Simulcast layers that the client would send, in its order; empty without simulcast. */
  readonly sendRids: readonly string[];
}

export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

export interface Offer {
  readonly media: readonly OfferedMedia[];
  readonly ice: IceCredentials;
  readonly dtls: {
    readonly role: 'auto' | 'client' | 'server';
    readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[];
  };
  readonly mids: readonly string[];
}

const MAX_SECTIONS = 16;
const FINGERPRINTS = new Set(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']);

/**
 * Reads an SDP offer (RFC 8866, with RFC 8829's use of it): ICE and DTLS parameters at either level, bundled sections.
 *
 * @throws LokiError BAD_MESSAGE naming what is wrong or missing
 */
export function parseOffer(text: string): Offer {
  const session = parse(text);
  const { media } = session;
  if (media.length === 0) bad('it has no m-section');
  if (media.length > MAX_SECTIONS) bad(`it has more than ${MAX_SECTIONS} m-sections`);
  const transportOf = media.find(({ iceUfrag }) => iceUfrag !== undefined) ?? session;
  const { iceUfrag, icePwd } = { ...pickIce(session), ...pickIce(transportOf) };
  if (!iceUfrag || !icePwd) bad('it has no ICE user fragment and password');
  if (media.some((section) => section.iceUfrag !== undefined && section.iceUfrag !== iceUfrag)) {
    bad('its m-sections use several ICE transports; bundle them');
  }
  const bundles = (session.groups ?? []).filter(({ type }) => type === 'BUNDLE');
  if (bundles.length === 0 && media.filter(({ port }) => port !== 0).length > 1) {
    bad('its m-sections are not bundled');
  }
  return {
    media: media.map((section) => readMedia(section, session.direction)),
    ice: { usernameFragment: String(iceUfrag), password: String(icePwd) },
    dtls: readDtls(session, media),
    mids: media.flatMap(({ mid }) => (mid === undefined ? [] : [String(mid)])),
  };
}

function parse(text: string): sdpTransform.SessionDescription {
  if (!text.startsWith('v=0')) bad('it does not begin with v=0');
  try {
    const session = sdpTransform.parse(text);
    return { ...session, media: session.media ?? [] };
  } catch {
    return bad('it can not be parsed');
  }
}

function pickIce({ iceUfrag, icePwd }: { iceUfrag?: string; icePwd?: string }) {
  return { ...(iceUfrag !== undefined && { iceUfrag }), ...(icePwd !== undefined && { icePwd }) };
}

function readDtls(
  session: sdpTransform.SessionDescription,
  media: readonly sdpTransform.MediaDescription[],
): Offer['dtls'] {
  const fingerprint = media.find((section) => section.fingerprint)?.fingerprint ?? session.fingerprint;
  if (!fingerprint?.hash) bad('it has no DTLS fingerprint');
  const algorithm = String(fingerprint?.type).toLowerCase();
  if (!FINGERPRINTS.has(algorithm)) bad(`its fingerprint algorithm is not known`);
  const setup = media.find((section) => section.setup)?.setup ?? session.setup ?? 'actpass';
  const role = setup === 'active' ? 'client' : setup === 'passive' ? 'server' : 'auto';
  return { role, fingerprints: [{ algorithm, value: String(fingerprint?.hash).toUpperCase() }] };
}

function readMedia(section: sdpTransform.MediaDescription, sessionDirection?: string): OfferedMedia {
  const { ssrcs = [], ssrcGroups = [] } = section;
  const ssrc = ssrcs.length > 0 ? Number(ssrcs[0].id) : null;
  const pair = ssrcGroups
    .filter(({ semantics }) => semantics === 'FID')
    .map(({ ssrcs: members }) => members.split(' ').map(Number))
    .find(([first]) => first === ssrc);
  const simulcast = section.simulcast;
  const sendList = simulcast?.dir1 === 'send' ? simulcast.list1 : simulcast?.list2;
  return {
    type: section.type,
    protocol: section.protocol,
    formats: String(section.payloads ?? ''),
    mid: section.mid === undefined ? null : String(section.mid),
    enabled: section.port !== 0 || section.bundleOnly !== undefined,
    direction: (section.direction ?? sessionDirection ?? 'sendrecv') as Direction,
    codecs: readCodecs(section),
    extensions: (section.ext ?? []).map(({ uri, value }) => ({ uri, id: Number(value) })),
    ssrc,
    rtxSsrc: pair?.[1] ?? null,
    cname: ssrcs.find(({ attribute }) => attribute === 'cname')?.value ?? null,
    sendRids: sendList
      ? sendList.split(';').map((alternatives) => alternatives.split(',')[0].replace(/^~/, ''))
      : [],
  };
}

function readCodecs(section: sdpTransform.MediaDescription): OfferedCodec[] {
  const order = String(section.payloads ?? '')
    .split(' ')
    .map(Number);
  const formatOf = (payloadType: number) =>
    section.fmtp?.find(({ payload }) => payload === payloadType)?.config ?? '';
  const codecs = [...(section.rtp ?? [])].sort((a, b) => order.indexOf(a.payload) - order.indexOf(b.payload));
  return codecs
    .filter(({ payload }) => Number.isInteger(payload) && payload >= 0 && payload <= 127)
    .map(({ payload, codec, rate, encoding }) => ({
      payloadType: payload,
      name: codec.toLowerCase(),
      clockRateHz: Number(rate),
      channels: encoding === undefined ? undefined : Number(encoding),
      formatParameters: formatOf(payload),
      feedback: (section.rtcpFb ?? [])
        .filter((entry) => String(entry.payload) === String(payload) || entry.payload === '*')
        .map(({ type, subtype }) => ({ type, parameter: subtype ?? '' })),
      rtxPayloadType: codecs.find(
        (other) => other.codec.toLowerCase() === 'rtx' && formatOf(other.payload) === `apt=${payload}`,
      )?.payload,
    }));
}

function bad(what: string): never {
  throw new LokiError('BAD_MESSAGE', `The SDP offer is not usable: ${what}.`);
}
