import { readdirSync } from 'node:fs';

/** Execution providers of ONNX Runtime that a pack can run on. */
export const PROVIDERS = ['cpu', 'webgpu', 'cuda', 'tensorrt'] as const;
export type Provider = (typeof PROVIDERS)[number];
/** `auto`: a GPU through webgpu where there is one, else the processor. */
export const PROVIDER_CHOICES = ['auto', ...PROVIDERS] as const;
export type ProviderChoice = (typeof PROVIDER_CHOICES)[number];

/**
 * Which providers to try, in order. The processor always comes last: a machine whose GPU fails still reenacts.
 *
 * @param gpu whether the machine has a GPU that is more than software
 */
export function providerPlan(choice: ProviderChoice, gpu: boolean): Provider[] {
  if (choice === 'auto') return gpu ? ['webgpu', 'cpu'] : ['cpu'];
  return choice === 'cpu' ? ['cpu'] : [choice, 'cpu'];
}

/**
 * Whether there is a GPU, without touching it. On Linux a driver that renders shows a device node; a Vulkan driver that
 * computes on the processor shows none, and would be slower than the processor itself.
 */
export function hasGpu(
  platform: NodeJS.Platform = process.platform,
  list: (folder: string) => readonly string[] = listFolder,
): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  return (
    list('/dev').some((name) => /^nvidia\d+$/.test(name)) ||
    list('/dev/dri').some((name) => name.startsWith('renderD'))
  );
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
