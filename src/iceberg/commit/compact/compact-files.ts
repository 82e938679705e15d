import { parsePartKey } from '../../../contract';
import { TableFiles } from '../../files/table-files';
import { isTouched } from '../../rows/count-rows';
import { DeletedRows, Deletes } from '../../rows/deleted-rows';
import { liveManifests, ReadManifest } from '../../rows/live-files';
import { ownFile } from '../../rows/own-files';
import { batchesOf } from '../../rows/read-rows';
import { RowHash } from '../../rows/row-hash';
import { planScan, ScannedFile, ScanPlan } from '../../rows/scan-plan';
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
  /**
   * Asked after each file whose rows were written anew: true ends the compaction, which commits what is written until then and leaves the
   * rest to the next one. Something is done in each, so that they come to an end. @default - all is done in one
   */
  readonly deadline?: () => boolean;
}

/** What a compaction is to do. */
export interface CompactionPlan {
  readonly scan: ScanPlan;
  readonly manifests: readonly ReadManifest[];
  /** Files whose rows are to be written anew; with a deadline those first of which most rows are deleted. */
  readonly chosen: readonly DeletedRows[];
  /** Files that deletes may touch and that nobody looked into before the deadline. */
  readonly unlooked: readonly ScannedFile[];
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
  { files }: Pick<Workplace, 'files'>, metadata: TableMetadata, { whenDeletes, targetBytes = TARGET_BYTES, deadline }: Compacting,
): Promise<CompactionPlan> {
  const snapshot = currentSnapshot(metadata);
  const manifests = await liveManifests(files, snapshot);
  const scan = planScan(metadata, snapshot, manifests);
  const plan = { scan, manifests, chosen: [], unlooked: [] };
  if (!snapshot) return { ...plan, left: 'it has no snapshot' };
  if (scan.deleteFiles.length === 0 && !scan.files.some(({ file }) => isOfChanges(file))) {
    return { ...plan, left: 'no run of changes was applied to it since it was written whole' };
  }
  refuseForeign(metadata, scan);
  const { length: deleteFiles } = scan.deleteFiles;
  if (whenDeletes !== undefined && deleteFiles < whenDeletes) return { ...plan, left: `it has ${deleteFiles} delete files, fewer than ${whenDeletes}` };
  const { looked, unlooked } = await lookForDeleted(files, scan, deadline);
  const hit = looked.filter(isHit);
  if (deadline) hit.sort((a, b) => b.positions.length - a.positions.length);
  const small = looked.filter((each) => !isHit(each) && each.scanned.file.fileSizeBytes < SMALL * targetBytes);
  const all = [...hit, ...small];
  // A small file alone stays: written anew it would be no larger.
  const chosen = all.length === 1 ? hit : deadline ? all : looked.filter((each) => all.includes(each));
  return chosen.length === 0 && unlooked.length === 0 && deleteFiles === 0
    ? { ...plan, left: 'no delete touches it, and none of its files are small' } : { ...plan, chosen, unlooked };
}

function isHit({ positions }: DeletedRows): boolean {
  return positions.length > 0;
}

/** Finds the deleted rows of files, at the deadline of those files alone that were begun, once there is one with deleted rows. */
async function lookForDeleted(
  files: TableFiles, scan: ScanPlan, deadline: (() => boolean) | undefined,
): Promise<{ readonly looked: readonly DeletedRows[]; readonly unlooked: readonly ScannedFile[] }> {
  const deletes = await Deletes.read(files, scan);
  const unlooked: ScannedFile[] = [];
  let found = false;
  const looked = await forEachAtOnce(scan.files, async (scanned): Promise<DeletedRows | undefined> => {
    if (!isTouched(scanned)) return { scanned, positions: new Uint32Array() };
    if (found && deadline?.()) {
      unlooked.push(scanned);
      return undefined;
    }
    const deleted = await deletes.of(scanned);
    found ||= isHit(deleted);
    return deleted;
  }, FILES_AT_ONCE);
  return { looked: looked.filter((each) => each !== undefined), unlooked };
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
  /** Files whose rows they are: the first of those chosen. */
  readonly done: readonly DeletedRows[];
  readonly added: readonly DataFile[];
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
  if (plan.chosen.length === 0) return { done: [], added: [], rows: 0 };
  const { fields } = currentSchema(metadata)!;
  const done: DeletedRows[] = [];
  const added: DataFile[] = [];
  try {
    const before = new RowHash();
    let rows = new ParquetRows(fields);
    const finish = async () => {
      added.push(await writeFile(workplace, ownFile(metadata.location, 'compacted', attempt, added.length), rows, fields));
      rows = new ParquetRows(fields);
    };
    for (const each of plan.chosen) {
      for await (const batch of batchesOf(files, plan.scan, each.scanned, fields, each.positions)) {
        before.add(batch);
        rows.add(batch.columns);
        if (rows.sizeBytes >= targetBytes) await finish();
      }
      done.push(each);
      if (isProgress(done) && deadline()) break;
    }
    if (rows.rows > 0) await finish();
    const after = await hashOf(workplace, plan.scan, added, fields);
    if (String(after) !== String(before)) {
      throw new IcebergError('CONTENT_DIFFERS', `rows that were written anew are not those that were read: ${before} before, ${after} after; nothing was committed`);
    }
    return { done, added, rows: after.rows, content: String(after) };
  } catch (error) {
    await files.delete(added.map(({ filePath }) => filePath));
    throw error;
  }
}

/** Whether the next compaction has less to do: deletes are folded, or of two small files one is made. */
function isProgress(done: readonly DeletedRows[]): boolean {
  return done.some(isHit) || done.length > 1;
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
