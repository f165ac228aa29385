import type { JSX } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { cameras, type DeviceChoice, followDevices, microphones, readDevices } from '../capture/devices.ts';
import { Choice } from '../ui/choice.tsx';
import { Icon } from '../ui/icons.tsx';
import { type Choices, keepChoices, readChoices } from './room-memory.ts';
import type { StudioModel } from './studio-model.ts';
import { VideoFileButton } from './video-file-button.tsx';

export function SourcePanel({ studio }: { studio: StudioModel }): JSX.Element {
  const source = studio.source.value;
  useEffect(() => followDevices(), []);
  // Names of devices are told once the camera was allowed.
  useEffect(() => void readDevices(), [source]);
  const start = (choices: Choices) => {
    keepChoices(choices);
    return studio.start({ kind: 'camera', sound: true, ...choices });
  };
  const change = (part: Choices) => {
    const choices = { ...readChoices(), ...part };
    keepChoices(choices);
    if (source?.kind === 'camera') void start(choices);
  };
  const choices = readChoices();
  return (
    <div class="panel">
      <h2>Where your face comes from</h2>
      <div class="source-buttons">
        <button
          type="button"
          class="button"
          aria-pressed={source?.kind === 'camera'}
          onClick={() => void start(choices)}
        >
          <Icon name="camera" />
          Camera
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={source?.kind === 'builtin'}
          onClick={() => void studio.start({ kind: 'builtin' })}
        >
          <Icon name="play" filled />
          Built-in driver
        </button>
        <VideoFileButton studio={studio} words="Video file" pressed={source?.kind === 'file'} />
      </div>
      {source && source.kind !== 'camera' && <p class="quiet small">Playing in a loop: {source.label}</p>}
      <DevicePicker
        label="Camera"
        devices={cameras.value}
        chosen={choices.cameraId}
        onChange={(cameraId) => change({ cameraId })}
      />
      <DevicePicker
        label="Microphone"
        devices={microphones.value}
        chosen={choices.sound === false ? 'none' : choices.microphoneId}
        none="No sound"
        onChange={(id) => change(id === 'none' ? { sound: false } : { sound: true, microphoneId: id })}
      />
      <Choice
        legend="Who finds your face"
        value={studio.pendingTracking.value ?? studio.tracking.value}
        disabled={studio.pendingTracking.value !== null || !studio.online.value}
        options={[
          {
            value: 'server',
            label: 'The server',
            icon: 'server',
            help: 'Your camera’s picture goes to this server, no further, and is not kept. Least work for your machine.',
          },
          {
            value: 'private',
            label: 'This browser (private)',
            icon: 'lock',
            help: 'Your picture never leaves this machine; only the positions of 478 points of your face do.',
          },
        ]}
        onChange={(mode) => void studio.setTracking(mode)}
      />
      <p class="quiet small" role="status">
        {studio.pendingTracking.value ? 'Switching. The first time, this browser loads the face model.' : ''}
      </p>
    </div>
  );
}

interface DevicePickerProps {
  readonly label: string;
  readonly devices: readonly DeviceChoice[];
  readonly chosen: string | undefined;
  readonly none?: string;
  readonly onChange: (id: string) => void;
}

function DevicePicker({ label, devices, chosen, none, onChange }: DevicePickerProps): JSX.Element {
  const id = useId();
  const known = chosen === 'none' || devices.some((device) => device.id === chosen);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={known ? chosen : ''}
        disabled={devices.length === 0}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        <option value="">{devices.length > 0 ? 'The browser’s choice' : 'None found yet'}</option>
        {devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label}
          </option>
        ))}
        {none && <option value="none">{none}</option>}
      </select>
    </div>
  );
}
