import { Device } from 'mediasoup-client';
import type { RtpCapabilities } from 'mediasoup-client/types';

/** @throws DOMException or UnsupportedError where the browser has no WebRTC */
export async function loadDevice(routerRtpCapabilities: Record<string, unknown>): Promise<Device> {
  const device = await Device.factory();
  await device.load({ routerRtpCapabilities: routerRtpCapabilities as unknown as RtpCapabilities });
  return device;
}

/**
 * A page's first peer connection starts the browser's threads and codecs for all of them: done while the server has yet to
 * answer, it need not be waited for afterwards.
 */
export function warmWebRtc(): void {
  if (typeof RTCPeerConnection === 'undefined') return;
  const connection = new RTCPeerConnection();
  connection.addTransceiver('video', { direction: 'recvonly' });
  connection
    .createOffer()
    .catch(() => {
      // Then the first real one says why.
    })
    .finally(() => connection.close());
}
