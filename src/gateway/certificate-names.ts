import { hostname, networkInterfaces } from 'node:os';

/** What certificates can name: letters, digits and hyphens between dots (RFC 1123, section 2.1). */
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/**
 * Under which names and addresses this machine is reached: localhost, its host name (bare and as mDNS announces it),
 * every address of its interfaces but those that mean nothing elsewhere (link-local ones), and `extra`.
 */
export function certificateNames(
  extra: readonly string[] = [],
  host: string = hostname(),
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): string[] {
  const addresses = Object.values(interfaces)
    .flatMap((found = []) => found)
    .map(({ address }) => address)
    .filter((address) => !/^(fe80:|169\.254\.)/i.test(address));
  const hosts = [host, ...(host.includes('.') ? [] : [`${host}.local`])].filter((name) =>
    HOST_NAME.test(name),
  );
  return [...new Set(['localhost', ...hosts, ...addresses, ...extra])];
}
