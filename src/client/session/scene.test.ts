import { expect, test } from 'vitest';
import type { RoomState } from '../../sfu/signaling/messages.ts';
import { sceneOf } from './scene.ts';

const ROOM: RoomState = {
  roomId: 'r',
  name: 'Room',
  avatarId: 'mei',
  driverPresent: true,
  viewers: 1,
  tracking: 'server',
  session: 'live',
  options: {},
};
const ONLINE = { name: 'online' } as const;

test('a viewer is told what they see', () => {
  expect(sceneOf({ name: 'connecting' }, null)).toBe('connecting');
  expect(sceneOf(ONLINE, ROOM)).toBe('live');
  expect(sceneOf(ONLINE, { ...ROOM, session: 'lost' })).toBe('lost');
  expect(sceneOf(ONLINE, { ...ROOM, options: { paused: true } })).toBe('paused');
  expect(sceneOf(ONLINE, { ...ROOM, session: 'restarting' })).toBe('restarting');
});

test('before the first driver there is a wait, after the last one they are away', () => {
  expect(sceneOf(ONLINE, { ...ROOM, driverPresent: false, session: 'waiting' })).toBe('waiting');
  expect(sceneOf(ONLINE, { ...ROOM, driverPresent: false, session: 'live' })).toBe('away');
});

test('a lost connection is a reconnection only for who was there', () => {
  expect(sceneOf({ name: 'lost' }, null)).toBe('connecting');
  expect(sceneOf({ name: 'lost' }, ROOM)).toBe('reconnecting');
});
