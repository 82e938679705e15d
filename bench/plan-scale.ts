/**
 * What planning costs the client: many tables, and many chunks.
 *
 *     npx tsx bench/plan-scale.ts
 */
import { measurePlan } from '../test/support/runs/plan-figures';

async function main(): Promise<void> {
  for (const size of [{ tables: 10_000, columns: 100, chunksPerTable: 1 }, { tables: 100, columns: 20, chunksPerTable: 1000 }]) {
    process.stdout.write(`${JSON.stringify(await measurePlan(size))}\n`);
  }
}

void main();
