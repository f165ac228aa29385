import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServerConfig } from '../config.ts';
import { LokiError } from '../errors.ts';
import { loadCertificate } from './certificate.ts';
import { certificateNames } from './certificate-names.ts';

/** A client that has not sent its headers, or its request, by then is cut off. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;
/** How often that is looked at. */
const CHECKING = { connectionsCheckingInterval: 5_000 };

interface ListenerOptions {
  /** Section of the configuration, for the messages. */
  readonly option: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  /** PEM. Plain HTTP where absent. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface RequestHandlers {
  readonly onRequest: RequestListener;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** The plain listener, and the one for other machines unless it is switched off. */
export interface Listeners {
  readonly plain: Listener;
  readonly secure: Listener | null;
  serve(handlers: RequestHandlers): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the ports first of all, so that a second server on the same port says so at once.
 * @throws LokiError CONFIG_INVALID (a port or address cannot be had, a bad certificate), OUTPUT_NOT_WRITABLE
 */
export async function openListeners(config: ServerConfig): Promise<Listeners> {
  const { maxConnections, host, port } = config.http;
  const plain = await listen({ option: 'http', host, port, maxConnections });
  let secure: Listener | null = null;
  try {
    if (config.https.enabled) {
      const { host, port } = config.https;
      secure = await listen({
        option: 'https',
        host,
        port,
        maxConnections,
        tls: await certificateOf(config),
      });
    }
  } catch (error) {
    await plain.close();
    throw error;
  }
  const all = secure === null ? [plain] : [plain, secure];
  return {
    plain,
    secure,
    serve: (handlers) => {
      for (const listener of all) listener.serve(handlers);
    },
    close: async () => {
      await Promise.all(all.map((listener) => listener.close()));
    },
  };
}

function certificateOf({ https, stateDir, sfu }: ServerConfig) {
  const { certificateFile: certPath, keyFile: keyPath } = https;
  const addresses = certificateNames(sfu.announcedAddress === null ? [] : [sfu.announcedAddress]);
  return loadCertificate({ certPath, keyPath, stateDir, addresses, now: new Date() });
}

export interface Listener {
  readonly port: number;
  /** Until then requests are answered with 503: the server is starting. */
  serve(handlers: RequestHandlers): void;
  /** Idempotent; cuts what is still open. */
  close(): Promise<void>;
}

/**
 * Opens one port.
 * @throws LokiError CONFIG_INVALID where the port or the address cannot be had, or the certificate is none
 */
async function listen(options: ListenerOptions): Promise<Listener> {
  const server =
    options.tls === undefined ? createServer(CHECKING) : secureServer(options.option, options.tls);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = options.maxConnections;
  let handlers: RequestHandlers = STARTING;
  server.on('request', (request, response) => handlers.onRequest(request, response));
  server.on('upgrade', (request, socket, head) => handlers.onUpgrade(request, socket, head));
  // Connections that were upgraded are no longer the server's to close.
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (_request, socket: Duplex) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
  });
  try {
    server.listen({ host: options.host, port: options.port });
    await once(server, 'listening');
  } catch (cause) {
    throw refusal(options, cause as NodeJS.ErrnoException);
  }
  let closed: Promise<void> | null = null;
  return {
    port: (server.address() as AddressInfo).port,
    serve: (next) => {
      handlers = next;
    },
    close: () => {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      });
      return closed;
    },
  };
}

const STARTING_BODY = JSON.stringify({
  error: { code: 'SERVER_BUSY', message: 'The server is starting: try again in a few seconds.' },
});
const STARTING: RequestHandlers = {
  onRequest: (request, response) => {
    request.resume();
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '5' }).end(STARTING_BODY);
  },
  onUpgrade: (_request, socket) => {
    socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  },
};

function secureServer(option: string, tls: { readonly cert: string; readonly key: string }): Server {
  try {
    return createSecureServer({ ...tls, ...CHECKING }) as unknown as Server;
  } catch (cause) {
    throw new LokiError(
      'CONFIG_INVALID',
      `The option ${option}.certificateFile: it and the key are no pair of PEM files.`,
      { cause },
    );
  }
}

function refusal({ option, host, port }: ListenerOptions, cause: NodeJS.ErrnoException): LokiError {
  const name = `LOKI_${option.toUpperCase()}_PORT`;
  const words: Record<string, string> = {
    EADDRINUSE: `Port ${port} is in use by another program: end that, or choose another port with ${name}=${port + 1}.`,
    EACCES: `Port ${port} is for the system's administrator: choose one above 1023 with ${name}.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: correct the option ${option}.host.`,
    ENOTFOUND: `This machine has no address ${host}: correct the option ${option}.host.`,
  };
  const message = words[cause.code ?? ''] ?? `Port ${port} of ${host} cannot be opened (${cause.code}).`;
  return new LokiError('CONFIG_INVALID', message, { cause });
}
