import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';

export type { Logger };

/**
 * The root logger. Children bind `sessionId`, `peerId` and `stage`; messages are static text; never pixels,
 * landmarks, coefficients or tokens. Goes to stderr, so that stdout stays the command's own.
 */
export function createLogger({ logLevel }: Pick<Config, 'logLevel'>): Logger {
  return pino({ level: logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
}
