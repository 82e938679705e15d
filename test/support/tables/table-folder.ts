import { listedManifests, liveManifests, liveEntries } from '../../../src/iceberg/commit/snapshot-files';
import { metadataAt, Workplace } from '../../../src/iceberg/commit/workplace';
import { currentSnapshot, TableMetadata } from '../../../src/iceberg/spec/table-metadata';

/** What a name stands for. */
export async function shownTable(workplace: Workplace, name: string): Promise<TableMetadata | undefined> {
  const table = await workplace.catalog.load(name);
  return table?.metadataLocation === undefined ? undefined : metadataAt(workplace, table.metadataLocation);
}

/** Files that readers see, sorted. */
export async function shownFiles(workplace: Workplace, name: string): Promise<string[]> {
  const metadata = await shownTable(workplace, name);
  const manifests = await liveManifests(workplace.files, metadata && currentSnapshot(metadata));
  return manifests.flatMap(liveEntries).map(({ entry }) => entry.file.filePath).sort();
}

/** Files below a folder that the metadata of no name of the catalog names. */
export async function unnamedFiles(workplace: Workplace, folder: string): Promise<string[]> {
  const named = new Set<string>();
  for (const name of await workplace.catalog.names('')) {
    const table = await workplace.catalog.load(name);
    if (table?.metadataLocation === undefined) continue;
    const metadata = await metadataAt(workplace, table.metadataLocation);
    named.add(table.metadataLocation);
    for (const entry of metadata['metadata-log'] ?? []) named.add(entry['metadata-file']);
    for (const snapshot of metadata.snapshots ?? []) {
      named.add(snapshot['manifest-list']);
      for (const { path } of await listedManifests(workplace.files, snapshot)) named.add(path);
    }
  }
  return (await workplace.files.list(folder)).map(({ uri }) => uri).filter((uri) => !named.has(uri));
}
