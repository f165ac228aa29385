/** What this tab remembers of its room, so that a reload goes on where it was. */
const ROOM = 'loki.room';
const RESUME = 'loki.resume';
const CHOICES = 'loki.choices';

export const roomMemory = {
  room: () => read(sessionStorage, ROOM),
  setRoom: (room: string) => write(sessionStorage, ROOM, room),
  /** Secret of the signalling, for `resume`. */
  resumeStore: {
    get: () => read(sessionStorage, RESUME),
    set: (secret: string | null) => write(sessionStorage, RESUME, secret),
  },
};

/** What the driver last chose on this machine. */
export interface Choices {
  readonly cameraId?: string;
  readonly microphoneId?: string;
  readonly sound?: boolean;
}

export function readChoices(): Choices {
  try {
    return JSON.parse(read(localStorage, CHOICES) ?? '{}') as Choices;
  } catch {
    return {};
  }
}

export function keepChoices(choices: Choices): void {
  write(localStorage, CHOICES, JSON.stringify(choices));
}

/** Storage may be closed to the page (private windows, policies); then nothing is remembered. */
function read(storage: Storage, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function write(storage: Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    // See above.
  }
}
