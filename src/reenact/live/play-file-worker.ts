/** The player's process; started by play-file-process.ts. Ends with its parent. */
import { LokiError } from '../../errors.ts';
import { type FilePlayer, playFile } from './play-file.ts';
import type { PlayFileReply, PlayFileRequest } from './play-file-messages.ts';

let player: FilePlayer | null = null;

process.once('message', ({ options }: PlayFileRequest) => {
  void playFile(options).then(
    async (playing) => {
      player = playing;
      reply({ kind: 'playing', ...playing.address });
      await end(await playing.ended);
    },
    (error: unknown) => end(error),
  );
});
process.once('disconnect', () => {
  void Promise.resolve(player?.stop()).finally(() => process.exit(0));
});

async function end(error: unknown): Promise<void> {
  const { code, message } =
    error instanceof LokiError ? error : new LokiError('INTERNAL', 'The video could not be played.');
  await new Promise<void>((resolve) => {
    const last: PlayFileReply = { kind: 'ended', error: error === null ? null : { code, message } };
    if (process.connected) process.send!(last, () => resolve());
    else resolve();
  });
  process.exit(0);
}

function reply(message: PlayFileReply): void {
  if (process.connected) process.send!(message);
}
