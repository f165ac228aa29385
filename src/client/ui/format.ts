/** Milliseconds for people: `92 ms`, `1.4 s`, or a dash for what is not known. */
export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  if (Math.abs(ms) >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms)} ms`;
}

export function formatFps(fps: number | null | undefined): string {
  return fps === null || fps === undefined || !Number.isFinite(fps) ? '–' : fps.toFixed(fps < 10 ? 1 : 0);
}

export function formatPercent(part: number | null | undefined): string {
  return part === null || part === undefined || !Number.isFinite(part) ? '–' : `${Math.round(part * 100)} %`;
}

/** `2:07`, or `1:02:07` */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `loki-live-2026-11-22-19-25-07.webm`, local time */
export function recordingName(when: Date, extension: string): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = [when.getFullYear(), two(when.getMonth() + 1), two(when.getDate())].join('-');
  const time = [two(when.getHours()), two(when.getMinutes()), two(when.getSeconds())].join('-');
  return `loki-live-${day}-${time}.${extension}`;
}

/** `1 viewer`, `3 viewers` */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
