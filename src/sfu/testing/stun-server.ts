import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** RFC 8489, section 5: type, length, cookie and transaction id. */
const HEADER_BYTES = 20;
const BINDING_ERROR = 0x0111;

let url: Promise<string> | null = null;

/**
 * A STUN server on loopback that knows nobody's address and says so at once. werift asks one of Google's wherever it is given none, and
 * waits five seconds for an answer that doesn't come.
 */
export function refusingStunServer(): Promise<string> {
  url ??= open();
  return url;
}

async function open(): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (request, { port, address }) => {
    if (request.length < HEADER_BYTES) return;
    const answer = Buffer.from(request.subarray(0, HEADER_BYTES));
    answer.writeUInt16BE(BINDING_ERROR, 0);
    answer.writeUInt16BE(0, 2);
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1').unref();
  await once(socket, 'listening');
  return `stun:127.0.0.1:${socket.address().port}`;
}
