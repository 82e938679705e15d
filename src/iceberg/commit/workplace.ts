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
  /** Landing prefix that the tables' folder lies beside, in key form. @default - that of the run's manifest */
  readonly prefix?: string;
  /** Makes new tables others than those that the same runs began elsewhere. @default - none */
  readonly salt?: string;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** Milliseconds since 1970. */
export function timeOf({ now = Date.now }: Pick<Workplace, 'now'>): number {
  return now();
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

/** Runs a task for each item, some at the same time; after a failure none is begun, and those under way have ended when it is thrown. */
export async function forEachAtOnce<T, R>(items: readonly T[], task: (item: T, at: number) => Promise<R>, atOnce = FILE_CONCURRENCY): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) {
      try {
        results[at] = await task(items[at], at);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return results;
}
