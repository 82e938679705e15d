import { randomUUID } from 'node:crypto';
import { MAX_ATTEMPTS, metadataAt, timeOf, Workplace } from './workplace';
import { CATALOG_PARAMETERS } from '../../contract';
import { CatalogTable } from '../catalogs/table-catalog';
import { IcebergError } from '../spec/errors';
import { TableMetadata, withPrevious } from '../spec/table-metadata';

/** A table as the catalog has it, with its metadata. */
export interface LoadedTable {
  readonly table: CatalogTable;
  readonly metadata: TableMetadata;
}

/** A landed table. @throws IcebergError NOT_THERE when there is none of this name, or it is not ours */
export async function loadTable(workplace: Workplace, name: string): Promise<LoadedTable> {
  const table = await workplace.catalog.load(name);
  const metadata = table?.metadataLocation === undefined ? undefined : await metadataAt(workplace, table.metadataLocation);
  if (!table || !metadata || ownerOf(table, metadata) === undefined) {
    throw new IcebergError('NOT_THERE', `there is no landed table '${name}'${table ? ': the table of this name is none of these' : ''}`);
  }
  return { table, metadata };
}

/**
 * The dataset that a table belongs to; undefined where it is not ours. Metadata tells it first: engines that write to a table (Trino's
 * INSERT) leave Glue's parameters out.
 */
export function ownerOf({ parameters }: CatalogTable, metadata: TableMetadata | undefined): string | undefined {
  return metadata?.properties?.[CATALOG_PARAMETERS.dataset] ?? parameters[CATALOG_PARAMETERS.dataset];
}

/**
 * Writes metadata that follows what a name stands for. The file before is noted in it, and files that its log names no more are deleted.
 *
 * @param before undefined where the name stands for no table of the same location
 * @returns where it is; undefined when another writer was faster
 */
export async function commitMetadata(
  { catalog, files }: Workplace, next: TableMetadata,
  { name, base, before, attempt }: { readonly name: string; readonly base?: CatalogTable; readonly before?: TableMetadata; readonly attempt: string },
): Promise<{ readonly location: string; readonly metadata: TableMetadata } | undefined> {
  const follows = base?.metadataLocation !== undefined && before !== undefined && before['table-uuid'] === next['table-uuid'];
  const metadata = follows ? withPrevious(next, base.metadataLocation!, before['last-updated-ms']) : next;
  const location = await catalog.commit({ name, base, metadata, attempt, description: metadata.properties?.comment });
  if (location === undefined) return undefined;
  if (follows) {
    const kept = new Set((metadata['metadata-log'] ?? []).map((entry) => entry['metadata-file']));
    await files.delete((before['metadata-log'] ?? []).map((entry) => entry['metadata-file']).filter((file) => !kept.has(file)));
  }
  return { location, metadata };
}

/** Milliseconds since 1970, later than the metadata's own: clocks of writers differ. */
export function laterThan(workplace: Pick<Workplace, 'now'>, metadata: TableMetadata | undefined): number {
  return Math.max(timeOf(workplace), (metadata?.['last-updated-ms'] ?? 0) + 1);
}

/**
 * Changes a table's metadata, on what is there; where another writer was faster it starts over.
 *
 * @param change the next metadata; undefined changes nothing
 * @throws IcebergError NOT_THERE, COMMIT_CONTENTION
 */
export async function changeTable(
  workplace: Workplace, name: string, change: (loaded: LoadedTable) => Promise<TableMetadata | undefined> | TableMetadata | undefined,
): Promise<LoadedTable & { readonly changed: boolean }> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const loaded = await loadTable(workplace, name);
    const next = await change(loaded);
    if (!next) return { ...loaded, changed: false };
    const done = await commitMetadata(workplace, next, { name, base: loaded.table, before: loaded.metadata, attempt: randomUUID() });
    if (done) return { table: { ...loaded.table, metadataLocation: done.location }, metadata: done.metadata, changed: true };
  }
  throw new IcebergError('COMMIT_CONTENTION', `the table '${name}' was changed by others ${MAX_ATTEMPTS} times while it was to be changed`);
}
