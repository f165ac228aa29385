import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CertificateOptions, loadCertificate } from './certificate.ts';
import { certificateNames } from './certificate-names.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const DAY_MS = 86_400_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-certificate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const load = (options: Partial<CertificateOptions> = {}) =>
  loadCertificate({
    certPath: null,
    keyPath: null,
    stateDir: join(folder, 'state'),
    addresses: ['localhost', '127.0.0.1', '::1', '192.168.1.20'],
    now: NOW,
    ...options,
  });

const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);

describe('a generated certificate', () => {
  it('is an ECDSA P-256 one for a year that names every address', async () => {
    const { cert, fingerprint, generated } = await load();
    const parsed = new X509Certificate(cert);
    expect(generated).toBe(true);
    expect(fingerprint).toBe(parsed.fingerprint256);
    expect(parsed.publicKey.asymmetricKeyType).toBe('ec');
    expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(parsed.checkHost('localhost')).toBeDefined();
    for (const address of ['127.0.0.1', '::1', '192.168.1.20']) expect(parsed.checkIP(address)).toBeDefined();
    expect(parsed.checkIP('192.168.1.21')).toBeUndefined();
    expect(Date.parse(parsed.validTo)).toBe(later(365).getTime());
    expect(parsed.ca).toBe(false);
  });

  it('is kept, in a folder and a file that only their owner may read', async () => {
    const first = await load();
    expect(await load({ now: later(300) })).toEqual(first);
    expect((await stat(join(folder, 'state'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'state'))).toEqual(['https.pem']);
    expect((await stat(join(folder, 'state/https.pem'))).mode & 0o777).toBe(0o600);
  });

  it('is made anew before it ends, and where the clock was wrong when it was made', async () => {
    const first = await load();
    for (const now of [later(355), later(400), later(-10)]) {
      const next = await load({ now });
      expect(next.fingerprint).not.toBe(first.fingerprint);
      expect(Date.parse(new X509Certificate(next.cert).validTo)).toBeGreaterThan(now.getTime());
    }
  });

  it('is made anew for a new address, not for one that is gone', async () => {
    const first = await load();
    expect((await load({ addresses: ['localhost'] })).fingerprint).toBe(first.fingerprint);
    for (const address of ['10.0.0.7', 'studio.example']) {
      const next = await load({ addresses: ['localhost', address] });
      expect(next.fingerprint).not.toBe(first.fingerprint);
    }
  });

  it.each([
    ['empty', () => ''],
    ['cut short', (pem: string) => pem.slice(0, pem.length / 2)],
    ['with a damaged certificate', (pem: string) => pem.replace(/(BEGIN CERTIFICATE-----\n)..../, '$1AAAA')],
  ])('is made anew where its file is %s', async (_, damage) => {
    const first = await load();
    const path = join(folder, 'state/https.pem');
    await writeFile(path, damage(await readFile(path, 'utf8')));
    const next = await load();
    expect(next.fingerprint).not.toBe(first.fingerprint);
    expect(await load()).toEqual(next);
  });

  it('is made anew where the key is not its own', async () => {
    const first = await load();
    const other = await load({ stateDir: join(folder, 'other') });
    await writeFile(join(folder, 'state/https.pem'), `${first.key}\n${other.cert}`);
    expect([first.fingerprint, other.fingerprint]).not.toContain((await load()).fingerprint);
  });

  it('serves HTTPS to a client that trusts it', async () => {
    const { cert, key } = await load({ now: new Date() });
    const server = createServer({ cert, key }, (_request, response) => response.end('hello')).listen(
      0,
      '127.0.0.1',
    );
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const [response] = await once(get({ host: '127.0.0.1', port, ca: cert, agent: false }), 'response');
      expect(response.statusCode).toBe(200);
      response.resume();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('is refused with a reason where it cannot be kept', async () => {
    await writeFile(join(folder, 'state'), 'a file where the folder should be');
    await expect(load()).rejects.toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
      message: `The certificate cannot be kept in ${join(folder, 'state')}.`,
    });
  });
});

describe('a given certificate', () => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const selfSigned = (name: string, ...more: string[]) =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=live.example',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      ...more,
    );
  const given = (cert: string, key: string) =>
    load({ certPath: join(folder, cert), keyPath: join(folder, key) });

  beforeEach(async () => {
    const made = await load({ addresses: ['live.example'], stateDir: join(folder, 'made') });
    await writeFile(join(folder, 'good.pem'), made.cert);
    await writeFile(join(folder, 'good.key'), made.key);
  });

  it('is taken as it is, and leaves nothing in the state folder', async () => {
    const pem = await readFile(join(folder, 'good.pem'), 'utf8');
    expect(await given('good.pem', 'good.key')).toEqual({
      cert: pem,
      key: await readFile(join(folder, 'good.key'), 'utf8'),
      generated: false,
      fingerprint: new X509Certificate(pem).fingerprint256,
    });
    await expect(stat(join(folder, 'state'))).rejects.toThrow('ENOENT');
  });

  it('may be an RSA one, made by another program', async (context) => {
    try {
      selfSigned('rsa');
    } catch {
      context.skip('SKIPPED: there is no openssl');
    }
    expect((await given('rsa.pem', 'rsa.key')).generated).toBe(false);
    openssl('rsa', '-aes128', '-passout', 'pass:secret', '-in', 'rsa.key', '-out', 'locked.key');
    await expect(given('rsa.pem', 'locked.key')).rejects.toThrow(
      /locked\.key is no private key .* without a passphrase/,
    );
  });

  it.each([
    ['a missing certificate', 'none.pem', 'good.key', /certificateFile: .*none\.pem cannot be read/],
    ['a missing key', 'good.pem', 'none.key', /keyFile: .*none\.key cannot be read/],
    ['a file that is no certificate', 'text', 'good.key', /text is no certificate in PEM form/],
    ['a file that is no key', 'good.pem', 'text', /text is no private key in PEM form/],
    ['the key of another certificate', 'good.pem', 'other.key', /other\.key is the key of another one/],
  ])('is refused for %s', async (_, cert, key, message) => {
    await writeFile(join(folder, 'text'), 'something else');
    await writeFile(join(folder, 'other.key'), (await load({ stateDir: join(folder, 'other') })).key);
    await expect(given(cert, key)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(given(cert, key)).rejects.toThrow(message);
  });

  it('is refused when it has expired', async () => {
    const files = { certPath: join(folder, 'good.pem'), keyPath: join(folder, 'good.key') };
    await expect(load({ ...files, now: later(366) })).rejects.toThrow(
      /good\.pem has expired \(Mar {2}1 .* 2027 GMT\)/,
    );
  });
});

describe('the names of a certificate', () => {
  const face = (address: string, family: 'IPv4' | 'IPv6') =>
    ({ address, family }) as NonNullable<ReturnType<typeof networkInterfaces>[string]>[number];

  it('are localhost, the host and every address but link-local ones, each once', () => {
    const interfaces = {
      lo: [face('127.0.0.1', 'IPv4'), face('::1', 'IPv6')],
      eth0: [face('192.168.1.20', 'IPv4'), face('fe80::1', 'IPv6'), face('169.254.3.4', 'IPv4')],
    };
    expect(certificateNames(['live.example', '192.168.1.20'], 'desk', interfaces)).toEqual([
      ...['localhost', 'desk', 'desk.local', '127.0.0.1', '::1', '192.168.1.20', 'live.example'],
    ]);
  });

  it('leave out a host name that no certificate can carry', () => {
    expect(certificateNames([], 'my_desk é', {})).toEqual(['localhost']);
  });

  it('can all be named by a certificate of this machine', async () => {
    const names = certificateNames();
    const first = await load({ addresses: names });
    expect((await load({ addresses: names })).fingerprint).toBe(first.fingerprint);
    expect(Object.keys(networkInterfaces()).length).toBeGreaterThan(0);
  });
});
