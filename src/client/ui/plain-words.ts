/** What went wrong and what to do about it, each one sentence. */
export interface PlainError {
  readonly title: string;
  readonly advice: string;
}

const PLAIN: Readonly<Record<string, PlainError>> = {
  // Camera and microphone (names of DOM exceptions).
  NotAllowedError: {
    title: 'The browser was not allowed to use the camera.',
    advice: 'Click the camera sign in the address bar, allow it, and start again.',
  },
  NotFoundError: {
    title: 'No camera was found.',
    advice: 'Plug one in, or try the built-in driver or a video file.',
  },
  NotReadableError: {
    title: 'The camera is in use by another program.',
    advice: 'Close that program and start again.',
  },
  OverconstrainedError: {
    title: 'That camera is gone.',
    advice: 'Choose another one from the list.',
  },
  AbortError: { title: 'The camera stopped while starting.', advice: 'Start again.' },
  INSECURE_CONTEXT: {
    title: 'Browsers give the camera only to secure pages.',
    advice: 'Open the https:// link that the server prints when it starts.',
  },
  FILE_UNPLAYABLE: {
    title: 'This browser cannot play that file.',
    advice: 'Choose an MP4 (H.264) or WebM video.',
  },
  // The connection.
  CONNECTION_LOST: {
    title: 'The connection to the server was lost.',
    advice: 'Trying again by itself.',
  },
  TIMEOUT: { title: 'The server does not answer.', advice: 'Trying again by itself.' },
  NO_TOKEN: {
    title: 'This link is incomplete.',
    advice: 'Ask for the whole link, including everything after the # sign.',
  },
  TOKEN_INVALID: { title: 'This link is not valid here.', advice: 'Ask the room’s owner for a new one.' },
  TOKEN_EXPIRED: { title: 'This link has expired.', advice: 'Ask the room’s owner for a new one.' },
  NOT_ALLOWED: {
    title: 'This link does not allow that.',
    advice: 'Ask the room’s owner for a link with that right.',
  },
  ROOM_NOT_FOUND: { title: 'There is no such room.', advice: 'Check the link, or ask for a new one.' },
  ROOM_FULL: {
    title: 'The room is full.',
    advice: 'Leave the page open: it joins as soon as a place is free.',
  },
  ROOM_CLOSED: { title: 'The room was closed.', advice: 'Ask its owner for a new link.' },
  DRIVER_PRESENT: {
    title: 'Somebody else drives this room.',
    advice: 'Wait until they leave, then try again.',
  },
  SESSION_TAKEN: {
    title: 'The session goes on in another window.',
    advice: 'Close that one to take it back here.',
  },
  SERVER_BUSY: {
    title: 'The server has no room for one more session.',
    advice: 'It is tried again by itself; somebody has to leave first.',
  },
  SHUTTING_DOWN: { title: 'The server is being restarted.', advice: 'Trying again by itself.' },
  TOO_MANY_REQUESTS: {
    title: 'Too many connections came from this address.',
    advice: 'It is tried again by itself in a moment.',
  },
  WORKER_DIED: {
    title: 'The avatar’s process stopped.',
    advice: 'It is started again by itself; a moment, please.',
  },
  SESSION_FAILED: {
    title: 'The server had to stop this session.',
    advice: 'It is started again by itself in a moment.',
  },
  MEDIA_REFUSED: {
    title: 'The server and this browser agree on no video format.',
    advice: 'Update the browser, or use Chrome, Edge or Firefox.',
  },
  // Avatars and faces.
  AVATAR_NOT_FOUND: { title: 'That avatar is gone.', advice: 'Choose another one.' },
  CONSENT_MISSING: {
    title: 'The person in the picture has to agree.',
    advice: 'Tick the box below the picture, if they do.',
  },
  NO_FACE: {
    title: 'No face was found.',
    advice: 'Use one seen from the front, well lit, and not covered.',
  },
  SEVERAL_FACES: { title: 'There is more than one face.', advice: 'Crop the picture to one person.' },
  FACE_TOO_SMALL: {
    title: 'The face is too small.',
    advice: 'Use a larger picture, or one taken closer.',
  },
  INPUT_TOO_LARGE: { title: 'The picture is too large.', advice: 'Scale it down first.' },
  INPUT_UNREADABLE: {
    title: 'That file is no picture that can be read.',
    advice: 'Choose a JPEG, PNG or WebP file.',
  },
  PRIVATE_UNAVAILABLE: {
    title: 'Private mode is not available here.',
    advice:
      'The server has no face model to hand out, or this browser cannot run it; tracking stays on the server.',
  },
  INTERNAL: {
    title: 'Something went wrong in the program itself.',
    advice: 'Reload the page; if it stays, report it.',
  },
};

/** @param message the server's own sentence, for codes that have no wording here */
export function plainError(code: string, message = ''): PlainError {
  return PLAIN[code] ?? (message ? { title: message, advice: '' } : PLAIN['INTERNAL']);
}
