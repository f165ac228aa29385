/** Path of a mediasoup worker that runs here, or null. */
export function mediasoupWorkerPath(): string | null;
