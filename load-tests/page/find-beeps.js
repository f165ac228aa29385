/**
 * Into both pages: `lokiFindBeeps(track)` listens to a track and notes when each beep on it began, Unix milliseconds
 * of this machine.
 */
window.lokiFindBeeps = (track) => {
  const LEVEL = 0.1;
  /** Silence that parts two beeps. */
  const QUIET_MS = 300;
  const CLOCK_WINDOW_MS = 4000;
  const found = { onsetsMs: [], chunks: 0 };
  const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 400 }).readable.getReader();
  let samplesMs = 0;
  let lastLoudMs = -Infinity;
  /** How much later than its place in the stream each chunk came: the least of them is free of waiting. */
  const late = [];
  const listen = async () => {
    for (;;) {
      const { value: chunk, done } = await reader.read();
      if (done) return;
      const nowMs = performance.timeOrigin + performance.now();
      const samples = new Float32Array(chunk.numberOfFrames);
      chunk.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const { sampleRate } = chunk;
      chunk.close();
      found.chunks++;
      const startMs = samplesMs;
      samplesMs += (samples.length / sampleRate) * 1000;
      late.push({ nowMs, byMs: nowMs - samplesMs });
      while (late[0].nowMs < nowMs - CLOCK_WINDOW_MS) late.shift();
      const offsetMs = late.reduce((least, { byMs }) => Math.min(least, byMs), Infinity);
      for (let i = 0; i < samples.length; i++) {
        if (Math.abs(samples[i]) < LEVEL) continue;
        const atMs = startMs + (i / sampleRate) * 1000;
        if (atMs - lastLoudMs > QUIET_MS) found.onsetsMs.push(atMs + offsetMs);
        lastLoudMs = atMs;
      }
    }
  };
  listen();
  return found;
};
