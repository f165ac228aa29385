import type { TrackingMode } from '../../contract/live-session.ts';
import { openSource } from '../capture/open-source.ts';
import type { OpenSource, SourceChoice } from '../capture/source.ts';
import { markSource } from '../probe/mark-source.ts';
import { probeWanted } from '../probe/probe-mode.ts';
import { browserNowMs } from '../session/room-session.ts';
import { PrivateTracking } from './private-tracking.ts';
import { record } from './recorder.ts';
import { StudioRoom } from './studio-room.ts';

const COUNTDOWN_S = 3;

/** Everything that the studio's buttons do. Nothing here touches the page. */
export class StudioModel extends StudioRoom {
  private readonly privateTracking = new PrivateTracking(
    () => this.driver.landmarkChannel,
    (ms) => this.session.toServerMs(ms),
  );

  /** Turns the source on; replaces the one that runs. */
  async start(choice: SourceChoice): Promise<void> {
    if (this.stage.value === 'starting') return;
    const before = this.source.value;
    this.stage.value = 'starting';
    this.problem.value = null;
    try {
      const source = await this.openMarked(choice);
      before?.close();
      this.source.value = source;
      source.video.addEventListener('ended', () => this.sourceEnded(source), { once: true });
      this.privateTracking.follow(source.video);
      await this.sendSource();
      this.stage.value = 'driving';
    } catch (error) {
      this.stage.value = this.source.value ? 'driving' : 'choose';
      this.fail(error);
    }
  }

  async stop(): Promise<void> {
    const source = this.source.value;
    this.source.value = null;
    this.stage.value = 'choose';
    this.mapUrl.value = null;
    source?.close();
    await this.stopRecording();
    await this.sendSource().catch((error) => this.fail(error));
  }

  togglePause(): void {
    if (this.stage.value !== 'driving') return;
    const paused = !this.options.value.paused;
    this.change({ paused });
    this.say(paused ? 'Paused: the avatar rests.' : 'Live again.');
  }

  /** Holds an expression, or lets go of it when it is the one held. */
  toggleHotkey(name: string): void {
    this.change({ hotkey: this.options.value.hotkey === name ? null : name });
  }

  async calibrate(): Promise<void> {
    if (this.countdown.value !== null || this.stage.value !== 'driving') return;
    for (let left = COUNTDOWN_S; left > 0; left--) {
      this.countdown.value = left;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    this.countdown.value = 0;
    try {
      await this.session.request('calibrate', {});
      this.say('Your resting face is learned.');
    } catch (error) {
      this.fail(error);
    } finally {
      this.countdown.value = null;
    }
  }

  /** @throws ServerError, for the form to show */
  async uploadAvatar(picture: File, name: string, consent: boolean): Promise<void> {
    const avatar = await this.api.upload(picture, name, consent);
    await this.readAvatars();
    await this.chooseAvatar(avatar.id);
  }

  async removeAvatar(id: string): Promise<void> {
    try {
      await this.api.removeAvatar(id);
      await this.readAvatars();
      this.say('The picture is deleted.');
    } catch (error) {
      this.fail(error);
    }
  }

  /** Both ways while live. What was sent before ends first, so that picture and landmarks never go out together. */
  async setTracking(mode: TrackingMode): Promise<void> {
    if (this.pendingTracking.value || this.tracking.value === mode) return;
    this.pendingTracking.value = mode;
    const before = this.tracking.value;
    try {
      if (mode === 'private') await this.privateTracking.open(this.source.value?.video ?? null);
      await this.driver.send({
        camera: null,
        microphone: this.source.value?.audio ?? null,
        landmarks: false,
      });
      await this.session.request('setTracking', { mode });
      this.tracking.value = mode;
      await this.sendSource();
      if (mode === 'server') this.privateTracking.close();
      this.say(mode === 'private' ? 'Your picture stays on this machine.' : 'The server finds your face.');
    } catch (error) {
      this.tracking.value = before;
      if (before === 'server') this.privateTracking.close();
      this.fail(error);
      // The room may have changed already.
      await this.session.request('setTracking', { mode: before }).catch(() => {});
      await this.sendSource().catch(() => {});
    } finally {
      this.pendingTracking.value = null;
    }
  }

  async readLinks(): Promise<void> {
    const room = this.room.value;
    if (this.links.value || !room) return;
    try {
      this.links.value = await this.api.viewerLinks(room.roomId);
    } catch (error) {
      this.fail(error);
    }
  }

  async toggleRecording(): Promise<void> {
    if (this.recording.value) {
      await this.stopRecording();
      return;
    }
    const avatar = this.avatarStream.value;
    if (!avatar) return;
    this.watcher.wantSound();
    try {
      this.recording.value = record(avatar.stream, () => void this.stopRecording());
      this.say('Recording.');
    } catch (error) {
      this.fail(error);
    }
  }

  /** The page goes: devices are let go of, the place in the room is kept for a reload. */
  stopLocally(): void {
    this.source.value?.close();
    this.privateTracking.close();
  }

  close(): void {
    this.source.value?.close();
    this.privateTracking.close();
    this.patches.close();
    this.driver.close();
    this.watcher.close();
    this.session.close();
  }

  /** Whether a picture leaves this browser; tests of private mode look at it. */
  get sendsVideo(): boolean {
    return this.driver.sendsVideo;
  }

  private async sendSource(): Promise<void> {
    const source = this.source.value;
    const isPrivate = this.tracking.value === 'private';
    await this.driver.send({
      camera: isPrivate ? null : (source?.video ?? null),
      microphone: source?.audio ?? null,
      landmarks: isPrivate && source !== null,
    });
  }

  private async openMarked(choice: SourceChoice): Promise<OpenSource> {
    const source = await openSource(choice);
    if (!probeWanted()) return source;
    return markSource(source, () => this.session.toServerMs(browserNowMs()));
  }

  private sourceEnded(source: OpenSource): void {
    if (this.source.value !== source) return;
    void this.stop();
    this.report('OverconstrainedError');
  }

  private async stopRecording(): Promise<void> {
    const recording = this.recording.value;
    if (!recording) return;
    this.recording.value = null;
    const name = await recording.stop();
    this.say(`Saved as ${name}.`);
  }
}
