import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { LokiError } from '../errors.ts';

const DAY_MS = 86_400_000;
const VALID_DAYS = 365;
/** One that is about to end is made anew at once, not in the middle of a session. */
const RENEW_BEFORE_DAYS = 14;
/** Clocks of phones are late now and then. */
const VALID_SINCE_DAYS = 1;
const FILE = 'https.pem';

export interface CertificateOptions {
  /** PEM files of a certificate with its chain, and of its key; null for a generated one. Both or neither. */
  readonly certPath: string | null;
  readonly keyPath: string | null;
  /** Where the generated one is kept, in one file that only its owner may read. Made where it is missing. */
  readonly stateDir: string;
  /** Host names and IP addresses under which the server is reached (`certificateNames()`). */
  readonly addresses: readonly string[];
  readonly now: Date;
}

export interface Certificate {
  /** PEM, with the chain. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Made by this server, so that browsers will ask before they trust it. */
  readonly generated: boolean;
  /** SHA-256 of the certificate, as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
}

/**
 * The given certificate, or one of our own: ECDSA P-256, valid for a year. That one is kept, so that browsers ask only
 * once, and made anew when it ends, when it does not name one of the addresses, or when its file is damaged.
 *
 * @throws LokiError CONFIG_INVALID where a given file cannot be read, is none or has expired, or the key is of another
 *   certificate; OUTPUT_NOT_WRITABLE where the generated one cannot be kept
 */
export async function loadCertificate(options: CertificateOptions): Promise<Certificate> {
  const { certPath, keyPath, stateDir, addresses, now } = options;
  if (certPath !== null && keyPath !== null) return given(certPath, keyPath, now);
  const path = join(stateDir, FILE);
  const kept = await readKept(path);
  if (kept !== null && isFit(kept, addresses, now)) return kept;
  const made = await make(addresses, now);
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const part = `${path}.${process.pid}.part`;
    try {
      await writeFile(part, `${made.key}\n${made.cert}\n`, { mode: 0o600 });
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
  } catch (cause) {
    throw new LokiError('OUTPUT_NOT_WRITABLE', `The certificate cannot be kept in ${stateDir}.`, { cause });
  }
  return made;
}

async function given(certPath: string, keyPath: string, now: Date): Promise<Certificate> {
  const cert = await read('certificateFile', certPath);
  const key = await read('keyFile', keyPath);
  const parsed = attempt('certificateFile', `${certPath} is no certificate in PEM form`, () => {
    return new X509Certificate(cert);
  });
  const privateKey = attempt(
    'keyFile',
    `${keyPath} is no private key in PEM form without a passphrase`,
    () => {
      return createPrivateKey(key);
    },
  );
  if (!parsed.checkPrivateKey(privateKey)) throw refusal('keyFile', `${keyPath} is the key of another one`);
  if (Date.parse(parsed.validTo) < now.getTime()) {
    throw refusal('certificateFile', `${certPath} has expired (${parsed.validTo})`);
  }
  return { cert, key, generated: false, fingerprint: parsed.fingerprint256 };
}

async function read(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw refusal(option, `${path} cannot be read`, cause);
  }
}

function attempt<T>(option: string, complaint: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw refusal(option, complaint, cause);
  }
}

function refusal(option: string, complaint: string, cause?: unknown): LokiError {
  return new LokiError('CONFIG_INVALID', `The option https.${option}: ${complaint}.`, { cause });
}

/** Null where there is none, or only what is left of one. */
async function readKept(path: string): Promise<Certificate | null> {
  try {
    const pem = await readFile(path, 'utf8');
    const [key] = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(pem) ?? [];
    const [cert] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem) ?? [];
    if (key === undefined || cert === undefined) return null;
    const parsed = new X509Certificate(cert);
    if (!parsed.checkPrivateKey(createPrivateKey(key))) return null;
    return { cert, key, generated: true, fingerprint: parsed.fingerprint256 };
  } catch {
    return null;
  }
}

function isFit({ cert }: Certificate, addresses: readonly string[], now: Date): boolean {
  const parsed = new X509Certificate(cert);
  const endsMs = Date.parse(parsed.validTo) - RENEW_BEFORE_DAYS * DAY_MS;
  if (now.getTime() < Date.parse(parsed.validFrom) || now.getTime() >= endsMs) return false;
  return addresses.every((address) =>
    isIP(address) > 0 ? parsed.checkIP(address) !== undefined : parsed.checkHost(address) !== undefined,
  );
}

async function make(addresses: readonly string[], now: Date): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'Loki Live' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now.getTime() - VALID_SINCE_DAYS * DAY_MS),
    notAfterDate: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: addresses.map((address) =>
          isIP(address) > 0 ? { type: 7, ip: address } : { type: 2, value: address },
        ),
      },
    ],
  });
  return {
    cert: cert.trim(),
    key: key.trim(),
    generated: true,
    fingerprint: new X509Certificate(cert).fingerprint256,
  };
}
