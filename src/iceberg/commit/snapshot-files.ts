import { forEachAtOnce } from '../files/at-once';
import { TableFiles } from '../files/table-files';
import { listedManifests, liveEntries, liveManifests, ReadManifest } from '../rows/live-files';
import { DataFile, FileContent } from '../spec/data-file';
import { Long } from '../spec/long';
import { EntryStatus, ManifestContent, ManifestEntry, narrowed, writeManifest } from '../spec/manifest';
import { ListedManifest, writeManifestList } from '../spec/manifest-list';
import { currentSchema, Snapshot, TableMetadata } from '../spec/table-metadata';

export { addedManifests, listedManifests, liveEntries, liveManifests, type ReadManifest } from '../rows/live-files';

/** Entries of a manifest; Iceberg's own writer ends one at 8 MB. */
const MANIFEST_ENTRIES = 2000;

/** What a new snapshot does with the files there are. */
export interface SnapshotChange {
  readonly snapshotId: Long;
  readonly sequenceNumber: Long;
  readonly parentId?: Long;
  readonly added: readonly DataFile[];
  /** The manifests of the snapshot before. */
  readonly before: readonly ReadManifest[];
  /** Which of their files stay. */
  readonly stays: (file: DataFile) => boolean;
  /** Where all stay, in place of `before`: its manifests, named as they are, and what is in them. */
  readonly carried?: CarriedFiles;
}

/** All files of a snapshot, which its manifests are not read for. */
export interface CarriedFiles {
  readonly listed: readonly ListedManifest[];
  readonly total: FileCounts;
}

/** What a snapshot has, for one that leaves it all; undefined where its summary does not tell. */
async function carriedFiles(files: TableFiles, snapshot: Snapshot | undefined): Promise<CarriedFiles | undefined> {
  if (!snapshot) return { listed: [], total: NO_FILES };
  const total = countsBy((name) => Number(snapshot.summary[TOTALS[name]]));
  if (Object.values(total).some((count) => !Number.isSafeInteger(count))) return undefined;
  const listed = (await listedManifests(files, snapshot)).filter(({ addedFiles, existingFiles }) => addedFiles + existingFiles > 0);
  return { listed, total };
}

/** What a snapshot that leaves all files of another has of it, for whoever adds one. */
export async function allStay(files: TableFiles, snapshot: Snapshot | undefined): Promise<{
  readonly carried?: CarriedFiles; readonly present: readonly ReadManifest[]; readonly stays: () => boolean;
}> {
  const carried = await carriedFiles(files, snapshot);
  return { carried, present: carried ? [] : await liveManifests(files, snapshot), stays: () => true };
}

/** What was written, and the counts of the snapshot's summary. */
export interface WrittenSnapshot {
  readonly manifestList: string;
  readonly counts: SnapshotCounts;
}

/** Files and rows of a snapshot's change (Iceberg spec, Appendix F, "Snapshot Summary"). */
export interface SnapshotCounts {
  readonly added: FileCounts;
  readonly removed: FileCounts;
  readonly total: FileCounts;
}

/** Of some files. */
interface FileCounts {
  readonly dataFiles: number;
  readonly deleteFiles: number;
  readonly rows: number;
  readonly bytes: number;
  readonly positionDeletes: number;
  readonly equalityDeletes: number;
}

const NO_FILES: FileCounts = { dataFiles: 0, deleteFiles: 0, rows: 0, bytes: 0, positionDeletes: 0, equalityDeletes: 0 };

/** Where a summary has the counts of all files. */
const TOTALS: { readonly [name in keyof FileCounts]: string } = {
  dataFiles: 'total-data-files',
  deleteFiles: 'total-delete-files',
  rows: 'total-records',
  bytes: 'total-files-size',
  positionDeletes: 'total-position-deletes',
  equalityDeletes: 'total-equality-deletes',
};

/**
 * Writes the manifests of a snapshot and their list. A file that goes has an entry DELETED in this snapshot, and none in the next; a
 * manifest whose files all stay is named as it is.
 *
 * @param attempt part of every name, so that no two attempts write one file
 */
