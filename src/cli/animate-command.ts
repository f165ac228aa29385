import { relative } from 'node:path';
import { readConfig } from '../config.ts';
import { createLogger } from '../log.ts';
import { setFfmpegVerbose } from '../reenact/codec/ffmpeg.ts';
import type { AnimateJob, OpenReenactor } from './animate-job.ts';
import { parseAnimateArguments } from './animate-options.ts';
import { cancelOnSignals } from './cancel.ts';
import { reportFailure } from './failure.ts';
import { createProgress } from './progress.ts';
import { runAnimate } from './run-animate.ts';

/** Runs `animate` with the arguments behind the script's name; returns the exit status. */
export async function animateCommand(args: readonly string[], openReenactor: OpenReenactor): Promise<number> {
  // Asked for before the arguments are known to be good, so that a fault in reading them shows its stack too.
  const verbose = args.includes('--verbose');
  const progress = createProgress(process.stdout);
  try {
    const folder = process.cwd();
    const config = readConfig(process.env);
    const command = parseAnimateArguments(args, folder, config.headPath);
    if (command === null) return 0;
    const log = createLogger(config).child({ stage: 'animate' });
    setFfmpegVerbose(verbose);
    const signal = cancelOnSignals((line) => progress.line(line));
    const { frames, tracked, fps, audio } = await runAnimate(command.job, openReenactor, signal, {
      onPhase: (phase) => {
        log.info({ phase }, 'phase');
        progress.phase(phase);
      },
      onFrame: (done, total) => progress.frame(done, total),
      onWarning: (message) => progress.line(message),
    });
    log.info({ frames, tracked, fps, audio }, 'finished');
    const sound = audio === 'none' ? 'without sound' : 'with its sound';
    progress.line(`${frames} frames (face followed in ${tracked}) at ${fps.toFixed(1)} fps, ${sound}.`);
    for (const path of outputPaths(command.job)) progress.line(`Wrote ${relative(folder, path) || path}`);
    return 0;
  } catch (error) {
    progress.stop();
    return reportFailure(error, verbose, (text) => process.stderr.write(text));
  }
}

function outputPaths({ outputs }: AnimateJob): string[] {
  return Object.values(outputs).filter((path) => path !== null);
}
