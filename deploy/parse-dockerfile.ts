export interface Instruction {
  /** In capitals: `COPY`. */
  readonly name: string;
  /** All that follows, on one line. */
  readonly text: string;
}

/** One `FROM` and what follows it. */
export interface Stage {
  /** As in `AS name`; its number where it has none. */
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** A copy within an image build. */
export interface Copy {
  /** The stage that it comes from; null for the build's context. */
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly target: string;
}

/** The stages of a Dockerfile, without comments, and its global `ARG`s filled in. No here-documents. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const defaults = new Map<string, string>();
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name, rest] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`no instruction: ${line}`);
    const instruction = { name: name.toUpperCase(), text: rest.trim() };
    if (instruction.name === 'FROM') {
      const [base, , as] = rest.trim().split(/\s+/);
      const filled = base.replace(/\$\{(\w+)\}/g, (_, key: string) => defaults.get(key) ?? '');
      stages.push({ name: as ?? String(stages.length), base: filled, instructions: [] });
    } else if (stages.length > 0) {
      stages[stages.length - 1].instructions.push(instruction);
    } else {
      const [key, value = ''] = instruction.text.split('=');
      defaults.set(key, value);
    }
  }
  return stages;
}

/** What a stage copies, in order. */
export function copies(stage: Stage): Copy[] {
  return stage.instructions
    .filter(({ name }) => name === 'COPY')
    .map(({ text }) => {
      const words = text.split(/\s+/);
      const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length) ?? null;
      const paths = words.filter((word) => !word.startsWith('--'));
      return { from, sources: paths.slice(0, -1), target: paths[paths.length - 1] };
    });
}

/** The environment that a stage sets. */
export function environment(stage: Stage): Record<string, string> {
  return Object.fromEntries(
    stage.instructions
      .filter(({ name }) => name === 'ENV')
      .map(({ text }) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

/** The last instruction of that name; undefined where a stage has none. */
export function last(stage: Stage, name: string): string | undefined {
  return stage.instructions.findLast((instruction) => instruction.name === name)?.text;
}
