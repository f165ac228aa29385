import { availableParallelism } from 'node:os';
import type { ServerConfig } from '../config.ts';
import { SFU_DEFAULTS, type SfuOptions } from '../sfu/sfu.ts';
import { lanAddress } from './addresses.ts';

/** The SFU's share of the configuration. Where no address is configured, browsers get that of the local network. */
export function sfuOptions({ sfu, ice, rooms, http, reenactment, generator }: ServerConfig): SfuOptions {
  const announcedAddress = sfu.announcedAddress ?? lanAddress() ?? '127.0.0.1';
  const everywhere = sfu.listenIp === '0.0.0.0' || sfu.listenIp === '::';
  const announced = everywhere || sfu.announcedAddress !== null;
  return {
    ...SFU_DEFAULTS,
    workers: sfu.workers ?? availableParallelism(),
    listen: [{ ip: sfu.listenIp, ...(announced && { announcedAddress }) }],
    port: sfu.port,
    rtpPorts: { min: sfu.rtcMinPort, max: sfu.rtcMaxPort },
    stunUrls: ice.stunUrls,
    turn:
      ice.turnSecret === null || ice.turnUrls.length === 0
        ? null
        : { urls: ice.turnUrls, secret: ice.turnSecret, ttlS: ice.turnTtlS },
    maxRooms: rooms.maxRooms,
    maxViewers: rooms.maxViewers,
    maxConnections: http.maxConnections,
    graceMs: rooms.graceS * 1000,
    video: {
      codec: rooms.codec,
      sizePx: reenactment.sizePx,
      maxFps: reenactment.maxFps,
      bitrateBps: reenactment.bitrateKbps * 1000,
    },
    label: { ...SFU_DEFAULTS.label, text: rooms.labelText },
    generator: generator.default,
  };
}
