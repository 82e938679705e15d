import { TableCatalog } from '../catalogs/table-catalog';
import { TableFiles } from '../files/table-files';
import { required } from '../rows/live-files';
import { readMetadata, TableMetadata } from '../spec/table-metadata';

export { FILE_CONCURRENCY, forEachAtOnce } from '../files/at-once';
export { required };

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

/** How often a change starts over because another writer was faster. */
export const MAX_ATTEMPTS = 10;

/** The metadata at a location. @throws IcebergError TABLE_UNREADABLE */
export async function metadataAt({ files }: Pick<Workplace, 'files'>, location: string): Promise<TableMetadata> {
  return readMetadata(String(await required(files, location)), location);
}
