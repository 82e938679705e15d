import { Deletes } from './deleted-rows';
import { scanOf } from './read-rows';
import { ScannedFile, ScanPlan } from './scan-plan';
import { forEachAtOnce } from '../files/at-once';
import { TableFiles } from '../files/table-files';
import { DataFile } from '../spec/data-file';
import { Snapshot, TableMetadata } from '../spec/table-metadata';

/** Files whose keys are compared at the same time. */
const FILES_AT_ONCE = 4;

/** Rows as a reader that applies deletes counts them. */
export interface RowCount {
  readonly rows: number;
  /** Rows that deletes take away. */
  readonly deleted: number;
  /** Data files whose keys were read; of the others statistics told that no delete touches them. */
  readonly filesRead: number;
}

/** What is counted, and how it is bounded. */
export interface CountLimits {
  /** @default - the current one */
  readonly snapshot?: Snapshot;
  /** Most bytes of delete files and key columns that are read. @default - no limit */
  readonly maxBytes?: number;
  /** Asked between files: whether there is no more time. @default - there is */
  readonly isOver?: () => boolean;
}

/** Where the files are read. */
interface Place {
  readonly files: TableFiles;
}

/** A count that was not made, and why. */
export interface Uncounted {
  readonly why: string;
}

/**
 * Counts the rows of a snapshot. Files that no delete may touch count by their manifest.
 *
 * @throws IcebergError TABLE_UNREADABLE
 */
export async function countRows(place: Place, metadata: TableMetadata): Promise<RowCount>;
export async function countRows(place: Place, metadata: TableMetadata, limits: CountLimits): Promise<RowCount | Uncounted>;
export async function countRows({ files }: Place, metadata: TableMetadata, limits: CountLimits = {}): Promise<RowCount | Uncounted> {
  const { snapshot, maxBytes = Infinity, isOver = () => false } = limits;
  const plan = await scanOf(files, metadata, snapshot);
  const touched = plan.files.filter(isTouched);
  const needed = bytesNeeded(plan, touched);
  if (needed > maxBytes) return { why: `its delete files and key columns have ${needed} bytes, more than the ${maxBytes} that are read to count` };
  const total = plan.files.reduce((sum, { file }) => sum + file.recordCount, 0);
  if (touched.length === 0) return { rows: total, deleted: 0, filesRead: 0 };
  if (isOver()) return { why: 'there was no time left' };
  const deletes = await Deletes.read(files, plan);
  const counts = await forEachAtOnce(touched, async (scanned) => (
    isOver() ? undefined : (await deletes.of(scanned)).positions.length), FILES_AT_ONCE);
  if (counts.includes(undefined)) return { why: 'there was no time left for all of its files' };
  const deleted = counts.reduce<number>((sum, each) => sum + each!, 0);
  return { rows: total - deleted, deleted, filesRead: touched.length };
}

/** Whether deletes may touch a file. */
export function isTouched({ equalityDeletes, positionDeletes }: ScannedFile): boolean {
  return equalityDeletes.length + positionDeletes.length > 0;
}

/** By the sizes that manifests tell; where a column's is not told, the file's stands for it. */
function bytesNeeded({ deleteFiles }: ScanPlan, touched: readonly ScannedFile[]): number {
  const keys = touched.map(({ file, equalityDeletes }) => {
    const ids = new Set(equalityDeletes.flatMap(({ fields }) => fields.map(({ id }) => id)));
    return [...ids].reduce((sum, id) => sum + columnBytes(file, id), 0);
  });
  return [...keys, ...deleteFiles.map(({ file }) => file.fileSizeBytes)].reduce((sum, bytes) => sum + bytes, 0);
}

function columnBytes({ columnSizes, fileSizeBytes }: DataFile, id: number): number {
  return columnSizes.get(id) ?? fileSizeBytes;
}
