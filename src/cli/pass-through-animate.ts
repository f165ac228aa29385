import { animateCommand } from './animate-command.ts';
import { openPassThrough } from './pass-through.ts';

/** The command line around the pass-through, for tests that need a process. */
process.exit(await animateCommand(process.argv.slice(2), openPassThrough));
