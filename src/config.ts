import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { configSchema, type LogLevel, type ServerConfig } from './config-schema.ts';
import { LokiError } from './errors.ts';

export type { ServerConfig } from './config-schema.ts';

/** Read where neither `--config` nor `LOKI_CONFIG` names a file. */
export const DEFAULT_CONFIG_FILE = 'loki-live.yaml';

const environment = z.object({
  /** What the log lets through, to stderr as JSON lines. `silent` by default: a command line speaks for itself. */
  LOKI_LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('silent'),
  /** Head file in place of the open head, such as an imported FLAME. */
  LOKI_HEAD: z.string().min(1).optional(),
});

/** What the file-to-file commands take from the environment. */
export interface Config {
  readonly logLevel: LogLevel;
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

export interface ServerConfigSources {
  readonly variables: NodeJS.ProcessEnv;
  /** That relative paths on the command line and in the environment count from. */
  readonly folder: string;
  /** Of `--config`. */
  readonly file?: string | undefined;
  /** Options of the command line, by path; they win over everything else. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/**
 * The live server's configuration: defaults, under the configuration file, under the environment (`http.port` is
 * `LOKI_HTTP_PORT`, `sfu.announcedAddress` is `LOKI_SFU_ANNOUNCED_ADDRESS`), under the command line. Paths in the
 * file count from the file's folder; `~/` is the home folder.
 *
 * @throws LokiError CONFIG_INVALID naming the option's path and where it was set
 */
export function readServerConfig({ variables, folder, file, overrides }: ServerConfigSources): ServerConfig {
  const { LOKI_CONFIG, LOKI_HEAD } = variables;
  const named = file ?? (LOKI_CONFIG || undefined);
  const path = resolve(folder, named ?? DEFAULT_CONFIG_FILE);
  const options = readYaml(path, named !== undefined);
  resolvePaths(options, dirname(path));
  const origins = new Map<string, string>();

  const fromOutside: Record<string, unknown> = {};
  for (const [option, name] of OPTION_VARIABLES) {
    const text = variables[name] ?? (option === 'reenactment.headFile' ? LOKI_HEAD : undefined);
    if (text === undefined) continue;
    put(fromOutside, option, readVariable(option, text));
    origins.set(option, `environment variable ${name}`);
  }
  refuseUnknownVariables(variables);
  for (const [option, value] of Object.entries(overrides ?? {})) put(fromOutside, option, value);
  resolvePaths(fromOutside, folder);

  const parsed = configSchema.safeParse(merge(options, fromOutside));
  if (!parsed.success) throw refusal(parsed.error.issues[0], path, origins);
  const { tokens, stateDir } = parsed.data;
  if (tokens.secret !== null && tokens.secretFile !== null) {
    throw new LokiError('CONFIG_INVALID', 'The option tokens: takes secret or secretFile, not both.');
  }
  const complete = { ...parsed.data, stateDir: resolvePath(stateDir, folder) };
  return deepFreeze(complete) as ServerConfig;
}

/** Options that are paths of files or folders. */
const PATH_OPTIONS = [
  'stateDir',
  'https.certificateFile',
  'https.keyFile',
  'tokens.secretFile',
  'reenactment.headFile',
  'generator.pack',
];

/** Every option, with its environment variable. */
const OPTION_VARIABLES: ReadonlyMap<string, string> = new Map(
  optionPaths().map((option) => [
    option,
    `LOKI_${option
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace('.', '_')
      .toUpperCase()}`,
  ]),
);

/** Paths of all options, `section.option`. */
export function optionPaths(): string[] {
  return Object.entries(configSchema.parse({})).flatMap(([name, value]) =>
    isSection(value) ? Object.keys(value).map((option) => `${name}.${option}`) : [name],
  );
}

function readYaml(path: string, required: boolean): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new LokiError('CONFIG_INVALID', `The configuration file ${path} cannot be read.`, { cause });
  }
  try {
    const content: unknown = parse(text) ?? {};
    if (isSection(content)) return content;
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    const line = cause.linePos?.[0].line;
    const [what] = cause.message.split(' at line');
    throw new LokiError('CONFIG_INVALID', `${path}, line ${line}: ${what}.`, { cause });
  }
  throw new LokiError('CONFIG_INVALID', `${path} must hold options as "name: value".`);
}

/** A string where the option takes strings; else what YAML reads: numbers, true and false, [lists]. Empty is unset. */
function readVariable(option: string, text: string): unknown {
  if (text === '') return null;
  if (configSchema.safeParse(put({}, option, text)).success) return text;
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** A misspelt option must not pass silently; other programs' variables are none of ours. */
function refuseUnknownVariables(variables: NodeJS.ProcessEnv): void {
  const known = new Set(OPTION_VARIABLES.values());
  const sections = Object.entries(configSchema.parse({})).filter(([, value]) => isSection(value));
  for (const name of Object.keys(variables)) {
    const ours = sections.some(([section]) => name.startsWith(`LOKI_${section.toUpperCase()}_`));
    if (ours && !known.has(name)) {
      throw new LokiError('CONFIG_INVALID', `There is no option for the environment variable ${name}.`);
    }
  }
}

function refusal(issue: z.core.$ZodIssue, path: string, origins: ReadonlyMap<string, string>): LokiError {
  const unknown = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : null;
  const option = (unknown ?? issue.path).join('.');
  const origin = origins.get(option) ?? path;
  const what = unknown === null ? issue.message.replace(/^Invalid input: /, '') : 'is not known';
  return new LokiError('CONFIG_INVALID', `The option ${option} (${origin}): ${what}.`);
}

function resolvePaths(options: Record<string, unknown>, folder: string): void {
  for (const option of PATH_OPTIONS) {
    const [first, second] = option.split('.');
    const holder = second === undefined ? options : options[first];
    const key = second ?? first;
    if (isSection(holder) && typeof holder[key] === 'string' && holder[key] !== '') {
      holder[key] = resolvePath(holder[key], folder);
    }
  }
}

function resolvePath(path: string, folder: string): string {
  return path === '~' || path.startsWith('~/') ? resolve(homedir(), path.slice(2)) : resolve(folder, path);
}

function put(target: Record<string, unknown>, option: string, value: unknown): Record<string, unknown> {
  const [first, second] = option.split('.');
  if (second === undefined) target[first] = value ?? undefined;
  else target[first] = { ...(target[first] as object | undefined), [second]: value };
  return target;
}

function merge(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...under };
  for (const [key, value] of Object.entries(over)) {
    merged[key] = isSection(value) && isSection(merged[key]) ? { ...merged[key], ...value } : value;
  }
  return merged;
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
