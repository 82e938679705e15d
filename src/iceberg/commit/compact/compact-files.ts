import { parsePartKey } from '../../../contract';
import { isTouched } from '../../rows/count-rows';
import { DeletedRows, Deletes } from '../../rows/deleted-rows';
import { liveManifests, ReadManifest } from '../../rows/live-files';
import { ownFile } from '../../rows/own-files';
import { batchesOf } from '../../rows/read-rows';
import { RowHash } from '../../rows/row-hash';
import { planScan, ScanPlan } from '../../rows/scan-plan';
import { ParquetRows } from '../../rows/write-parquet';
import { dataFile, DataFile } from '../../spec/data-file';
import { IcebergError } from '../../spec/errors';
import { readFooter } from '../../spec/parquet-footer';
import { Field } from '../../spec/schema';
import { currentSchema, currentSnapshot, TableMetadata } from '../../spec/table-metadata';
import { foreignSnapshots, isOfRuns } from '../foreign-rows';
import { forEachAtOnce, Workplace } from '../workplace';

/** How a table is compacted. */
export interface Compacting {
  /** Fewest delete files for which it is. @default 1; small files alone are put together then too */
  readonly whenDeletes?: number;
  /** Bytes at which a new file ends; held in memory until then. @default 128 MiB */
  readonly targetBytes?: number;
  /** Whether it is to end: asked after each file, of which the first is written in any case. @default - when all are written */
  readonly deadline?: () => boolean;
}

/** What a compaction is to do. */
export interface CompactionPlan {
  readonly scan: ScanPlan;
  readonly manifests: readonly ReadManifest[];
  /** Files whose rows are written anew. */
  readonly rewritten: readonly DeletedRows[];
  /** Why nothing is to be done. */
  readonly left?: string;
}

const TARGET_BYTES = 128 * 1024 * 1024;

/** A file is small below this part of the target. */
const SMALL = 1 / 4;

/** Files whose deleted rows are looked for at the same time. */
const FILES_AT_ONCE = 4;

/** Finds the files that deletes touch, by their keys, and small ones. @throws IcebergError FOREIGN_ROWS, TABLE_UNREADABLE */
export async function planCompaction(
  { files }: Pick<Workplace, 'files'>, metadata: TableMetadata, { whenDeletes, targetBytes = TARGET_BYTES }: Compacting,
): Promise<CompactionPlan> {
  const snapshot = currentSnapshot(metadata);
  const manifests = await liveManifests(files, snapshot);
  const scan = planScan(metadata, snapshot, manifests);
  const plan = { scan, manifests, rewritten: [] };
  if (!snapshot) return { ...plan, left: 'it has no snapshot' };
  if (scan.deleteFiles.length === 0 && !scan.files.some(({ file }) => isOfChanges(file))) {
    return { ...plan, left: 'no run of changes was applied to it since it was written whole' };
  }
  refuseForeign(metadata, scan);
  const { length: deleteFiles } = scan.deleteFiles;
  if (whenDeletes !== undefined && deleteFiles < whenDeletes) return { ...plan, left: `it has ${deleteFiles} delete files, fewer than ${whenDeletes}` };
  const deletes = await Deletes.read(files, scan);
  const looked = await forEachAtOnce(scan.files, async (scanned): Promise<DeletedRows> => (
    isTouched(scanned) ? deletes.of(scanned) : { scanned, positions: new Uint32Array() }), FILES_AT_ONCE);
  const isHit = ({ positions }: DeletedRows) => positions.length > 0;
  const isSmall = ({ scanned: { file } }: DeletedRows) => file.fileSizeBytes < SMALL * targetBytes;
  const hit = looked.filter(isHit);
  const chosen = looked.filter((each) => isHit(each) || isSmall(each));
  // A small file alone stays: written anew it would be no larger.
  const rewritten = chosen.length > 1 ? chosen : hit;
  return rewritten.length === 0 && deleteFiles === 0 ? { ...plan, left: 'no delete touches it, and none of its files are small' } : { ...plan, rewritten };
}

