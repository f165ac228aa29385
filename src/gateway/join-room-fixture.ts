import { once } from 'node:events';
import WebSocket from 'ws';

export interface Joined {
  readonly socket: WebSocket;
  readonly answer: { readonly ok: boolean; readonly error?: { readonly code: string } };
}

/** For tests: opens a signalling connection, asks to join with a token, and resolves with the answer. */
export async function joinRoom(base: string, token: string): Promise<Joined> {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/signal`);
  await once(socket, 'open');
  const answer = new Promise<Joined['answer']>((resolve) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { id?: number } & Joined['answer'];
      if (message.id === 1) resolve(message);
    });
  });
  socket.send(JSON.stringify({ id: 1, type: 'join', data: { version: 1, token } }));
  return { socket, answer: await answer };
}
