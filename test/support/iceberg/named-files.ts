import { metadataOf, TABLES } from './landed-table';
import { TestLake } from './workplace';
import { listedManifests } from '../../../src/iceberg/commit/snapshot-files';

/** All that the metadata of some tables names: landed files, and their own. */
export async function namedFiles(lake: TestLake, names?: readonly string[]): Promise<Set<string>> {
  const named = new Set<string>();
  for (const name of names ?? await lake.catalog.names('')) {
    named.add((await lake.catalog.load(name))!.metadataLocation!);
    const metadata = await metadataOf(lake, name);
    named.add(`${metadata.location}/metadata/version-hint.text`);
    metadata['metadata-log']!.forEach((entry) => named.add(entry['metadata-file']));
    for (const snapshot of metadata.snapshots!) {
      named.add(snapshot['manifest-list']);
      for (const { path } of await listedManifests(lake.files, snapshot)) named.add(path);
    }
  }
  return named;
}

/** What lies in the tables' folder and nothing names; names of tables are no files of theirs. */
export async function unnamedFiles(lake: TestLake): Promise<string[]> {
  const named = await namedFiles(lake);
  return lake.files.below(TABLES).filter((uri) => !named.has(uri) && !uri.startsWith(`${TABLES}_names/`) && !uri.includes('/data/'));
}
