import { spawn } from 'node:child_process';

const MOST_ERROR_TEXT = 64 * 1024;

/** What a program that failed has left: `message` is the line of its error output that names the error. */
export class CommandError extends Error {
  /** All of its error output, bounded; `missing` where there is no such program. */
  constructor(message, { stderr = '', missing = false } = {}) {
    super(message);
    this.stderr = stderr;
    this.missing = missing;
  }
}

/** Runs a program without input; resolves with its standard output, rejects with CommandError. */
export function runCommand(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      if (stderr.length < MOST_ERROR_TEXT) stderr += text;
    });
    child.on('error', (error) =>
      reject(new CommandError(`${command}: ${error.code}`, { missing: error.code === 'ENOENT' })),
    );
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(new CommandError(complaint(stderr) ?? `${command} ended with ${signal ?? code}`, { stderr }));
    });
  });
}

function complaint(stderr) {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /error|^E: /i.test(line)) ?? lines.at(-1);
}
