import { expect, test } from 'vitest';
import { FIRST_PHASE, nextPhase, type SessionEvent, type SessionPhase } from './session-machine.ts';

const VISITOR = { forever: false, joinedBefore: false };
const ended = (code: string): SessionEvent => ({ type: 'ended', code, message: 'why' });
const run = (events: SessionEvent[], patience = VISITOR) =>
  events.reduce<SessionPhase>((phase, event) => nextPhase(phase, event, patience), FIRST_PHASE);

test('a lost connection counts as lost until it is joined again', () => {
  expect(run([{ type: 'joined' }, { type: 'lost' }]).name).toBe('lost');
  expect(run([{ type: 'joined' }, { type: 'lost' }, { type: 'joined' }]).name).toBe('online');
});

test('what only a person can mend ends the session, and what they do begins it again', () => {
  for (const code of ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'DRIVER_PRESENT', 'SESSION_TAKEN', 'NO_TOKEN']) {
    const phase = run([ended(code)]);
    expect(phase).toEqual({ name: 'ended', code, message: 'why' });
    expect(nextPhase(phase, { type: 'retry' }, VISITOR).name).toBe('connecting');
  }
});

test('a full room is asked again at a slow pace', () => {
  const phase = run([ended('ROOM_FULL')]);
  expect(phase.name === 'refused' && phase.delayMs).toBeGreaterThanOrEqual(3_000);
  expect(nextPhase(phase, { type: 'retry' }, VISITOR).name).toBe('connecting');
});

test('a room that was there is waited for; one that never was is not', () => {
  expect(run([ended('ROOM_NOT_FOUND')]).name).toBe('ended');
  expect(run([ended('ROOM_NOT_FOUND')], { forever: false, joinedBefore: true }).name).toBe('refused');
});

test('a page that nobody looks at never gives up', () => {
  for (const code of ['TOKEN_EXPIRED', 'ROOM_NOT_FOUND', 'ROOM_CLOSED', 'NOT_ALLOWED']) {
    expect(run([ended(code)], { forever: true, joinedBefore: false }).name).toBe('refused');
  }
});

test('news of a loss after the end changes nothing', () => {
  expect(run([ended('TOKEN_INVALID'), { type: 'lost' }]).name).toBe('ended');
});
