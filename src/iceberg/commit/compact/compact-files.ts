import { parsePartKey } from '../../../contract';
import { TableFiles } from '../../files/table-files';
import { isTouched } from '../../rows/count-rows';
import { DeletedRows, Deletes } from '../../rows/deleted-rows';
import { liveManifests, ReadManifest } from '../../rows/live-files';
import { planScan, ScannedFile, ScanPlan } from '../../rows/scan-plan';
import { DataFile } from '../../spec/data-file';
import { IcebergError } from '../../spec/errors';
import { currentSnapshot, TableMetadata } from '../../spec/table-metadata';
import { brokenRuns } from '../broken-runs';
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

/** @see Compacting.targetBytes */
export const TARGET_BYTES = 128 * 1024 * 1024;

/** A file is small below this part of the target. */
const SMALL = 1 / 4;

/** Files whose deleted rows are looked for at the same time: of each the keys of a row group are in memory. */
const FILES_AT_ONCE = 2;

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
  const broken = brokenRuns(metadata);
  if (broken.length > 0) return { ...plan, left: `it has rows of run '${broken.join("', '")}', whose files are not what they were: mend them and replay the run` };
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

/** Whether rows of a file are deleted. */
export function isHit({ positions }: DeletedRows): boolean {
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
