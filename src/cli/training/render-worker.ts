/**
 * A process that draws people for training, one after another, as `render-training.ts` asks. Ends with its parent.
 */
import { LokiError } from '../../errors.ts';
import { writePerson } from './person-folder.ts';
import { renderPerson, type TrainingStudio } from './render-person.ts';
import { openStudio } from './studio.ts';
import type { RenderJob, RenderReply, RenderRequest } from './worker-messages.ts';

const job = JSON.parse(process.argv[2]) as RenderJob;

function say(reply: RenderReply): void {
  process.send?.(reply);
}

async function draw(studio: TrainingStudio, seed: number): Promise<void> {
  const beganMs = performance.now();
  try {
    const data = await renderPerson(studio, { seed, frames: job.frames, commands: job.commands });
    await writePerson(job.out, data);
    say({ kind: 'done', meta: data.meta, tookMs: performance.now() - beganMs });
  } catch (error) {
    const { code, message } =
      error instanceof LokiError
        ? error
        : {
            code: 'INTERNAL' as const,
            message: error instanceof Error ? (error.stack ?? error.message) : '',
          };
    say({ kind: 'failed', seed, code, message });
  }
}

// The parent has heard of Ctrl-C itself and ends this process when it wants to.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));

const studio = await openStudio();
process.on('message', (request: RenderRequest) => void draw(studio, request.seed));
say({ kind: 'ready' });
