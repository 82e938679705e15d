import { TableCatalog } from '../catalogs/table-catalog';
import { TableFiles } from '../files/table-files';
import { IcebergError } from '../spec/errors';
import { readMetadata, TableMetadata } from '../spec/table-metadata';

/** What commits and changes of tables work with. */
export interface Workplace {
  readonly files: TableFiles;
  readonly catalog: TableCatalog;
  /** URI of what keys are below: `s3://<bucket>/`, `file:///<folder>/`. */
  readonly root: string;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** Files read or written at the same time. */
export const FILE_CONCURRENCY = 48;

/** How often a change starts over because another writer was faster. */
export const MAX_ATTEMPTS = 10;

/** The metadata at a location. @throws IcebergError TABLE_UNREADABLE */
export async function metadataAt({ files }: Pick<Workplace, 'files'>, location: string): Promise<TableMetadata> {
  return readMetadata(String(await required(files, location)), location);
}

/** The bytes of a file that metadata names. @throws IcebergError TABLE_UNREADABLE when it is gone */
export async function required(files: TableFiles, uri: string): Promise<Buffer> {
  const bytes = await files.read(uri);
  if (!bytes) throw new IcebergError('TABLE_UNREADABLE', `'${uri}' is missing`);
  return bytes;
}

/** Runs a task for each item, some at the same time; the first failure ends it. */
export async function forEachAtOnce<T, R>(items: readonly T[], task: (item: T, at: number) => Promise<R>, atOnce = FILE_CONCURRENCY): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await task(items[at], at);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
