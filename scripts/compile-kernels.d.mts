export function compileKernel(path: URL): Promise<Uint8Array>;
