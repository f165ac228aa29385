import { readFile } from 'node:fs/promises';
import type { ServerConfig } from '../config.ts';
import { LokiError } from '../errors.ts';

/**
 * The certificate and key that were configured, or those that the server makes for itself.
 * @throws LokiError CONFIG_INVALID where a file cannot be read
 */
export async function readTlsFiles({ https }: Pick<ServerConfig, 'https' | 'stateDir' | 'sfu'>) {
  const { certificateFile, keyFile } = https;
  if (certificateFile === null || keyFile === null) {
    throw new LokiError('CONFIG_INVALID', 'The option https.certificateFile: no certificate is given.');
  }
  return { cert: await read('certificateFile', certificateFile), key: await read('keyFile', keyFile) };
}

async function read(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new LokiError('CONFIG_INVALID', `The option https.${option}: ${path} cannot be read.`, { cause });
  }
}
