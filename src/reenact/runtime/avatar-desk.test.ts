import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '../../log.ts';
import { AvatarDesk, type AvatarDeskOptions } from './avatar-desk.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(idle: () => boolean) {
  const prepared: string[] = [];
  const request = async (message: { avatarPath: string }) => void prepared.push(message.avatarPath);
  const process = async () => ({ request, dead: false });
  const options = { idle, process, store: {}, log: createLogger({ logLevel: 'silent' }) };
  return { desk: new AvatarDesk(options as unknown as AvatarDeskOptions), prepared };
}

it('prepares what nobody chose only while the machine is idle, and what is asked for at once', async () => {
  let idle = false;
  const { desk, prepared } = open(() => idle);
  desk.warm(['/no/amara.jpg', '/no/finn.jpg'], 512);
  await pass(300);
  expect(prepared).toEqual([]);
  await desk.prepare('/no/luna.jpg', 512);
  expect(prepared).toEqual(['/no/luna.jpg']);
  idle = true;
  await pass(4);
  await vi.waitFor(() => expect(prepared).toEqual(['/no/luna.jpg', '/no/amara.jpg', '/no/finn.jpg']));
  desk.close();
});

it('does not keep the gallery waiting for ever', async () => {
  const { desk, prepared } = open(() => false);
  desk.warm(['/no/amara.jpg'], 512);
  await pass(650);
  await vi.waitFor(() => expect(prepared).toEqual(['/no/amara.jpg']));
  desk.close();
});

async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000);
}
