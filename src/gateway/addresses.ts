import { networkInterfaces } from 'node:os';
import type { Links } from './api/schemas.ts';

/** Where the server is reached, each without a slash at its end. */
export interface Addresses {
  /** On this machine. */
  readonly local: string;
  /** From other machines; the local one where there is no listener for them. */
  readonly public: string;
}

/** Names of interfaces that lead into containers, virtual machines or tunnels rather than into the room. */
const INNER_INTERFACE =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|tun|tap|utun|wg|zt|tailscale)/i;

/** The machine's IPv4 address in its local network, or null where it has none. */
export function lanAddress(
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): string | null {
  const candidates = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(
        ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
      )
      .map(({ address }) => ({ address, inner: INNER_INTERFACE.test(name) })),
  );
  return (candidates.find(({ inner }) => !inner) ?? candidates[0])?.address ?? null;
}

export interface LinkRequest {
  /** Of the pages that are sent to others. */
  readonly base: string;
  /** For programs such as OBS, which take no generated certificate; `base` where absent. */
  readonly programBase?: string;
  readonly room: string;
  readonly role: 'driver' | 'viewer' | 'admin';
  readonly token: string;
}

/** Where to go with a token. It stands in the fragment, which browsers send to nobody. */
export function linksFor({ base, programBase = base, room, role, token }: LinkRequest): Links {
  const fragment = `#token=${token}`;
  const drive = { studio: `${base}/studio?room=${room}${fragment}`, whip: `${programBase}/whip/${room}` };
  const view = {
    watch: `${base}/watch/${room}${fragment}`,
    obs: `${programBase}/obs/${room}${fragment}`,
    whep: `${programBase}/whep/${room}`,
  };
  // A driver's token in a viewer's link would let every viewer drive.
  if (role === 'driver') return drive;
  return role === 'viewer' ? view : { ...drive, ...view };
}
