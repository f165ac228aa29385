import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { LokiError } from '../errors.ts';

/** A client that has not sent its headers, or its request, by then is cut off. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;

export interface ListenerOptions {
  /** Section of the configuration, for the messages. */
  readonly option: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  /** PEM. Plain HTTP where absent. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly onRequest: RequestListener;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface Listener {
  readonly port: number;
  /** Idempotent; cuts what is still open. */
  close(): Promise<void>;
}

/**
 * Opens one port.
 * @throws LokiError CONFIG_INVALID where the port or the address cannot be had, or the certificate is none
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = options.tls === undefined ? createServer() : secureServer(options.option, options.tls);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = options.maxConnections;
  server.on('request', options.onRequest);
  server.on('upgrade', options.onUpgrade);
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

function secureServer(option: string, tls: { readonly cert: string; readonly key: string }): Server {
  try {
    return createSecureServer(tls) as unknown as Server;
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
