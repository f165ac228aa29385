export function compileFitKernel(): Promise<Uint8Array>;