export async function writeSnapshot(
  files: TableFiles, metadata: TableMetadata, change: SnapshotChange, attempt: string,
): Promise<WrittenSnapshot> {
  const { snapshotId, sequenceNumber, parentId, added, before, stays, carried } = change;
  const schema = currentSchema(metadata)!;
  const listed: ListedManifest[] = [...carried?.listed ?? []];
  const removed: DataFile[] = [];
  const kept: DataFile[] = [];
  const pending: { readonly content: ManifestContent; readonly minSequence: Long }[] = [];
  const entryOf = (file: DataFile): ManifestEntry => (
    { status: EntryStatus.added, snapshotId, sequenceNumber: null, fileSequenceNumber: null, file });
  for (const kind of ['data', 'deletes'] as const) {
    const ofKind = added.filter(({ content }) => (content === 0) === (kind === 'data'));
    for (let from = 0; from < ofKind.length; from += MANIFEST_ENTRIES) {
      const entries = ofKind.slice(from, from + MANIFEST_ENTRIES).map(entryOf);
      pending.push({ content: { content: kind, partitionSpecId: 0, entries }, minSequence: sequenceNumber });
    }
  }
  for (const manifest of before) {
    const live = liveEntries(manifest);
    for (const { entry } of live) (stays(entry.file) ? kept : removed).push(entry.file);
    if (live.every(({ entry }) => stays(entry.file))) {
      listed.push(manifest.listed);
      continue;
    }
    const entries = live.map(({ at, entry }) => ({
      at, entry: stays(entry.file) ? { ...entry, status: EntryStatus.existing } : { ...entry, status: EntryStatus.deleted, snapshotId },
    }));
    const least = entries.map(({ entry }) => entry.sequenceNumber!).reduce((a, b) => (a < b ? a : b));
    pending.push({ content: narrowed(manifest.content, entries), minSequence: least });
  }
  const written = await forEachAtOnce(pending, async ({ content, minSequence }, at) => {
    const path = `${metadata.location}/metadata/${attempt}-m${at}.avro`;
    const bytes = writeManifest(schema, content);
    await files.replace(path, bytes);
    return listedOf(path, bytes.length, content, { snapshotId, sequenceNumber, minSequence });
  });
  const manifestList = `${metadata.location}/metadata/snap-${snapshotId}-${attempt}.avro`;
  await files.replace(manifestList, writeManifestList({ snapshotId, parentId, sequenceNumber }, [...written, ...listed]));
  const total = sumOf(countsOf([...added, ...kept]), carried?.total ?? NO_FILES);
  return { manifestList, counts: { added: countsOf(added), removed: countsOf(removed), total } };
}

function sumOf(a: FileCounts, b: FileCounts): FileCounts {
  return countsBy((name) => a[name] + b[name]);
}

function countsBy(of: (name: keyof FileCounts) => number): FileCounts {
  return Object.fromEntries(Object.keys(TOTALS).map((name) => [name, of(name as keyof FileCounts)])) as unknown as FileCounts;
}

function listedOf(
  path: string, lengthBytes: number, { content, partitionSpecId, entries }: ManifestContent,
  { snapshotId, sequenceNumber, minSequence }: { readonly snapshotId: Long; readonly sequenceNumber: Long; readonly minSequence: Long },
): ListedManifest {
  const count = (status: number) => entries.filter((entry) => entry.status === status);
  const rows = (status: number) => count(status).reduce((sum, { file }) => sum + file.recordCount, 0);
  return {
    path,
    lengthBytes,
    partitionSpecId,
    content,
    sequenceNumber,
    minSequenceNumber: minSequence,
    addedSnapshotId: snapshotId,
    addedFiles: count(EntryStatus.added).length,
    existingFiles: count(EntryStatus.existing).length,
    deletedFiles: count(EntryStatus.deleted).length,
    addedRows: rows(EntryStatus.added),
    existingRows: rows(EntryStatus.existing),
    deletedRows: rows(EntryStatus.deleted),
  };
}

function countsOf(files: readonly DataFile[]): FileCounts {
  const of = (kind: DataFile['content']) => files.filter(({ content }) => content === kind);
  const rows = (kind: DataFile['content']) => of(kind).reduce((sum, { recordCount }) => sum + recordCount, 0);
  const dataFiles = of(FileContent.data).length;
  return {
    dataFiles,
    deleteFiles: files.length - dataFiles,
    rows: rows(FileContent.data),
    positionDeletes: rows(FileContent.positionDeletes),
    equalityDeletes: rows(FileContent.equalityDeletes),
    bytes: files.reduce((sum, { fileSizeBytes }) => sum + fileSizeBytes, 0),
  };
}

/** The counts as a summary has them. */
export function summaryOf({ added, removed, total }: SnapshotCounts): { readonly [key: string]: string } {
  const present = (entries: { readonly [key: string]: number }) => Object.entries(entries).filter(([, value]) => value > 0);
  return Object.fromEntries([
    ...present({
      'added-data-files': added.dataFiles,
      'added-records': added.rows,
      'added-files-size': added.bytes,
      'added-delete-files': added.deleteFiles,
      'added-position-deletes': added.positionDeletes,
      'added-equality-deletes': added.equalityDeletes,
      'deleted-data-files': removed.dataFiles,
      'deleted-records': removed.rows,
      'removed-files-size': removed.bytes,
      'removed-delete-files': removed.deleteFiles,
      'removed-position-deletes': removed.positionDeletes,
      'removed-equality-deletes': removed.equalityDeletes,
    }),
    ...Object.entries(TOTALS).map(([name, key]): [string, number] => [key, total[name as keyof FileCounts]]),
  ].map(([key, value]) => [key, String(value)]));
}
