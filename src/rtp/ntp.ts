/** Seconds from 1900 (NTP) to 1970 (Unix), RFC 868. */
const EPOCH_OFFSET_S = 2_208_988_800;
const FRACTIONS = 2 ** 32;

/** Writes a 64-bit NTP timestamp in UQ32.32 (RFC 3550, 4). @param unixMs milliseconds since the Unix epoch */
export function writeNtp(view: DataView, offset: number, unixMs: number): void {
  const seconds = Math.floor(unixMs / 1000);
  view.setUint32(offset, (seconds + EPOCH_OFFSET_S) % FRACTIONS);
  // Rounding may reach the next second; a fraction short of it is a quarter of a nanosecond off.
  view.setUint32(
    offset + 4,
    Math.min(FRACTIONS - 1, Math.round(((unixMs - seconds * 1000) / 1000) * FRACTIONS)),
  );
}

/** @returns milliseconds since the Unix epoch */
export function readNtp(view: DataView, offset: number): number {
  return (view.getUint32(offset) - EPOCH_OFFSET_S) * 1000 + (view.getUint32(offset + 4) / FRACTIONS) * 1000;
}
