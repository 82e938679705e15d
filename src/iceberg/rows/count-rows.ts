import { Deletes } from './deleted-rows';
import { batchesOf, scanOf } from './read-rows';
import { deletedAtOf, ScannedFile, ScanPlan, toldSoftDeleted } from './scan-plan';
import { DELETED_AT_FIELD_ID } from '../../contract';
import { forEachAtOnce } from '../files/at-once';
import { TableFiles } from '../files/table-files';
import { DataFile } from '../spec/data-file';
import { Field } from '../spec/schema';
import { Snapshot, TableMetadata } from '../spec/table-metadata';

/** Files whose keys are compared at the same time. */
const FILES_AT_ONCE = 4;

/** Rows as a reader that applies deletes counts them. */
export interface RowCount {
  readonly rows: number;
  /** Rows that deletes take away. */
  readonly deleted: number;
  /** Rows that are kept though they are deleted; `rows` are without them. Absent where the table has no soft deletes. */
  readonly softDeleted?: number;
  /** Data files whose keys were read, or which of their rows are softly deleted; of the others statistics told. */
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
 * Counts the rows of a snapshot, but for those that are softly deleted. Files that no delete may touch count by their manifest.
 *
 * @throws IcebergError TABLE_UNREADABLE
 */
export async function countRows(place: Place, metadata: TableMetadata): Promise<RowCount>;
export async function countRows(place: Place, metadata: TableMetadata, limits: CountLimits): Promise<RowCount | Uncounted>;
export async function countRows({ files }: Place, metadata: TableMetadata, limits: CountLimits = {}): Promise<RowCount | Uncounted> {
  const { snapshot, maxBytes = Infinity, isOver = () => false } = limits;
  const plan = await scanOf(files, metadata, snapshot);
  const deletedAt = deletedAtOf(plan);
  const softOf = ({ file }: ScannedFile) => (deletedAt ? toldSoftDeleted(file) : 0);
  const isLooked = (scanned: ScannedFile) => isTouched(scanned) || softOf(scanned) === undefined;
  const looked = plan.files.filter(isLooked);
  const isMarked = (scanned: ScannedFile) => softOf(scanned) !== 0;
  const needed = bytesNeeded(plan, looked, (scanned) => (isMarked(scanned) ? [DELETED_AT_FIELD_ID] : []));
  if (needed > maxBytes) return { why: `its delete files and key columns have ${needed} bytes, more than the ${maxBytes} that are read to count` };
  const total = plan.files.reduce((sum, { file }) => sum + file.recordCount, 0);
  const told = plan.files.reduce((sum, scanned) => sum + (isLooked(scanned) ? 0 : softOf(scanned)!), 0);
  if (looked.length === 0) return { rows: total - told, deleted: 0, filesRead: 0, ...(deletedAt && { softDeleted: told }) };
  if (isOver()) return { why: 'there was no time left' };
  const deletes = await Deletes.read(files, plan);
  const counts = await forEachAtOnce(looked, async (scanned) => {
    if (isOver()) return undefined;
    const { positions } = await deletes.of(scanned);
    return { deleted: positions.length, soft: isMarked(scanned) ? await softDeletedOf(files, plan, scanned, deletedAt!, positions) : 0 };
  }, FILES_AT_ONCE);
  if (counts.includes(undefined)) return { why: 'there was no time left for all of its files' };
  const deleted = counts.reduce((sum, each) => sum + each!.deleted, 0);
  const softDeleted = counts.reduce((sum, each) => sum + each!.soft, told);
  return { rows: total - deleted - softDeleted, deleted, filesRead: looked.length, ...(deletedAt && { softDeleted }) };
}

/** Rows of a file that are softly deleted, and not by deletes. */
async function softDeletedOf(files: TableFiles, plan: ScanPlan, scanned: ScannedFile, deletedAt: Field, deleted: Uint32Array): Promise<number> {
  let rows = 0;
  for await (const { columns: [marks] } of batchesOf(files, plan, scanned, [deletedAt], deleted)) {
    rows += marks.filter((mark) => mark !== null).length;
  }
  return rows;
}

/** Whether deletes may touch a file. */
export function isTouched({ equalityDeletes, positionDeletes }: ScannedFile): boolean {
  return equalityDeletes.length + positionDeletes.length > 0;
}

/** By the sizes that manifests tell; where a column's is not told, the file's stands for it. */
function bytesNeeded({ deleteFiles }: ScanPlan, looked: readonly ScannedFile[], besides: (scanned: ScannedFile) => readonly number[]): number {
  const keys = looked.map((scanned) => {
    const { file, equalityDeletes } = scanned;
    const ids = new Set([...equalityDeletes.flatMap(({ fields }) => fields.map(({ id }) => id)), ...besides(scanned)]);
    return [...ids].reduce((sum, id) => sum + columnBytes(file, id), 0);
  });
  return [...keys, ...deleteFiles.map(({ file }) => file.fileSizeBytes)].reduce((sum, bytes) => sum + bytes, 0);
}

function columnBytes({ columnSizes, fileSizeBytes }: DataFile, id: number): number {
  return columnSizes.get(id) ?? fileSizeBytes;
}
