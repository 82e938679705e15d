/**
 * What it takes run completion to commit the tables of runs, files and Glue being in memory: 10,000 tables by invocations of 15 minutes
 * with Glue answering 10 requests a second (of a clock of its own), and one table of 2,000 objects.
 *
 *     npx tsx bench/table-commits.ts
 */
import { peakRssMb } from './harness/measured';
import { commitTables } from '../src/handlers/tables/commit-tables';
import { GluePace } from '../src/handlers/tables/glue-pace';
import { goOnRequest } from '../src/handlers/tables/go-on';
import { MemoryGlue, RequestLimit } from '../test/support/tables/memory-glue';
import { MemoryTables } from '../test/support/tables/memory-tables';
import { ParquetRuns } from '../test/support/tables/parquet-runs';
import { VirtualClock } from '../test/support/tables/virtual-clock';

const INVOCATION_MS = 900_000;

async function main(): Promise<void> {
  const runs = await ParquetRuns.make();
  const tell = (figures: object) => process.stdout.write(`${JSON.stringify({ ...figures, peakRssMb: Math.round(peakRssMb()) })}\n`);

  const objects = new MemoryTables();
  let started = performance.now();
  await commitTables(objects.services({ pace: new GluePace(new VirtualClock()) }), ...objects.land(runs.run({ at: 1, files: 2000 })));
  tell({ objects: 2000, seconds: Math.round(performance.now() - started) / 1000 });

  const clock = new VirtualClock();
  const limit = new RequestLimit(10, clock.now);
  const tables = new MemoryTables(new MemoryGlue(limit.admit));
  const landed = tables.land(runs.run({ at: 1, tables: Array.from({ length: 10_000 }, (_each, at) => `Table${at}`) }));
  started = performance.now();
  let invocations = 0;
  let since: string | undefined;
  for (let more = true; more; invocations++) {
    const end = clock.now() + INVOCATION_MS;
    const goOn = await commitTables(tables.services({ pace: new GluePace(clock) }), ...landed, () => end - clock.now(), since);
    await goOn?.();
    more = goOn !== undefined;
    since = goOnRequest(tables.handedOn.at(-1))?.since;
  }
  const commits = tables.glue.requests.filter(({ command }) => command === 'CreateTableCommand');
  tell({
    tables: 10_000,
    invocations,
    minutesOfGlue: Math.round(clock.now() / 60_000),
    glueRequests: tables.glue.requests.length,
    throttled: limit.refused,
    commits: commits.length,
    tablesCommitted: new Set(commits.map(({ table }) => table)).size,
    seconds: Math.round((performance.now() - started) / 1000),
  });
}

void main();
