import { once } from 'node:events';
import WebSocket from 'ws';

export interface Joined {
  readonly socket: WebSocket;
  /** Code of the error that the request was answered with, or of the goodbye that came later. */
  readonly refusal: Promise<string>;
  readonly answer: { readonly ok: boolean; readonly error?: { readonly code: string } };
}

type Message = { readonly id?: number } & (
  | (Joined['answer'] & { readonly type?: undefined })
  | { readonly type: 'goodbye'; readonly data: { readonly code: string }; readonly error?: undefined }
);

/** For tests: opens a signalling connection, asks to join with a token, and resolves with the answer. */
export async function joinRoom(base: string, token: string): Promise<Joined> {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/signal`);
  await once(socket, 'open');
  let refuse: (code: string) => void = () => {};
  const refusal = new Promise<string>((resolve) => {
    refuse = resolve;
  });
  const answer = new Promise<Joined['answer']>((resolve) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.type === 'goodbye') refuse(message.data.code);
      if (message.id !== 1) return;
      if (message.error !== undefined) refuse(message.error.code);
      resolve(message as Joined['answer']);
    });
  });
  socket.send(JSON.stringify({ id: 1, type: 'join', data: { version: 1, token } }));
  return { socket, refusal, answer: await answer };
}
