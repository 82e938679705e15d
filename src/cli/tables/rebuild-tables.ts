import { Problem, problemOf, telling } from './errors';
import { LandedRun, landedRunIds, readLandedRun, tablesOf } from './landed-runs';
import { inPlace, type TablesSource } from './place';
import { RebuiltTable, TableRebuild } from '../../iceberg/commit/rebuild';
import { tableNameOf } from '../../iceberg/commit/table-run';

/** What a rebuilding does, told as it goes on. */
export type RebuildEvent =
  | { readonly type: 'run-taken'; readonly runId: string; readonly tables: number }
  /** It becomes no snapshots. */
  | { readonly type: 'run-left-out'; readonly runId: string; readonly why: string }
  /** A run's table that becomes no snapshot, its files being gone for example. */
  | { readonly type: 'table-left-out'; readonly runId: string; readonly name: string; readonly code: string; readonly why: string };

/** A table after a rebuilding. */
export type RebuiltName =
  | RebuiltTable & { readonly state: 'REBUILT' }
  | { readonly name: string; readonly state: 'FAILED'; readonly problem: Problem };

/**
 * Makes all metadata of landed tables again from the manifests of complete runs, oldest first.
 *
 * @param deleteOld deletes the metadata of the tables of before
 * @param softDeletes whether tables keep deleted rows; as the tables of before do, where these can be read
 * @param dryRun tells which runs would be taken, and writes nothing
 */
export async function rebuild(
  source: TablesSource, { deleteOld, dryRun, softDeletes }: { readonly deleteOld: boolean; readonly dryRun: boolean; readonly softDeletes?: boolean },
  onEvent: (event: RebuildEvent) => void,
): Promise<RebuiltName[]> {
  return inPlace(source, async (place) => telling(place, `rebuild the landed tables of ${place.told}`, async () => {
    const tables = new TableRebuild(place.workplace, { softDeletes });
    for (const runId of await landedRunIds(place)) {
      let run: LandedRun;
      try {
        run = await readLandedRun(place, runId);
      } catch (error) {
        onEvent({ type: 'run-left-out', runId, why: problemOf(error).message });
        continue;
      }
      if (run.refused !== undefined) {
        onEvent({ type: 'run-left-out', runId, why: run.refused });
        continue;
      }
      onEvent({ type: 'run-taken', runId, tables: run.manifest.tables.length });
      if (dryRun) continue;
      for (const each of tablesOf(run)) {
        await tables.add(each).then(({ name, state }) => {
          if (state === 'WAITING') onEvent({ type: 'table-left-out', runId, name, code: 'RUN_NOT_FOUND', why: 'the run before it in the chain of changes is not among those that are taken' });
        }).catch((error: unknown) => {
          const { code, message } = problemOf(error);
          onEvent({ type: 'table-left-out', runId, name: tableNameOf(each), code, why: message });
        });
      }
    }
    return (await tables.finish(deleteOld)).map((table): RebuiltName => (
      'error' in table ? { name: table.name, state: 'FAILED', problem: problemOf(table.error) } : { ...table, state: 'REBUILT' }));
  }));
}
