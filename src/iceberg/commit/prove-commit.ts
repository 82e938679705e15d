import { addedManifests, liveEntries, liveManifests } from './snapshot-files';
import { metadataAt, Workplace } from './workplace';
import { DataFile, FileContent } from '../spec/data-file';
import { IcebergError } from '../spec/errors';
import { Long } from '../spec/long';
import { snapshotById } from '../spec/table-metadata';

/**
 * Reads back from the catalog what was committed, and compares the files that the snapshot names with those that were proven.
 *
 * @param stays which files of before stay; undefined where all do, and only what the snapshot added is read
 * @returns rows of these files, of those with deletes none
 * @throws IcebergError COMMIT_UNPROVEN when they differ
 */
export async function proveCommit(
  workplace: Workplace, name: string,
  { snapshotId, paths, stays }: { readonly snapshotId: Long; readonly paths: ReadonlySet<string>; readonly stays?: (file: DataFile) => boolean },
): Promise<number> {
  const table = await workplace.catalog.load(name);
  const metadata = table?.metadataLocation === undefined ? undefined : await metadataAt(workplace, table.metadataLocation);
  const snapshot = metadata && snapshotById(metadata, snapshotId);
  if (!snapshot) throw new IcebergError('COMMIT_UNPROVEN', `the table '${name}' has no snapshot ${snapshotId}, which was just committed`);
  const manifests = stays ? await liveManifests(workplace.files, snapshot) : await addedManifests(workplace.files, snapshot);
  const named = manifests.flatMap(liveEntries).map(({ entry }) => entry.file).filter((file) => !stays?.(file));
  const other = named.find(({ filePath }) => !paths.has(filePath));
  if (named.length !== paths.size || other) {
    throw new IcebergError('COMMIT_UNPROVEN', `the snapshot ${snapshotId} of '${name}' names ${named.length} files${other ? `, '${other.filePath}' among them` : ''}; `
      + `${paths.size} were committed`);
  }
  return named.reduce((sum, { recordCount, content }) => sum + (content === FileContent.data ? recordCount : 0), 0);
}
