import { Problem, problemOf, telling } from './errors';
import { openTables } from './list-tables';
import { inPlace, type TablesSource } from './place';
import { CATALOG_PARAMETERS } from '../../contract';
import { LegacyToS3Error } from '../../extractor/doors/public';
import type { Compacting } from '../../iceberg/commit/compact/compact-files';
import { Compacted, compactTable } from '../../iceberg/commit/compact/compact-table';

/** What a compaction did with a table, ids as text; or why it could not. */
export type CompactedTable =
  | Omit<Compacted, 'snapshotId'> & { readonly snapshotId?: string }
  | { readonly name: string; readonly state: 'FAILED'; readonly problem: Problem };

/**
 * Compacts tables one after the other: of each, one file at a time is in memory.
 *
 * @param names of tables; all that show newest rows where there is none
 * @throws LegacyToS3Error of code TARGET_NOT_FOUND for a name that is none of a landed table
 */
export async function compact(source: TablesSource, names: readonly string[], compacting: Compacting): Promise<CompactedTable[]> {
  return inPlace(source, async (place) => telling(place, `compact the landed tables of ${place.told}`, async () => {
    // Histories only grow, and what an older generation has nobody changes.
    const tables = (await openTables(place)).filter(({ newest, metadata }) => newest && metadata.properties?.[CATALOG_PARAMETERS.kind] !== 'history');
    const missing = names.find((name) => !tables.some((table) => table.name === name));
    if (missing !== undefined) {
      throw new LegacyToS3Error('TARGET_NOT_FOUND', `${place.told} has no landed table '${missing}' that shows newest rows; it has ${tables.map(({ name }) => name).slice(0, 10).join(', ') || 'none'}`);
    }
    const results: CompactedTable[] = [];
    for (const { name } of tables.filter((table) => names.length === 0 || names.includes(table.name))) {
      try {
        const { snapshotId, ...told } = await compactTable(place.workplace, name, compacting);
        results.push({ ...told, ...(snapshotId !== undefined && { snapshotId: String(snapshotId) }) });
      } catch (error) {
        results.push({ name, state: 'FAILED', problem: problemOf(error) });
      }
    }
    return results;
  }));
}
