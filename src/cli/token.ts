import { Command, Option } from 'commander';
import { readServerConfig } from '../config.ts';
import { LokiError } from '../errors.ts';
import { linksFor } from '../gateway/addresses.ts';
import { ANY_ROOM, Tokens, tokenSecret } from '../gateway/tokens.ts';
import { reportFailure } from './failure.ts';

interface Options {
  readonly role: 'driver' | 'viewer' | 'admin';
  readonly room?: string;
  readonly ttl?: string;
  readonly base?: string;
  readonly config?: string;
}

/** Prints a join token, and the links that it opens where the server's address is given. */
async function main(): Promise<void> {
  const options: Options = new Command('npm run token --')
    .description('Makes a join token with the configured secret. The room has to exist when it is used.')
    .addOption(
      new Option('--role <role>', 'what it allows').choices(['driver', 'viewer', 'admin']).default('admin'),
    )
    .option('--room <id>', 'for which room; an admin may have all')
    .option('--ttl <seconds>', 'how long it is good for (tokens.ttlS)')
    .option('--base <url>', 'address of the server, to print links')
    .option('--config <file>', 'configuration file of the server')
    .parse()
    .opts();
  const config = readServerConfig({
    variables: process.env,
    folder: process.cwd(),
    file: options.config,
    overrides: options.ttl === undefined ? {} : { 'tokens.ttlS': Number(options.ttl) },
  });
  const { role, room = ANY_ROOM } = options;
  if (room === ANY_ROOM && role !== 'admin') {
    throw new LokiError('INVALID_OPTION', 'Say which room with --room: only an admin may have all.');
  }
  const { secret } = await tokenSecret(config.tokens, config.stateDir);
  const { token } = await new Tokens(secret).mint({ room, role, ttlS: config.tokens.ttlS });
  const base = options.base ?? config.http.publicUrl;
  console.log(token);
  if (base !== null && room !== ANY_ROOM) {
    const links = linksFor({ base: base.replace(/\/+$/, ''), room, role, token });
    for (const [name, link] of Object.entries(links)) console.log(`${name.padEnd(7)} ${link}`);
  }
}

let status = 0;
try {
  await main();
} catch (error) {
  status = reportFailure(error, false, (text) => process.stderr.write(text));
}
process.exitCode = status;
