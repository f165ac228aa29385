import { animateCommand } from './animate-command.ts';
import { openReenactor } from './open-reenactor.ts';

/**
 * Makes one picture move as the person in a video does:
 *
 *     npm run animate -- --driver FILE --avatar FILE|ID --out FILE.mp4
 */
process.exit(await animateCommand(process.argv.slice(2), openReenactor));
