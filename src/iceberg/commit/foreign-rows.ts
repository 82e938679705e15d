import { liveEntries, ReadManifest } from './snapshot-files';
import { ForeignRows, parsePartKey, TABLE_PROPERTIES } from '../../contract';
import { isOwnFile } from '../rows/own-files';
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
 * Others' snapshots that only write rows anew (operation `replace`: compaction) leave no rows of theirs; all others do. Rows that one
 * run has kept are kept by the next.
 *
 * @throws IcebergError FOREIGN_ROWS when there are rows of others, unless a choice was made
 */
export function staysBesideRun(metadata: TableMetadata, before: readonly ReadManifest[], choice: ForeignRows): (file: DataFile) => boolean {
  const foreign = foreignSnapshots(metadata);
  const changing = foreign.filter(({ summary }) => summary.operation !== 'replace');
  const theirs = before.flatMap(liveEntries).filter(({ entry }) => !isOfRuns(metadata, entry.file));
  const kept = theirs.length > 0 && hasKept(metadata, foreign.length);
  if ((changing.length === 0 && !kept) || choice === 'drop') return () => false;
  const told = changing.slice(0, 3).map((snapshot) => `${snapshot['snapshot-id']} (${snapshot.summary.operation})`).join(', ');
  const run = metadata.properties?.[TABLE_PROPERTIES.appliedRun];
  const since = run === undefined ? 'since it was made' : `since run '${run}'`;
  const whose = changing.length === 0 ? `others added rows to the table, which were kept by run '${run}'` : `others changed the table's rows ${since}, by the snapshots ${told}`;
  if (choice === 'refuse') {
    throw new IcebergError('FOREIGN_ROWS', `${whose}; foreignRows: 'keep' keeps files that they added, 'drop' replaces all`);
  }
  if (foreign.some(writesAnew)) {
    throw new IcebergError('FOREIGN_ROWS', `${whose}, and wrote files anew since, so that their rows cannot be told from the run's; foreignRows: 'drop' replaces all`);
  }
  return (file) => !isOfRuns(metadata, file);
}

/** Whether a run landed the file, or it was made of those that runs landed: by its place, since snapshots, which tell who added it, expire. */
export function isOfRuns(metadata: TableMetadata, { filePath }: DataFile): boolean {
  if (filePath.startsWith(`${metadata.location}/`)) return isOwnFile(metadata, filePath);
  return parsePartKey(filePath) !== undefined;
}

/** Whether the last snapshot of ours has kept files of others. */
function hasKept(metadata: TableMetadata, foreign: number): boolean {
  const ours = lineage(metadata, currentSnapshot(metadata))[foreign];
  const count = (key: string) => Number(ours?.summary[key] ?? 0);
  return !ours || count('total-data-files') > count('added-data-files') || count('total-delete-files') > count('added-delete-files');
}

/** Whether a snapshot's new files may have rows that were there before: an update, a merge, a compaction. */
function writesAnew({ summary }: Snapshot): boolean {
  return summary.operation !== 'append' && Number(summary['added-data-files'] ?? 0) > 0;
}
