import { z } from 'zod';
import { LokiError } from './errors.ts';

const environment = z.object({
  /** What the log lets through, to stderr as JSON lines. `silent` by default: a command line speaks for itself. */
  LOKI_LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('silent'),
  /** Head file in place of the open head, such as an imported FLAME. */
  LOKI_HEAD: z.string().min(1).optional(),
});

/** Everything that is read from the environment, here and nowhere else. */
export interface Config {
  readonly logLevel: z.infer<typeof environment>['LOKI_LOG_LEVEL'];
  /** Null for the open head. */
  readonly headPath: string | null;
}

/** @throws LokiError INVALID_OPTION naming the variable */
export function readConfig(variables: NodeJS.ProcessEnv): Config {
  const parsed = environment.safeParse(variables);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new LokiError(
      'INVALID_OPTION',
      `The environment variable ${issue.path.join('.')}: ${issue.message}.`,
    );
  }
  return Object.freeze({ logLevel: parsed.data.LOKI_LOG_LEVEL, headPath: parsed.data.LOKI_HEAD ?? null });
}
