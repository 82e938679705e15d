import { parseArgs } from 'node:util';
import { ChangeDrill } from '../test/support/changes/change-drill';
import { removeCliBundle } from '../test/support/packages/cli-bundle';

/**
 * Writes to a source while processes sync it and are killed, and completions are told of their runs out of order, more than once, and
 * are killed too; compares each table with the source as of its mark, again and again.
 *
 *   npx tsx bench/change-drill.ts [--kills 100] [--seed 1]
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } } });
  try {
    const report = await ChangeDrill.run({ kills: Number(values.kills), seed: Number(values.seed), onRun: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    if (report.problems.length > 0) process.exitCode = 1;
  } finally {
    removeCliBundle();
  }
}

void main();
