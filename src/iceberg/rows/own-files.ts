import { TableMetadata } from '../spec/table-metadata';

/** What we write below a table's location: rows written anew by a compaction; position deletes of a run of changes, and rows that it deleted softly. */
export type OwnKind = 'compacted' | 'positions' | 'deleted';

const NAME = /^(?:compacted|positions|deleted)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d+\.parquet$/;

/** Folder of data files that did not land. */
export function dataFolder(location: string): string {
  return `${location}/data/`;
}

/** URI of a file of an attempt to commit, whose id is in its name so that it is found if the attempt comes to nothing. */
export function ownFile(location: string, kind: OwnKind, attempt: string, at: number): string {
  return `${dataFolder(location)}${kind}-${attempt}-${at}.parquet`;
}

/** Whether a file is one of these: its rows, or deletes, are of runs. */
export function isOwnFile({ location }: Pick<TableMetadata, 'location'>, uri: string): boolean {
  const folder = dataFolder(location);
  return uri.startsWith(folder) && NAME.test(uri.slice(folder.length));
}
