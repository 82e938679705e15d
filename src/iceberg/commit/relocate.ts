import { noteAttempt, endAttempt } from './attempts';
import { listedManifests } from './snapshot-files';
import { forEachAtOnce, metadataAt, required, timeOf, Workplace } from './workplace';
import { TABLE_PROPERTIES, tablesFolder } from '../../contract';
import { FolderTables, TablePointer } from '../catalogs/folder-tables';
import { FileContent } from '../spec/data-file';
import { IcebergError } from '../spec/errors';
import { EntryStatus, ManifestContent, readManifest, withPaths, writeManifest } from '../spec/manifest';
import { ListedManifest, writeManifestList } from '../spec/manifest-list';
import { Snapshot, TableMetadata } from '../spec/table-metadata';

/** What became of a table whose folder may have moved. */
export interface RelocatedTable {
  readonly name: string;
  readonly state: 'RELOCATED' | 'HERE';
  /** Root that its paths had before, `file:///<folder>/`. */
  readonly from?: string;
  readonly snapshots: number;
  /** Data files of all snapshots; they stay as they are. */
  readonly dataFiles: number;
  /** Files that lie elsewhere, and are named as before. */
  readonly elsewhere: number;
  readonly metadataLocation: string;
}

/** A table that could not be relocated; it is as it was. */
export interface UnmovedTable {
  readonly name: string;
  readonly error: Error;
}

/**
 * Tables of a folder that moved as a whole, landed files and all: metadata, manifest lists and manifests of every snapshot are written
 * anew with the paths of now. A table whose paths are right is left alone, and what was interrupted is gone on with by a repetition.
 *
 * @param prefix landing prefix
 */
export async function relocateTables(
  workplace: Workplace & { readonly catalog: FolderTables }, prefix: string,
): Promise<Array<RelocatedTable | UnmovedTable>> {
  const results: Array<RelocatedTable | UnmovedTable> = [];
  for (const pointer of await workplace.catalog.pointers()) {
    results.push(await relocate(workplace, prefix, pointer).catch((error: Error) => ({ name: pointer.name, error })));
  }
  return results;
}

async function relocate(workplace: Workplace & { readonly catalog: FolderTables }, prefix: string, pointer: TablePointer): Promise<RelocatedTable> {
  const { catalog, root } = workplace;
  const { name, location } = pointer;
  const own = tablesFolder(prefix) + location.slice(location.lastIndexOf('/') + 1);
  const here = root + own;
  const newest = await catalog.newestIn(here);
  if (newest === undefined) throw new IcebergError('NOT_THERE', `the table '${name}' has no metadata in '${here}'; it was in '${location}'`);
  const metadata = await metadataAt(workplace, newest);
  if (!metadata.location.endsWith(`/${own}`)) {
    throw new IcebergError('TABLE_UNREADABLE', `the table '${name}' was in '${metadata.location}', whose end is not '${own}': it was landed under another prefix`);
  }
  const from = metadata.location.slice(0, -own.length);
  const moved = await movedSnapshots(workplace, metadata, from, here);
  const counts = { name, snapshots: metadata.snapshots?.length ?? 0, dataFiles: moved.dataFiles, elsewhere: moved.elsewhere };
  if (metadata.location === here) {
    if (location !== here) await move(workplace, pointer, here, newest);
    return { ...counts, state: location === here ? 'HERE' : 'RELOCATED', metadataLocation: newest };
  }
  const attempt = await noteAttempt(workplace, here, 'relocate', newest);
  const snapshots = await moved.write(attempt);
  const pathOf = pathFrom(from, root);
  await move(workplace, pointer, here, newest, movedMetadata({ ...metadata, location: here, snapshots }, pathOf, timeOf(workplace)));
  await endAttempt(workplace, here, attempt);
  // Nothing can be read by these here: they name files of the place before.
  await workplace.files.delete([...moved.replaced, ...(metadata['metadata-log'] ?? []).map((entry) => pathOf(entry['metadata-file'])), newest]);
  return { ...counts, state: 'RELOCATED', from, metadataLocation: (await catalog.newestIn(here))! };
}

async function move(
  { catalog }: { readonly catalog: FolderTables }, pointer: TablePointer, here: string, newest: string, metadata?: TableMetadata,
): Promise<void> {
  if (await catalog.move(pointer, here, newest, metadata)) return;
  throw new IcebergError('COMMIT_CONTENTION', `the table '${pointer.name}' was changed by others meanwhile`);
}

