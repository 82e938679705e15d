import { parseArgs } from 'node:util';
import { ChangeDrill } from '../test/support/changes/change-drill';
import { removeCliBundle } from '../test/support/packages/cli-bundle';

/**
 * Writes to a source while processes sync it and are killed, and completions are told of their runs out of order, more than once, and
 * are killed too; compares each table with the source as of its mark after each applied run, by our own reader and, if asked, by Trino.
 *
 *   npx tsx bench/change-drill.ts [--kills 200] [--process-kills N] [--completion-kills N] [--seed 1] [--trino]
 *
 * Half of the kills are of processes, half of completions, where they are not named.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'kills': { type: 'string', default: '200' },
      'process-kills': { type: 'string' },
      'completion-kills': { type: 'string' },
      'seed': { type: 'string', default: '1' },
      'trino': { type: 'boolean', default: false },
    },
  });
  const half = Math.ceil(Number(values.kills) / 2);
  const kills = { processes: Number(values['process-kills'] ?? half), completions: Number(values['completion-kills'] ?? half) };
  try {
    const report = await ChangeDrill.run({ kills, seed: Number(values.seed), trino: values.trino, onRun: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    if (report.problems.length > 0) process.exitCode = 1;
  } finally {
    removeCliBundle();
  }
}

void main();
