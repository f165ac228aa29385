/**
 * The live server: joins configuration, reenactment, SFU and gateway, and ends them in turn.
 *
 *     npm start -- --help
 */
import { join } from 'node:path';
import { builtinAvatars } from './builtin-media.ts';
import { reportFailure } from './cli/failure.ts';
import { parseStartArguments, type StartOptions } from './cli/start-options.ts';
import { welcome } from './cli/welcome.ts';
import { readServerConfig, type ServerConfig } from './config.ts';
import { AvatarStore } from './gateway/avatars/avatar-store.ts';
import { BUILTIN_DRIVER_STREAMS, playBuiltinDriver } from './gateway/builtin-driver.ts';
import { allowUpgrade, originRule } from './gateway/cross-origin.ts';
import { DEMO_ROOM, DemoRoom } from './gateway/demo-room.ts';
import { forwardedAddress } from './gateway/forwarded-address.ts';
import { type Gateway, openGateway } from './gateway/gateway.ts';
import { openListeners } from './gateway/listeners.ts';
import { sfuOptions } from './gateway/sfu-options.ts';
import { stopSignal } from './gateway/stop-signals.ts';
import { Tokens, tokenSecret } from './gateway/tokens.ts';
import { yieldToPeople } from './gateway/yield-to-people.ts';
import { claimLivePriority } from './live-priority.ts';
import { createLogger } from './log.ts';
import { createReenactment } from './reenact/runtime/supervisor.ts';
import { createSfu } from './sfu/sfu.ts';

/** Room that the printed link for a phone leads to. */
const PHONE_ROOM = 'phone';

async function main({ configFile, overrides }: StartOptions): Promise<void> {
  const stopped = stopSignal();
  // Before anything is started that inherits it.
  claimLivePriority();
  const config = readServerConfig({
    variables: process.env,
    folder: process.cwd(),
    file: configFile,
    overrides,
  });
  const log = createLogger(config);
  const listeners = await openListeners(config);
  const { secret, configured } = await tokenSecret(config.tokens, config.stateDir);
  const tokens = new Tokens(secret);
  const avatars = await AvatarStore.open(join(config.stateDir, 'avatars'), log);

  const { workers, spare, warm, maxSessions, maxUtilisation, headFile, sizePx } = config.reenactment;
  const reenactment = await createReenactment({
    headPath: headFile,
    stateDir: config.stateDir,
    ...(workers !== null && { workers }),
    spare,
    maxSessions,
    maxUtilisation,
    generator: config.generator,
    log: log.child({ stage: 'reenactment' }),
  });
  let demo: DemoRoom | null = null;
  const allowed = originRule(config.http.allowedOrigins, config.http.publicUrl);
  const sfu = await createSfu(sfuOptions(config), {
    reenactment: yieldToPeople(reenactment, async () => demo?.makeWay() ?? false),
    verifyToken: (token) => tokens.verify(token),
    log: log.child({ stage: 'sfu' }),
    avatars,
    allowOrigin: allowUpgrade(allowed),
    ...(config.http.trustProxy && { addressOf: forwardedAddress }),
  });
  const development = !configured;
  const gateway = await openGateway({
    config,
    log,
    listeners,
    sfu,
    reenactment,
    tokens,
    development,
    avatars,
  });
  const [first] = builtinAvatars();
  if (config.demo && first !== undefined) {
    demo = await DemoRoom.open({
      rooms: sfu.rooms,
      avatarId: first.id,
      streams: BUILTIN_DRIVER_STREAMS,
      play: playBuiltinDriver,
      log,
    });
  }
  if (warm) {
    reenactment.warm(
      builtinAvatars().map(({ path }) => path),
      sizePx,
    );
  }
  greet(config, gateway, development);

  log.info({ signal: await stopped }, 'stopping');
  process.stdout.write('Stopping ... (again to stop at once)\n');
  gateway.beginDrain();
  await demo?.close();
  await sfu.drain(config.drainS * 1000);
  await gateway.close();
  await sfu.close();
  await reenactment.shutdown();
  log.info('stopped');
}

function greet(config: ServerConfig, { addresses, shortLinks }: Gateway, development: boolean): void {
  const { local, public: open } = addresses;
  const link = (base: string, page: string, room: string, role: 'driver' | 'viewer'): string =>
    `${base}${shortLinks.add({ room, role, page })}`;
  const demo = development && config.demo;
  const phone = development && open !== local;
  const text = welcome({
    links: {
      studio: development ? `${local}/` : null,
      demo: demo ? link(local, `/watch/${DEMO_ROOM}`, DEMO_ROOM, 'viewer') : null,
      obs: demo ? link(local, `/obs/${DEMO_ROOM}`, DEMO_ROOM, 'viewer') : null,
      phone: phone ? link(open, `/studio?room=${PHONE_ROOM}`, PHONE_ROOM, 'driver') : null,
      docs: `${local}/api/docs`,
    },
    development,
    stateDir: config.stateDir,
    qr: process.stdout.isTTY === true,
  });
  process.stdout.write(`${text}\n`);
}

let verbose = false;
let status = 0;
try {
  const options = parseStartArguments(process.argv.slice(2));
  verbose = options?.verbose ?? false;
  if (options !== null) await main(options);
} catch (error) {
  status = reportFailure(error, verbose, (line) => process.stderr.write(line));
}
process.exit(status);
