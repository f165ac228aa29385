import { randomBytes } from 'node:crypto';
import { LokiError } from '../errors.ts';
import { Room, type RoomContext } from './room.ts';
import type { RoomOptions, Rooms } from './sfu-types.ts';

const ROOM_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The server's rooms by their names. */
export class RoomStore implements Rooms {
  #context: RoomContext;
  #rooms = new Map<string, Room>();
  /** Names of rooms that are being made. */
  #coming = new Set<string>();

  constructor(context: RoomContext) {
    this.#context = context;
  }

  async create(options: RoomOptions): Promise<Room> {
    const roomId = options.roomId ?? randomBytes(6).toString('base64url');
    if (!ROOM_ID.test(roomId)) {
      throw new LokiError('INVALID_OPTION', 'A room is named by 1 to 64 letters, digits, - and _.');
    }
    if (this.#rooms.has(roomId) || this.#coming.has(roomId)) {
      throw new LokiError('INVALID_OPTION', 'There is a room of that name already.');
    }
    if (this.#rooms.size + this.#coming.size >= this.#context.options.maxRooms) {
      throw new LokiError('SERVER_BUSY', 'The server has as many rooms as it may have; close one first.');
    }
    if (this.#context.avatars.pathOf(options.avatarId) === null) {
      throw new LokiError('AVATAR_NOT_FOUND', 'There is no avatar of that name.');
    }
    this.#coming.add(roomId);
    try {
      const room = await Room.create(roomId, options, this.#context, () => this.#rooms.delete(roomId));
      this.#rooms.set(roomId, room);
      return room;
    } finally {
      this.#coming.delete(roomId);
    }
  }

  get(roomId: string): Room | null {
    return this.#rooms.get(roomId) ?? null;
  }

  /** @throws LokiError ROOM_NOT_FOUND */
  require(roomId: string): Room {
    const room = this.#rooms.get(roomId);
    if (!room) throw new LokiError('ROOM_NOT_FOUND', 'There is no room of that name.');
    return room;
  }

  list(): Room[] {
    return [...this.#rooms.values()];
  }

  async close(roomId: string): Promise<boolean> {
    const room = this.#rooms.get(roomId);
    await room?.close();
    return room !== undefined;
  }
}
