import { Problem, problemOf, telling } from './errors';
import { readLandedRun, tablesOf } from './landed-runs';
import { openFolder, refuseMoved } from './place';
import { LegacyToS3Error } from '../../extractor/doors/public';
import { CommitOptions, commitRun } from '../../iceberg/commit/commit-run';
import { datasetOf, tableNameOf, TableRun } from '../../iceberg/commit/table-run';
import { forEachAtOnce, Workplace } from '../../iceberg/commit/workplace';

/** What became of a table of a run. */
export interface CommittedTable {
  readonly name: string;
  /** `<database>/<schema>/<table>` */
  readonly dataset: string;
  readonly state: 'COMMITTED' | 'SUPERSEDED' | 'FAILED';
  readonly rows: number;
  readonly snapshotId?: string;
  readonly metadataLocation?: string;
  /** Why the name stands for a new table, where it does since this commit. */
  readonly began?: string;
  /** Why it was not committed. */
  readonly problem?: Problem;
}

/** Tables committed at the same time; each reads its files' footers. */
const TABLES_AT_ONCE = 4;

/** Refuses what could not become snapshots, before anything is read. @throws LegacyToS3Error */
export async function checkFolder(target: string): Promise<void> {
  const place = openFolder(target);
  await telling(place, `look at the landed tables of ${place.told}`, async () => refuseMoved(place));
}

/** Makes the tables of a complete run in a folder its Iceberg tables' newest snapshots; where one fails, the others go on. */
export async function commitLanded(target: string, runId: string, options: CommitOptions = {}): Promise<CommittedTable[]> {
  const place = openFolder(target);
  return telling(place, `commit run ${runId} into the landed tables of ${place.told}`, async () => {
    await refuseMoved(place);
    const run = await readLandedRun(place, runId);
    if (run.refused !== undefined) throw new LegacyToS3Error('TABLES_NOT_COMMITTED', `run ${runId} becomes no snapshots of landed tables: ${run.refused}`);
    return forEachAtOnce(tablesOf(run), async (each) => commit(place.workplace, each, options), TABLES_AT_ONCE);
  });
}

async function commit(workplace: Workplace, run: TableRun, options: CommitOptions): Promise<CommittedTable> {
  const about = { name: tableNameOf(run), dataset: datasetOf(run.table), rows: run.table.rows };
  try {
    const { state, snapshotId, metadataLocation, began } = await commitRun(workplace, run, options);
    return {
      ...about, state, metadataLocation, ...(snapshotId !== undefined && { snapshotId: String(snapshotId) }), ...(began !== undefined && { began }),
    };
  } catch (error) {
    return { ...about, state: 'FAILED', problem: problemOf(error) };
  }
}
