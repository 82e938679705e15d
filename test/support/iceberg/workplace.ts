import { landRun, LandedOptions, TABLES } from './landed-table';
import { MemoryFiles } from './memory-files';
import { FolderTables } from '../../../src/iceberg/catalogs/folder-tables';
import { TableRun } from '../../../src/iceberg/commit/table-run';
import { Workplace } from '../../../src/iceberg/commit/workplace';

/** A bucket in memory, and a clock. */
export interface TestLake extends Workplace {
  readonly files: MemoryFiles;
  readonly now: () => number;
  land(options?: LandedOptions): TableRun;
  pass(ms: number): void;
}

export const HOUR = 3_600_000;

/** An empty one, on the first of January. */
export function testLake(): TestLake {
  let time = Date.UTC(2026, 0, 1);
  const now = () => time;
  const files = new MemoryFiles(now);
  return {
    files,
    catalog: new FolderTables(files, TABLES),
    root: 's3://lake/',
    now,
    land: (options) => landRun((uri, bytes) => files.put(uri, bytes), options),
    pass: (ms) => { time += ms; },
  };
}
