import { LegacyToS3Error } from '../../../extractor/doors/public';
import { snapshotOfRun } from '../../../iceberg/commit/rollback';
import { currentSnapshot, Snapshot } from '../../../iceberg/spec/table-metadata';
import type { OpenTable } from '../list-tables';

/** A table as a query sees it. */
export interface AskedTable {
  /** That the query has for it. */
  readonly name: string;
  readonly table: OpenTable;
  /** Undefined for a table without one. */
  readonly snapshot: Snapshot | undefined;
}

/**
 * The tables by the names that a query has for them: as they are, or as a run left them, which an older generation may hold.
 *
 * @throws LegacyToS3Error of code RUN_NOT_FOUND when no table has a snapshot of the run
 */
export function tablesAsked(tables: readonly OpenTable[], runId: string | undefined): AskedTable[] {
  if (runId === undefined) return tables.map((table) => ({ name: table.name, table, snapshot: currentSnapshot(table.metadata) }));
  const asked = tables.flatMap(({ name, dataset, newest, ...rest }): AskedTable[] => {
    const own: OpenTable = { name, dataset, newest, ...rest };
    const older = newest ? tables.filter((each) => each.dataset === dataset && each.name !== name) : [];
    for (const table of [own, ...older.sort((a, b) => b.generation - a.generation)]) {
      const snapshot = snapshotOfRun(table.metadata, runId);
      if (snapshot) return [{ name, table, snapshot }];
    }
    return [];
  });
  if (asked.length === 0) throw new LegacyToS3Error('RUN_NOT_FOUND', `no landed table has a snapshot of run ${runId}: it was not committed, or has expired`);
  return asked;
}

/** @param bytes of the files of the named tables @throws LegacyToS3Error of code QUERY_FAILED when they are more than allowed */
export function refuseTooMuch(bytes: number, names: readonly string[], maxBytes: number | undefined): void {
  if (maxBytes === undefined || bytes <= maxBytes) return;
  throw new LegacyToS3Error('QUERY_FAILED', `the files of ${names.join(', ')} have ${bytes} bytes, more than the ${maxBytes} that --max-bytes allows; nothing was read`);
}
