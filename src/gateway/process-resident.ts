import { readFile } from 'node:fs/promises';

/** Resident set of another process in bytes, or null where the system does not tell (only Linux does, by /proc). */
export async function processResident(pid: number): Promise<number | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
