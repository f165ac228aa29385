import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { animateCommand } from './animate-command.ts';
import { BUILTIN_DRIVER_PATH, builtinAvatars } from './avatars.ts';
import { openReenactor } from './open-reenactor.ts';

/** `npm run demo`: the built-in driver moves a built-in avatar, in a video that is there to be looked at. */
const folder = fileURLToPath(new URL('../../out/', import.meta.url));
const video = join(folder, 'demo.mp4');
mkdirSync(folder, { recursive: true });

const [avatar] = builtinAvatars().keys();
console.log(`Demonstration: the built-in driver moves the avatar "${avatar}". It takes about a minute.`);
const status = await animateCommand(
  ['--driver', BUILTIN_DRIVER_PATH, '--avatar', avatar, '--out', video, '--compare'],
  openReenactor,
);
if (status === 0) {
  console.log(`
Open ${video}
(left the driver, in the middle what travels between the two, right the avatar)

Now with a clip and a picture of your own:

    npm run animate -- --driver my-clip.mp4 --avatar my-picture.jpg --out result.mp4

Other avatars: ${[...builtinAvatars().keys()].join(', ')}`);
}
process.exit(status);
