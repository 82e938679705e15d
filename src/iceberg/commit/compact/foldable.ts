import { currentSnapshot, Snapshot, TableMetadata } from '../../spec/table-metadata';
import { isCompaction, isOfChanges, SNAPSHOT_RUN } from '../foreign-rows';

/** What a compaction would find, as far as metadata alone tells. */
export interface Foldable {
  /** Delete files of the current snapshot. */
  readonly deleteFiles: number;
  /** Whether changes were applied since nothing was to be folded. */
  readonly isChanged: boolean;
  /** When nothing was to be folded: milliseconds since 1970 of the last whole run or compaction; undefined where no snapshot tells any more. */
  readonly wholeAt?: number;
}

/** What there is to fold in a table; no file is read. */
export function foldableOf(metadata: TableMetadata): Foldable {
  const shown = currentSnapshot(metadata);
  const deleteFiles = shown ? deleteFilesOf(shown) : 0;
  const whole = (metadata.snapshots ?? []).filter(isWhole).map((snapshot) => snapshot['timestamp-ms']);
  return {
    deleteFiles,
    isChanged: shown !== undefined && !isWhole(shown) && (deleteFiles > 0 || isOfChanges(shown)),
    ...(whole.length > 0 && { wholeAt: Math.max(...whole) }),
  };
}

/** Whether a snapshot of ours leaves nothing to fold. A compaction in part leaves deletes. */
function isWhole(snapshot: Snapshot): boolean {
  if (snapshot.summary[SNAPSHOT_RUN] === undefined || deleteFilesOf(snapshot) > 0) return false;
  return !isOfChanges(snapshot) || isCompaction(snapshot);
}

/** As the summary has it (Iceberg spec, "Optional Snapshot Summary Fields"); others may leave it out. */
function deleteFilesOf({ summary }: Snapshot): number {
  return Number(summary['total-delete-files'] ?? 0) || 0;
}
