import type { types } from 'mediasoup';
import { LokiError } from '../../errors.ts';
import type { Peer } from '../peer.ts';
import type { Answers, RequestData, RequestType, Role } from './messages.ts';

interface RequestRule<T extends RequestType> {
  readonly roles: readonly Role[];
  /** `now`: beside others, in any order; else one after another, as they came. */
  readonly now?: true;
  run(peer: Peer, data: RequestData<T>): Promise<Answers[T]> | Answers[T];
}

type JoinedRequest = Exclude<RequestType, 'join' | 'leave'>;

const ALL: readonly Role[] = ['driver', 'viewer', 'admin'];
const DRIVER: readonly Role[] = ['driver'];
const CONTROL: readonly Role[] = ['driver', 'admin'];

/** What each request does, and who may ask it. mediasoup checks what is opaque here. */
const RULES: { readonly [T in JoinedRequest]: RequestRule<T> } = {
  createTransport: {
    roles: ALL,
    run(peer, { direction }) {
      if (direction === 'send') assertRole(peer, DRIVER);
      return peer.createTransport(direction);
    },
  },
  connectTransport: {
    roles: ALL,
    async run(peer, { transportId, dtlsParameters }) {
      await peer.connectTransport(transportId, dtlsParameters as unknown as types.DtlsParameters);
      return {};
    },
  },
  restartIce: {
    roles: ALL,
    async run(peer, { transportId }) {
      return { iceParameters: { ...(await peer.restartIce(transportId)) } };
    },
  },
  produce: {
    roles: DRIVER,
    async run(peer, { transportId, kind, rtpParameters }) {
      const parameters = rtpParameters as unknown as types.RtpParameters;
      return { producerId: await peer.produce(transportId, kind, parameters) };
    },
  },
  produceLandmarks: {
    roles: DRIVER,
    async run(peer, { transportId, sctpStreamParameters }) {
      const parameters = sctpStreamParameters as unknown as types.SctpStreamParameters;
      return { dataProducerId: await peer.produceLandmarks(transportId, parameters) };
    },
  },
  closeProducer: {
    roles: DRIVER,
    run(peer, { producerId }) {
      peer.closeProducer(producerId);
      return {};
    },
  },
  watch: {
    roles: ALL,
    async run(peer, { transportId, rtpCapabilities }) {
      return { consumers: await peer.watch(transportId, rtpCapabilities as types.RtpCapabilities) };
    },
  },
  resumeConsumer: {
    roles: ALL,
    async run(peer, { consumerId }) {
      await peer.resumeConsumer(consumerId);
      return {};
    },
  },
  setAvatar: {
    roles: CONTROL,
    now: true,
    async run(peer, { avatarId }) {
      await peer.room.setAvatar(avatarId);
      return {};
    },
  },
  setOptions: {
    roles: CONTROL,
    run(peer, { options }) {
      peer.room.setOptions(options);
      return { options: { ...peer.room.options } };
    },
  },
  setTracking: {
    roles: CONTROL,
    async run(peer, { mode }) {
      await peer.room.setTracking(mode);
      return {};
    },
  },
  calibrate: {
    roles: CONTROL,
    now: true,
    async run(peer) {
      await peer.room.calibrate();
      return {};
    },
  },
  clock: {
    roles: ALL,
    now: true,
    run: (_peer, { sentMs }) => ({ sentMs, serverMs: performance.timeOrigin + performance.now() }),
  },
  reportLatency: {
    roles: ALL,
    now: true,
    run(peer, { p50Ms, p95Ms, frames }) {
      if (frames > 0) peer.room.reportLatency(peer, p50Ms, p95Ms);
      return {};
    },
  },
};

/** Whether the request waits for those before it. */
export function isOrdered(type: JoinedRequest): boolean {
  return RULES[type].now !== true;
}

/** @throws LokiError NOT_ALLOWED for a role without that right, and the error of the request itself */
export async function runRequest<T extends JoinedRequest>(
  peer: Peer,
  type: T,
  data: RequestData<T>,
): Promise<Answers[T]> {
  const rule: RequestRule<T> = RULES[type];
  assertRole(peer, rule.roles);
  return rule.run(peer, data);
}

function assertRole(peer: Peer, roles: readonly Role[]): void {
  if (!roles.includes(peer.role)) {
    throw new LokiError('NOT_ALLOWED', `The token does not allow this: it is for a ${peer.role}.`);
  }
}
