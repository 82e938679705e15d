import { liveEntries, ReadManifest } from './snapshot-files';
import { ForeignRows, TABLE_PROPERTIES } from '../../contract';
import { DataFile } from '../spec/data-file';
import { IcebergError } from '../spec/errors';
import { currentSnapshot, lineage, Snapshot, TableMetadata } from '../spec/table-metadata';

/** Entries of a snapshot's summary that tell it is ours: of which run, and of which manifest (ETag). */
export const SNAPSHOT_RUN = 'cdk-legacy-to-s3.run';
export const SNAPSHOT_ETAG = 'cdk-legacy-to-s3.manifest-etag';

/** Snapshots that others made since the last one of ours, newest first. */
export function foreignSnapshots(metadata: TableMetadata): Snapshot[] {
  const line = lineage(metadata, currentSnapshot(metadata));
  const ours = line.findIndex(({ summary }) => summary[SNAPSHOT_RUN] !== undefined);
  return ours < 0 ? line : line.slice(0, ours);
}

/**
 * Which files of the current snapshot stay beside those of a full run that replaces it.
 *
 * Others' snapshots that only write rows anew (operation `replace`: compaction) leave no rows of theirs; all others do.
 *
 * @throws IcebergError FOREIGN_ROWS when there are rows of others, unless a choice was made
 */
export function staysBesideRun(metadata: TableMetadata, before: readonly ReadManifest[], choice: ForeignRows): (file: DataFile) => boolean {
  const foreign = foreignSnapshots(metadata);
  const changing = foreign.filter(({ summary }) => summary.operation !== 'replace');
  if (changing.length === 0 || choice === 'drop') return () => false;
  const told = changing.slice(0, 3).map((snapshot) => `${snapshot['snapshot-id']} (${snapshot.summary.operation})`).join(', ');
  const since = metadata.properties?.[TABLE_PROPERTIES.appliedRun] ?? 'it was made';
  if (choice === 'refuse') {
    throw new IcebergError('FOREIGN_ROWS', `others changed the table's rows since run '${since}', by the snapshots ${told}; `
      + "foreignRows: 'keep' keeps files that they added, 'drop' replaces all");
  }
  if (changing.length < foreign.length) {
    throw new IcebergError('FOREIGN_ROWS', `others added rows since run '${since}', by the snapshots ${told}, and wrote files anew since, so that `
      + "their rows cannot be told from the run's; foreignRows: 'drop' replaces all");
  }
  const theirs = new Set(foreign.map((snapshot) => String(snapshot['snapshot-id'])));
  const added = before.flatMap(liveEntries).filter(({ entry }) => theirs.has(String(entry.snapshotId)));
  const paths = new Set(added.map(({ entry }) => entry.file.filePath));
  return ({ filePath }) => paths.has(filePath);
}
