import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as tables from '../../src/cli/tables';
import { tablesFolder } from '../../src/contract';
import type { sync } from '../../src/extractor/doors/public';
import { FolderTables } from '../../src/iceberg/catalogs/folder-tables';
import { metadataAt } from '../../src/iceberg/commit/workplace';
import { FolderFiles } from '../../src/iceberg/files/folder-files';
import { countRows } from '../../src/iceberg/rows/count-rows';
import { peakRssMb } from '../harness/measured';
import type { ChangesLogin } from '../servers/changes-source';

/** What `changes-contender.ts JOB` prints. */
export interface ChangesMeasured {
  readonly seconds: number;
  /** User and system, of all threads of the process, after its modules are loaded. */
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  /** What came of it, by what was asked. */
  readonly outcome: { readonly [figure: string]: unknown };
}

/** One step, in a process of its own. */
export interface ChangesJob {
  readonly what: 'sync' | 'commit' | 'count' | 'compact';
  readonly folder: string;
  /** The package's bundles. */
  readonly engine: string;
  readonly tables: string;
  /** Of a sync. */
  readonly login?: ChangesLogin;
  readonly pattern?: string;
  /** To be committed. */
  readonly runId?: string;
  /** Name in the catalog of the table to be counted. */
  readonly name?: string;
}

/** @returns what is to be measured, all loaded */
function stepOf({ what, folder, engine, tables: tablesBundle, login, pattern, runId, name }: ChangesJob): () => Promise<ChangesMeasured['outcome']> {
  const target = pathToFileURL(folder).href;
  /* eslint-disable @typescript-eslint/no-require-imports */
  const landed = require(resolve(tablesBundle)) as typeof tables;
  const loaded = require(resolve(engine)) as { readonly sync: typeof sync };
  /* eslint-enable @typescript-eslint/no-require-imports */
  switch (what) {
    case 'sync': return async () => {
      const { kind, run, tables: synced, lagRows } = await loaded.sync({ source: { ...login!, encrypt: false }, target, tables: pattern!.split(',') });
      return { kind, runId: run?.runId, rows: run?.rows, tables: synced.length, lagRows };
    };
    case 'commit': return async () => {
      const committed = await landed.commitLanded(target, runId!);
      const failed = committed.find(({ state }) => state !== 'COMMITTED');
      if (failed) throw new Error(`${failed.name}: ${failed.problem?.message ?? failed.state}`);
      return { tables: committed.length };
    };
    case 'count': return async () => {
      const files = new FolderFiles();
      const catalog = new FolderTables(files, `${target}/${tablesFolder('')}`);
      const { metadataLocation } = (await catalog.load(name!))!;
      return { ...await countRows({ files }, await metadataAt({ files }, metadataLocation!)) };
    };
    case 'compact': return async () => {
      const [done] = await landed.compact({ target } as tables.TablesSource, name === undefined ? [] : [name], {});
      if (done.state !== 'COMPACTED') throw new Error(`${done.name} was not compacted: ${JSON.stringify(done)}`);
      return { ...done };
    };
  }
}

async function main([job]: readonly string[]): Promise<void> {
  const step = stepOf(JSON.parse(job) as ChangesJob);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const outcome = await step();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const measured: ChangesMeasured = { seconds, cpuSeconds: (user + system) / 1e6, peakRssMb: peakRssMb(), outcome };
  process.stdout.write(JSON.stringify(measured));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
