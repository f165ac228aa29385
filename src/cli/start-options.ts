import { Command, CommanderError } from 'commander';
import { LokiError } from '../errors.ts';

/** What the command line of the server says. */
export interface StartOptions {
  readonly configFile: string | undefined;
  /** Options of the configuration, by path. */
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly verbose: boolean;
}

/**
 * Reads the arguments of `npm start`; null when only help was asked for, which is then printed.
 * @throws LokiError INVALID_OPTION
 */
export function parseStartArguments(args: readonly string[]): StartOptions | null {
  const command = new Command('npm start --')
    .description('The live server: studio, viewer pages, WHIP, WHEP and REST interface.')
    .option('--config <file>', 'configuration file; see loki-live.sample.yaml')
    .option('--port <n>', 'port on this machine (http.port)')
    .option('--https-port <n>', 'port for other machines (https.port)')
    .option('--no-https', 'serve this machine alone')
    .option('--no-demo', 'without the demonstration room')
    .option('--verbose', 'log lifecycles, and show the stack of an error')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return null;
    throw new LokiError('INVALID_OPTION', `${error.message.replace(/^error: /, '')}: see --help.`);
  }
  const { config, port, httpsPort, https, demo, verbose = false } = command.opts();
  return {
    configFile: config,
    overrides: {
      ...(port !== undefined && { 'http.port': Number(port) }),
      ...(httpsPort !== undefined && { 'https.port': Number(httpsPort) }),
      ...(https === false && { 'https.enabled': false }),
      ...(demo === false && { demo: false }),
      ...(verbose && { logLevel: 'info' }),
    },
    verbose,
  };
}