function pathFrom(from: string, to: string): (path: string) => string {
  return (path) => (path.startsWith(from) ? to + path.slice(from.length) : path);
}

function movedMetadata(metadata: TableMetadata, pathOf: (path: string) => string, now: number): TableMetadata {
  const properties = Object.entries(metadata.properties ?? {}).map(([name, value]) => (
    [name, name === TABLE_PROPERTIES.manifest || name === TABLE_PROPERTIES.previousGeneration ? pathOf(value) : value]));
  // Files of statistics are others'.
  const files = (key: string) => {
    const list = (metadata as unknown as { readonly [name: string]: unknown })[key];
    if (!Array.isArray(list)) return {};
    return { [key]: (list as ReadonlyArray<{ readonly 'statistics-path': string }>).map((each) => ({ ...each, 'statistics-path': pathOf(each['statistics-path']) })) };
  };
  return {
    ...metadata,
    'last-updated-ms': Math.max(now, metadata['last-updated-ms'] + 1),
    'properties': Object.fromEntries(properties),
    'metadata-log': [],
    ...files('statistics'),
    ...files('partition-statistics'),
  };
}

/** Snapshots of a table that moved. */
interface MovedSnapshots {
  readonly dataFiles: number;
  readonly elsewhere: number;
  /** Lists and manifests that nothing names when those of now are written. */
  readonly replaced: readonly string[];
  /** Writes them anew. */
  write(attempt: string): Promise<Snapshot[]>;
}

/** Manifest lists and manifests of all snapshots, read where they are now. */
async function movedSnapshots({ files, root }: Workplace, metadata: TableMetadata, from: string, here: string): Promise<MovedSnapshots> {
  const pathOf = pathFrom(from, root);
  const snapshots = metadata.snapshots ?? [];
  const lists = await forEachAtOnce(snapshots, async (snapshot) => listedManifests(files, { ...snapshot, 'manifest-list': pathOf(snapshot['manifest-list']) }));
  const paths = [...new Set(lists.flat().map(({ path }) => path))];
  const contents = new Map(await forEachAtOnce(paths, async (path): Promise<[string, ManifestContent]> => (
    [path, withPaths(readManifest(await required(files, pathOf(path)), path), pathOf)])));
  const live = [...contents.values()].flatMap(({ entries }) => entries).flatMap(({ status, file }) => (status === EntryStatus.deleted ? [] : [file]));
  if (live.some(({ content }) => content === FileContent.positionDeletes)) {
    throw new IcebergError('TABLE_UNREADABLE', `the table in '${metadata.location}' has position deletes of others, which name files of the place before inside`);
  }
  const dataFiles = new Map(live.map((file) => [file.filePath, file.fileSizeBytes]));
  await forEachAtOnce([...dataFiles], async ([path, sizeBytes]) => {
    const found = await files.readEnd(path, 4);
    if (found?.sizeBytes !== sizeBytes) {
      throw new IcebergError('FILE_UNPROVEN', `'${path}' ${found ? `has ${found.sizeBytes} bytes, not ${sizeBytes}` : 'is missing'}: move landed files and tables together`);
    }
  });
  return {
    dataFiles: dataFiles.size,
    elsewhere: [...dataFiles.keys()].filter((path) => !path.startsWith(root)).length,
    replaced: [...snapshots.map((snapshot) => snapshot['manifest-list']), ...paths].map(pathOf),
    write: async (attempt: string): Promise<Snapshot[]> => {
      const written = new Map(await forEachAtOnce(paths, async (path, at): Promise<[string, Pick<ListedManifest, 'path' | 'lengthBytes'>]> => {
        const bytes = writeManifest(metadata.schemas[0], contents.get(path)!);
        const to = `${here}/metadata/${attempt}-m${at}.avro`;
        await files.replace(to, bytes);
        return [path, { path: to, lengthBytes: bytes.length }];
      }));
      return forEachAtOnce(snapshots, async (snapshot, at) => {
        const manifestList = `${here}/metadata/snap-${snapshot['snapshot-id']}-${attempt}.avro`;
        await files.replace(manifestList, writeManifestList(
          { snapshotId: snapshot['snapshot-id'], parentId: snapshot['parent-snapshot-id'] ?? undefined, sequenceNumber: snapshot['sequence-number'] },
          lists[at].map((listed) => ({ ...listed, ...written.get(listed.path) })),
        ));
        return { ...snapshot, 'manifest-list': manifestList };
      });
    },
  };
}
