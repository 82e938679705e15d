import { telling } from './errors';
import { inPlace, refuseMoved, type TablesPlace, type TablesSource } from './place';
import { CATALOG_PARAMETERS, TABLE_PROPERTIES } from '../../contract';
import { ownerOf } from '../../iceberg/commit/change-table';
import { SNAPSHOT_RUN } from '../../iceberg/commit/foreign-rows';
import { forEachAtOnce, metadataAt } from '../../iceberg/commit/workplace';
import { IcebergError } from '../../iceberg/spec/errors';
import { currentSnapshot, Snapshot, TableMetadata } from '../../iceberg/spec/table-metadata';

/** A landed table. */
export interface LandedTable {
  readonly name: string;
  /** `<database>/<schema>/<table>` */
  readonly dataset: string;
  /** From 1; an older one is kept under a name of its own. */
  readonly generation: number;
  readonly newest: boolean;
  /** That the table shows: the newest applied, or the one it was rolled back to. */
  readonly run?: string;
  /** Of that snapshot, as its summary has them: with those that {@link deleteFiles} take away. */
  readonly rows: number;
  /** Files of deletes that readers apply; where there are some, the table has at most `rows`. */
  readonly deleteFiles: number;
  readonly snapshotId?: string;
  readonly snapshots: number;
  readonly metadataLocation: string;
}

/** A landed table and its metadata. */
export interface OpenTable extends LandedTable {
  readonly metadata: TableMetadata;
}

/** The run a snapshot shows; undefined for others' snapshots. */
export function runOfSnapshot(snapshot: Snapshot | undefined): string | undefined {
  return snapshot?.summary[SNAPSHOT_RUN];
}

/** Tables read at the same time. */
const TABLES_AT_ONCE = 8;

/** The landed tables of a place, by name. @throws LegacyToS3Error */
export async function landedTables(source: TablesSource): Promise<LandedTable[]> {
  return inPlace(source, async (place) => telling(place, `list the landed tables of ${place.told}`, async () => (
    (await openTables(place)).map(({ metadata: _, ...table }) => table))));
}

/** The landed tables of a place with their metadata. */
export async function openTables(place: TablesPlace): Promise<OpenTable[]> {
  await refuseMoved(place);
  const { catalog } = place.workplace;
  const tables = await forEachAtOnce(await catalog.names(''), async (name) => landedTable(place, name), TABLES_AT_ONCE);
  const all = tables.flatMap((table) => table ?? []);
  const newest = new Map<string, number>();
  // The history of a table has generations of its own.
  const ofOne = ({ dataset, metadata }: OpenTable) => `${metadata.properties?.[CATALOG_PARAMETERS.kind] ?? ''} ${dataset}`;
  for (const table of all) newest.set(ofOne(table), Math.max(table.generation, newest.get(ofOne(table)) ?? 0));
  return all.map((table) => ({ ...table, newest: table.generation === newest.get(ofOne(table)) }));
}

/** A table by its name; undefined for a table of Hive, and for what others have made. */
export async function landedTable({ workplace }: TablesPlace, name: string): Promise<OpenTable | undefined> {
  const table = await workplace.catalog.load(name);
  if (table?.metadataLocation === undefined) return undefined;
  const ours = table.parameters[CATALOG_PARAMETERS.dataset] !== undefined;
  const metadata = await metadataAt(workplace, table.metadataLocation).catch((error: unknown) => {
    if (ours || !(error instanceof IcebergError)) throw error;
    return undefined;
  });
  const dataset = metadata && ownerOf(table, metadata);
  return metadata && dataset !== undefined ? openTable(name, dataset, table.metadataLocation, metadata) : undefined;
}

function openTable(name: string, dataset: string, metadataLocation: string, metadata: TableMetadata): OpenTable {
  const current = currentSnapshot(metadata);
  const run = runOfSnapshot(current);
  return {
    name,
    dataset,
    generation: Number(metadata.properties?.[TABLE_PROPERTIES.generation] ?? 1),
    newest: true,
    ...(run !== undefined && { run }),
    rows: Number(current?.summary['total-records'] ?? 0),
    deleteFiles: Number(current?.summary['total-delete-files'] ?? 0),
    ...(current && { snapshotId: String(current['snapshot-id']) }),
    snapshots: metadata.snapshots?.length ?? 0,
    metadataLocation,
    metadata,
  };
}
