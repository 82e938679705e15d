import { parseArgs } from 'node:util';
import type { Consistency } from '../src/extractor/doors/public';
import { removeCliBundle } from '../test/support/packages/cli-bundle';
import { KillDrill } from '../test/support/runs/kill-drill';

/**
 * Kills extractor processes at every kind of moment and at random ones, goes on with their runs, and compares what landed
 * with the source.
 *
 *   npx tsx bench/kills.ts [--kills 300] [--consistency snapshot|databaseSnapshot|readCommitted|noLock]
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { kills: { type: 'string', default: '300' }, consistency: { type: 'string' } } });
  try {
    const report = await KillDrill.run({ kills: Number(values.kills), consistency: values.consistency as Consistency | undefined, onRun: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    if (report.problems.length > 0) process.exitCode = 1;
  } finally {
    removeCliBundle();
  }
}

void main();
