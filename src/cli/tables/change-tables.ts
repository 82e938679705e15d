import { Problem, problemOf, telling } from './errors';
import { landedTable, openTables } from './list-tables';
import { inPlace, refuseMoved, type TablesPlace, type TablesSource } from './place';
import { LegacyToS3Error } from '../../extractor/doors/public';
import { expireTable, Expiry, Retention } from '../../iceberg/commit/expire';
import { RelocatedTable, relocateTables } from '../../iceberg/commit/relocate';
import { rollbackTable } from '../../iceberg/commit/rollback';
import { toLong } from '../../iceberg/spec/long';

/** Which state of a table is meant: of a run, or of a snapshot by its id. */
export type TableState = { readonly runId: string } | { readonly snapshotId: string };

/** What a rollback came to. */
export interface Rollback {
  readonly name: string;
  readonly snapshotId: string;
  readonly runId?: string;
  /** Whether it showed something else before. */
  readonly changed: boolean;
}

/** Lets readers of a table see an earlier state again. @throws LegacyToS3Error of code LANDED_TABLE_REFUSED when there is none such */
export async function rollback(source: TablesSource, name: string, to: TableState): Promise<Rollback> {
  return inPlace(source, async (place) => telling(place, `roll '${name}' back in ${place.told}`, async () => {
    await requireTable(place, name);
    const { snapshotId, ...rest } = await rollbackTable(place.workplace, name, 'runId' in to ? to : { snapshotId: toLong(to.snapshotId) });
    return { name, snapshotId: String(snapshotId), ...rest };
  }));
}

/** Other tables of a catalog are never touched. */
async function requireTable(place: TablesPlace, name: string): Promise<void> {
  await refuseMoved(place);
  if (await landedTable(place, name)) return;
  const names = await place.workplace.catalog.names('');
  throw new LegacyToS3Error('TARGET_NOT_FOUND', `${place.told} has no landed table '${name}'${names.length === 0 ? '' : `; it has ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`}`);
}

/** What goes of a table, or why it could not. */
export type ExpiredTable = Expiry | { readonly name: string; readonly problem: Problem };

/** Takes runs away whose time is over, table by table. @param tables names; all where there are none */
export async function expire(
  source: TablesSource, retention: Retention, { tables, dryRun }: { readonly tables: readonly string[]; readonly dryRun: boolean },
): Promise<ExpiredTable[]> {
  return inPlace(source, async (place) => telling(place, `expire runs of ${place.told}`, async () => {
    for (const name of tables) await requireTable(place, name);
    const results: ExpiredTable[] = [];
    for (const { name, dataset } of (await openTables(place)).filter((table) => tables.length === 0 || tables.includes(table.name))) {
      try {
        results.push(await expireTable(place.workplace, name, retention, {
          dryRun,
          marked: async (runs) => {
            for (const runId of runs) await place.markExpired?.(runId, dataset);
          },
        }));
      } catch (error) {
        results.push({ name, problem: problemOf(error) });
      }
    }
    return results;
  }));
}

/** What became of a table whose folder may have moved. */
export type MovedTable = RelocatedTable | { readonly name: string; readonly state: 'FAILED'; readonly problem: Problem };

/** Writes the paths of tables anew whose folder moved. @throws LegacyToS3Error of code INVALID_CONFIG for a pipeline's */
export async function relocate(source: TablesSource): Promise<MovedTable[]> {
  return inPlace(source, async (place) => telling(place, `relocate the landed tables of ${place.told}`, async () => {
    const { folder, workplace, prefix } = place;
    if (!folder) throw new LegacyToS3Error('INVALID_CONFIG', 'tables of a pipeline do not move: their paths have the name of its bucket; tables rebuild makes their metadata again');
    return (await relocateTables({ ...workplace, catalog: folder }, prefix)).map((table): MovedTable => (
      'error' in table ? { name: table.name, state: 'FAILED', problem: problemOf(table.error) } : table));
  }));
}
