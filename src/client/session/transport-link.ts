import type { Device } from 'mediasoup-client';
import type { DtlsParameters, Transport } from 'mediasoup-client/types';
import type { Answers } from '../../sfu/signaling/messages.ts';
import type { RoomSession } from './room-session.ts';
import { errorCode } from './server-error.ts';

const DISCONNECTED_FOR_MS = 2_000;
const MAX_RESTARTS = 3;

export interface TransportLink {
  readonly transport: Transport;
  /** Restarts ICE unless the path stands; called after a signalling connection was resumed. */
  recover(): void;
  close(): void;
}

type ClientOptions = Parameters<Device['createSendTransport']>[0];

/**
 * A WebRTC transport tied to the room's signalling. A path that breaks is restarted by ICE three times at most.
 *
 * @param device may still be loading: the server is asked meanwhile
 * @param onBroken nothing helped: build a new one
 * @throws SignalingError
 */
export async function openTransport(
  session: RoomSession,
  device: Device | Promise<Device>,
  direction: 'send' | 'receive',
  onBroken: () => void,
): Promise<TransportLink> {
  const [info, loaded] = await Promise.all([session.request('createTransport', { direction }), device]);
  const options = clientOptions(info);
  const transport =
    direction === 'send' ? loaded.createSendTransport(options) : loaded.createRecvTransport(options);
  let restarts = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const restart = async () => {
    if (transport.closed) return;
    if (++restarts > MAX_RESTARTS) {
      onBroken();
      return;
    }
    try {
      const { iceParameters } = await session.request('restartIce', { transportId: info.transportId });
      await transport.restartIce({
        iceParameters: iceParameters as unknown as ClientOptions['iceParameters'],
      });
    } catch (error) {
      // Without signalling the session's own recovery comes first; a transport the server forgot is built anew.
      if (errorCode(error) === 'NOT_FOUND' && !transport.closed) onBroken();
    }
  };

  transport.on('connect', ({ dtlsParameters }, done, failed) => {
    session
      .request('connectTransport', { transportId: info.transportId, dtlsParameters: plain(dtlsParameters) })
      .then(() => done(), failed);
  });
  transport.on('connectionstatechange', (state) => {
    clearTimeout(timer);
    if (state === 'connected') restarts = 0;
    else if (state === 'failed') void restart();
    else if (state === 'disconnected') timer = setTimeout(() => void restart(), DISCONNECTED_FOR_MS);
  });

  return {
    transport,
    recover: () => {
      const state = transport.connectionState;
      if (state === 'disconnected' || state === 'failed') void restart();
    },
    close: () => {
      clearTimeout(timer);
      transport.close();
    },
  };
}

function clientOptions(info: Answers['createTransport']): ClientOptions {
  const { transportId, iceServers, ...rest } = info;
  return {
    ...(rest as unknown as Omit<ClientOptions, 'id'>),
    id: transportId,
    iceServers: iceServers as RTCIceServer[],
  };
}

function plain(parameters: DtlsParameters): Record<string, unknown> {
  return { ...parameters };
}