/** Whether a file has rows of a run of changes. */
function isOfChanges({ filePath }: DataFile): boolean {
  return /^changes-/.test(parsePartKey(filePath)?.fileName ?? '');
}

/** Rows of others would be ours afterwards, and what they changed could not be seen any more. */
function refuseForeign(metadata: TableMetadata, { files, deleteFiles }: ScanPlan): void {
  const [snapshot] = foreignSnapshots(metadata);
  const foreign = [...files, ...deleteFiles].find(({ file }) => !isOfRuns(metadata, file));
  if (!snapshot && !foreign) return;
  throw new IcebergError('FOREIGN_ROWS', `${snapshot ? `others wrote snapshot ${snapshot['snapshot-id']} (${snapshot.summary.operation})` : `others added '${foreign!.file.filePath}'`}; `
    + 'rows of others are not written anew');
}

/** Rows that were written anew. */
export interface WrittenRows {
  readonly added: readonly DataFile[];
  /** Files whose rows they are. */
  readonly done: readonly DeletedRows[];
  readonly rows: number;
  /** Absent where nothing was to be written. */
  readonly content?: string;
}

/**
 * Writes the rows of the plan's files anew, but for deleted ones, reads them back from where they were written, and compares both by
 * their hash.
 *
 * @throws IcebergError CONTENT_DIFFERS; what was written is deleted then
 */
export async function writeRowsAnew(
  workplace: Pick<Workplace, 'files'>, metadata: TableMetadata, plan: CompactionPlan, attempt: string,
  { targetBytes = TARGET_BYTES, deadline = () => false }: Compacting,
): Promise<WrittenRows> {
  const { files } = workplace;
  if (plan.rewritten.length === 0) return { added: [], done: [], rows: 0 };
  const { fields } = currentSchema(metadata)!;
  const added: DataFile[] = [];
  try {
    const before = new RowHash();
    let rows = new ParquetRows(fields);
    const finish = async () => {
      added.push(await writeFile(workplace, ownFile(metadata.location, 'compacted', attempt, added.length), rows, fields));
      rows = new ParquetRows(fields);
    };
    const done: DeletedRows[] = [];
    for (const each of plan.rewritten) {
      if (done.length > 0 && deadline()) break;
      const { scanned, positions } = each;
      done.push(each);
      for await (const batch of batchesOf(files, plan.scan, scanned, fields, positions)) {
        before.add(batch);
        rows.add(batch.columns);
        if (rows.sizeBytes >= targetBytes) await finish();
      }
    }
    if (rows.rows > 0) await finish();
    const after = await hashOf(workplace, plan.scan, added, fields);
    if (String(after) !== String(before)) {
      throw new IcebergError('CONTENT_DIFFERS', `rows that were written anew are not those that were read: ${before} before, ${after} after; nothing was committed`);
    }
    return { added, done, rows: after.rows, content: String(after) };
  } catch (error) {
    await files.delete(added.map(({ filePath }) => filePath));
    throw error;
  }
}

async function writeFile({ files }: Pick<Workplace, 'files'>, uri: string, rows: ParquetRows, fields: readonly Field[]): Promise<DataFile> {
  const bytes = rows.finish();
  await files.replace(uri, bytes);
  return dataFile({ uri, sizeBytes: bytes.length, footer: readFooter(bytes, uri) }, fields, fields.map(({ name }) => name));
}

async function hashOf({ files }: Pick<Workplace, 'files'>, scan: ScanPlan, written: readonly DataFile[], fields: readonly Field[]): Promise<RowHash> {
  const hash = new RowHash();
  for (const file of written) {
    const scanned = { file, sequence: 0n, equalityDeletes: [], positionDeletes: [] };
    for await (const batch of batchesOf(files, scan, scanned, fields, new Uint32Array())) hash.add(batch);
  }
  return hash;
}
