import type { ServerConfig } from '../config.ts';
import { type Certificate, loadCertificate } from './certificate.ts';
import { certificateNames } from './certificate-names.ts';

/**
 * The certificate and key that were configured, or those that the server makes for itself, which also name the address
 * it announces and the host of its links.
 * @throws LokiError CONFIG_INVALID for bad files, OUTPUT_NOT_WRITABLE where a generated one cannot be kept
 */
export async function readTlsFiles({
  https,
  http,
  sfu,
  stateDir,
}: Pick<ServerConfig, 'https' | 'http' | 'sfu' | 'stateDir'>): Promise<Certificate> {
  const extra = [
    ...(sfu.announcedAddress === null ? [] : [sfu.announcedAddress]),
    ...(http.publicUrl === null ? [] : [new URL(http.publicUrl).hostname.replace(/^\[|\]$/g, '')]),
  ];
  return loadCertificate({
    certPath: https.certificateFile,
    keyPath: https.keyFile,
    stateDir,
    addresses: certificateNames(extra),
    now: new Date(),
  });
}
