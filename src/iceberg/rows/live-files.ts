import { forEachAtOnce } from '../files/at-once';
import { TableFiles } from '../files/table-files';
import { IcebergError } from '../spec/errors';
import { sameLong } from '../spec/long';
import { EntryStatus, ManifestContent, ManifestEntry, readManifest } from '../spec/manifest';
import { ListedManifest, readManifestList } from '../spec/manifest-list';
import { Snapshot } from '../spec/table-metadata';

/** A manifest of a snapshot, and what is in it. */
export interface ReadManifest {
  readonly listed: ListedManifest;
  readonly content: ManifestContent;
}

/** The bytes of a file that metadata names. @throws IcebergError TABLE_UNREADABLE when it is gone */
export async function required(files: TableFiles, uri: string): Promise<Buffer> {
  const bytes = await files.read(uri);
  if (!bytes) throw new IcebergError('TABLE_UNREADABLE', `'${uri}' is missing`);
  return bytes;
}

/** The manifests that a snapshot names. */
export async function listedManifests(files: TableFiles, snapshot: Snapshot): Promise<ListedManifest[]> {
  return readManifestList(await required(files, snapshot['manifest-list']), snapshot['manifest-list']);
}

/** The manifests of a snapshot with a file that is not deleted, and their entries. */
export async function liveManifests(files: TableFiles, snapshot: Snapshot | undefined): Promise<ReadManifest[]> {
  return snapshot ? readLive(files, await listedManifests(files, snapshot)) : [];
}

/** Those that the snapshot itself added. */
export async function addedManifests(files: TableFiles, snapshot: Snapshot): Promise<ReadManifest[]> {
  return readLive(files, (await listedManifests(files, snapshot)).filter(({ addedSnapshotId }) => sameLong(addedSnapshotId, snapshot['snapshot-id'])));
}

async function readLive(files: TableFiles, all: readonly ListedManifest[]): Promise<ReadManifest[]> {
  const listed = all.filter(({ addedFiles, existingFiles }) => addedFiles + existingFiles > 0);
  return forEachAtOnce(listed, async (each) => ({ listed: each, content: readManifest(await required(files, each.path), each.path) }));
}

/** An entry that is not deleted, with the numbers that it has from its manifest (Iceberg spec, "Sequence Number Inheritance"). */
export function liveEntries({ listed, content }: ReadManifest): { readonly at: number; readonly entry: ManifestEntry }[] {
  return content.entries.map((entry, at) => ({ at, entry: inherited(entry, listed) })).filter(({ entry }) => entry.status !== EntryStatus.deleted);
}

function inherited(entry: ManifestEntry, { sequenceNumber, addedSnapshotId }: ListedManifest): ManifestEntry {
  return {
    ...entry,
    snapshotId: entry.snapshotId ?? addedSnapshotId,
    sequenceNumber: entry.sequenceNumber ?? sequenceNumber,
    fileSequenceNumber: entry.fileSequenceNumber ?? sequenceNumber,
  };
}
