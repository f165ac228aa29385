import { signal } from '@preact/signals';

export interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}

export const cameras = signal<readonly DeviceChoice[]>([]);
export const microphones = signal<readonly DeviceChoice[]>([]);

/** Fills the two lists; names come only after a permission was given. */
export async function readDevices(): Promise<void> {
  if (!navigator.mediaDevices) return;
  const devices = await navigator.mediaDevices.enumerateDevices();
  cameras.value = named(devices, 'videoinput', 'Camera');
  microphones.value = named(devices, 'audioinput', 'Microphone');
}

/** @returns stops following what is plugged in and out */
export function followDevices(): () => void {
  const { mediaDevices } = navigator;
  if (!mediaDevices) return () => {};
  const read = () => void readDevices();
  mediaDevices.addEventListener('devicechange', read);
  read();
  return () => mediaDevices.removeEventListener('devicechange', read);
}

function named(devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind, word: string): DeviceChoice[] {
  return devices
    .filter((device) => device.kind === kind && device.deviceId !== '')
    .map((device, index) => ({ id: device.deviceId, label: device.label || `${word} ${index + 1}` }));
}
