import { liveEntries, ReadManifest } from './snapshot-files';
import { ForeignRows, parsePartKey, TABLE_PROPERTIES } from '../../contract';
import { isOwnFile } from '../rows/own-files';
import { DataFile } from '../spec/data-file';
import { IcebergError } from '../spec/errors';
import { currentSnapshot, lineage, Snapshot, TableMetadata } from '../spec/table-metadata';

/** Entries of a snapshot's summary that tell it is ours: of which run, and of which manifest (ETag). */
export const SNAPSHOT_RUN = 'cdk-legacy-to-s3.run';
export const SNAPSHOT_ETAG = 'cdk-legacy-to-s3.manifest-etag';

/** Entry of the summary of a run of changes, which leaves what there was: what others' snapshots below it have done. */
export const SNAPSHOT_BELOW = 'cdk-legacy-to-s3.below';

/** Entry of the summary of a compaction: rows of runs are written anew, so that their files do not tell whose they are any more. */
export const SNAPSHOT_COMPACTED = 'cdk-legacy-to-s3.compacted';

/** Whether a snapshot is of a compaction of ours. */
export function isCompaction({ summary }: Snapshot): boolean {
  return summary[SNAPSHOT_COMPACTED] !== undefined;
}

/** What others have left below a run of changes; not asked of snapshots, since these expire. */
interface Below {
  /** Rows of theirs are in the table. */
  readonly rows: boolean;
  /** They wrote files anew, so that their rows and a run's may be in one file. */
  readonly anew: boolean;
}

/** Whether a snapshot is of a run of changes. */
export function isOfChanges({ summary }: Snapshot): boolean {
  return summary[SNAPSHOT_BELOW] !== undefined;
}

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
  const below = belowRuns(metadata, foreign.length);
  const kept = theirs.length > 0 && below.rows;
  if ((changing.length === 0 && !kept) || choice === 'drop') return () => false;
  const told = changing.slice(0, 3).map((snapshot) => `${snapshot['snapshot-id']} (${snapshot.summary.operation})`).join(', ');
  const run = metadata.properties?.[TABLE_PROPERTIES.appliedRun];
  const since = run === undefined ? 'since it was made' : `since run '${run}'`;
  const whose = changing.length === 0 ? `others added rows to the table, which were kept by run '${run}'` : `others changed the table's rows ${since}, by the snapshots ${told}`;
  if (choice === 'refuse') {
    throw new IcebergError('FOREIGN_ROWS', `${whose}; foreignRows: 'keep' keeps files that they added, 'drop' replaces all`);
  }
  if (below.anew || foreign.some(writesAnew)) {
    throw new IcebergError('FOREIGN_ROWS', `${whose}, and wrote files anew since, so that their rows cannot be told from the run's; foreignRows: 'drop' replaces all`);
  }
  return (file) => !isOfRuns(metadata, file);
}

/**
 * Looks whether changes can be applied to what others have made of the table.
 *
 * @returns what the snapshot notes of it as {@link SNAPSHOT_BELOW}
 * @throws IcebergError FOREIGN_ROWS when others changed the table's rows, and not by rows alone that are to be kept
 */
export function belowChanges(metadata: TableMetadata, choice: ForeignRows): string {
  const foreign = foreignSnapshots(metadata);
  const changing = foreign.filter(({ summary }) => summary.operation !== 'replace');
  if (changing.length > 0 && (choice !== 'keep' || changing.some(({ summary }) => summary.operation !== 'append'))) {
    const told = changing.slice(0, 3).map((snapshot) => `${snapshot['snapshot-id']} (${snapshot.summary.operation})`).join(', ');
    throw new IcebergError('FOREIGN_ROWS', `others changed the table's rows since run '${metadata.properties?.[TABLE_PROPERTIES.appliedRun]}', by the snapshots ${told}; `
      + "changes are applied beside rows that others added alone (foreignRows: 'keep'), a run that reads the table whole replaces all ('drop')");
  }
  const { rows, anew } = belowRuns(metadata, foreign.length);
  const below: Below = { rows: rows || changing.length > 0, anew: anew || foreign.some(writesAnew) };
  return JSON.stringify(below);
}

/** Whether a run landed the file, or it was made of those that runs landed: by its place, since snapshots, which tell who added it, expire. */
export function isOfRuns(metadata: TableMetadata, { filePath }: DataFile): boolean {
  if (filePath.startsWith(`${metadata.location}/`)) return isOwnFile(metadata, filePath);
  return parsePartKey(filePath) !== undefined;
}

/** What the last snapshot of ours has kept of others. */
function belowRuns(metadata: TableMetadata, foreign: number): Below {
  const ours = lineage(metadata, currentSnapshot(metadata))[foreign];
  if (ours && isOfChanges(ours)) return JSON.parse(ours.summary[SNAPSHOT_BELOW]) as Below;
  const count = (key: string) => Number(ours?.summary[key] ?? 0);
  const rows = !ours || count('total-data-files') > count('added-data-files') || count('total-delete-files') > count('added-delete-files');
  return { rows, anew: false };
}

/** Whether a snapshot's new files may have rows that were there before: an update, a merge, a compaction. */
function writesAnew({ summary }: Snapshot): boolean {
  return summary.operation !== 'append' && Number(summary['added-data-files'] ?? 0) > 0;
}
