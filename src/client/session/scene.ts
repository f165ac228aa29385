import type { RoomState } from '../../sfu/signaling/messages.ts';
import type { SessionPhase } from './session-machine.ts';

/** What a viewer can be told about what they see. */
export type Scene =
  | 'connecting'
  | 'waiting'
  | 'live'
  | 'paused'
  | 'lost'
  | 'away'
  | 'restarting'
  | 'reconnecting'
  | 'refused'
  | 'ended';

/** Pure. */
export function sceneOf(phase: SessionPhase, room: RoomState | null): Scene {
  switch (phase.name) {
    case 'connecting':
      return 'connecting';
    case 'lost':
      return room ? 'reconnecting' : 'connecting';
    case 'refused':
      return 'refused';
    case 'ended':
      return 'ended';
    case 'online':
      break;
  }
  if (!room) return 'connecting';
  if (room.session === 'restarting') return 'restarting';
  if (!room.driverPresent) return room.session === 'waiting' ? 'waiting' : 'away';
  if (room.options['paused'] === true || room.session === 'paused') return 'paused';
  if (room.session === 'lost') return 'lost';
  return room.session === 'waiting' ? 'waiting' : 'live';
}
