import { readConfig } from '../config.ts';
import { parseEvaluateArguments } from './evaluate/options.ts';
import { runEvaluate } from './evaluate/run-evaluate.ts';
import { reportFailure } from './failure.ts';

/** `npm run evaluate`: docs/evaluate.md. */
const args = process.argv.slice(2);
try {
  const options = parseEvaluateArguments(args);
  if (options !== null)
    await runEvaluate(options, readConfig(process.env).headPath, (line) => console.log(line));
} catch (error) {
  process.exitCode = reportFailure(error, args.includes('--verbose'), (text) => process.stderr.write(text));
}
